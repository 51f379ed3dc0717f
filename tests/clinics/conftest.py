"""The doctors, for every test of consultations."""

from __future__ import annotations

import pytest

from tests.clinics import cast


@pytest.fixture
def doctors(db: None) -> cast.Doctors:
    return cast.build()
