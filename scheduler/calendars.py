"""Reading and changing schools' calendars: what a date is there, and closing it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from scheduler.dayplans import SchoolFacts


def school_facts(organisation_ids: Collection[int], first: date, last: date) -> dict[int, SchoolFacts]:
    """Everything `dayplans.day_plan` needs for these organisations from `first` to `last`.

    A fixed number of queries, whatever the span and the number of organisations.
    """
    raise NotImplementedError
