"""Which state of a row a form was filled in from, so that nobody overwrites what they never saw."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.db.models import Model


class StaleError(Exception):
    """Somebody else has changed the row since the form was shown."""


def of(row: Model, names: Iterable[str]) -> str:
    """The state of these columns, short enough for a hidden field."""
    told = [(name, getattr(row, name)) for name in names]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:24]
