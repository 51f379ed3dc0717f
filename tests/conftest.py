"""Fixtures that every test may use."""

from __future__ import annotations

import os

import hypothesis
import pytest

from tests import cast

# A shared machine may stall any example, so no example has a deadline; CI tries the same ones each time.
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture
def world(db: None) -> cast.World:
    return cast.build()
