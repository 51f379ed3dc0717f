"""Fixtures that every test may use."""

from __future__ import annotations

import pytest

from tests import cast


@pytest.fixture
def world(db: None) -> cast.World:
    return cast.build()
