"""What the planner is asked to show or to book, as its address carries it.

A Choice is everything the page needs to come back to itself: nothing is kept in the session, so
that two tabs don't disturb each other and a link can be sent to a colleague.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from urllib.parse import urlencode
from uuid import UUID

from classrooms.wishes import Addition
from scheduler.dayplans import PeriodSpan

Slot = Mapping[int, int]
"""The number of the period that each school takes, by the school's key."""


@dataclass(frozen=True, slots=True)
class Choice:
    """`school_ids` None: the section's own schools."""

    section_id: int
    day: date
    length: int
    school_ids: tuple[int, ...] | None = None
    additions: Mapping[int, Addition] = field(default_factory=dict)
    slot: Slot | None = None
    start: time | None = None
    """A start that somebody typed instead of choosing a slot; it becomes the slot that it names."""
    moving: UUID | None = None

    def pairs(self) -> list[tuple[str, str]]:
        """Names and values as in the address and in the form's hidden fields."""
        result = [("section", str(self.section_id))]
        if self.school_ids is not None:
            result.append(("of", str(self.section_id)))
            result += [("schools", str(pk)) for pk in self.school_ids]
        for pk, addition in self.additions.items():
            if addition.class_group_id is not None:
                result.append((f"class-{pk}", str(addition.class_group_id)))
            if addition.headcount is not None:
                result.append((f"pupils-{pk}", str(addition.headcount)))
        result += [("date", self.day.isoformat()), ("length", str(self.length))]
        if self.moving is not None:
            result.append(("move", str(self.moving)))
        if self.slot:
            result.append(("slot", written(self.slot)))
        return result

    def query(self) -> str:
        return urlencode(self.pairs())

    def on(self, day: date) -> Choice:
        return replace(self, day=day, slot=None, start=None)

    def at(self, day: date, slot: Slot) -> Choice:
        return replace(self, day=day, slot=slot, start=None)

    def on_same_periods(self, day: date) -> Choice:
        return replace(self, day=day)

    def anywhere(self) -> Choice:
        """The same conditions without a chosen time."""
        return replace(self, slot=None, start=None)

    def without(self, school_id: int, present: Sequence[int]) -> Choice:
        rest = tuple(pk for pk in present if pk != school_id)
        additions = {pk: addition for pk, addition in self.additions.items() if pk != school_id}
        return replace(self, school_ids=rest, additions=additions, slot=None)


def written(slot: Slot) -> str:
    """`12-3.15-3`: school 12 in its third period, school 15 in its third."""
    return ".".join(f"{school}-{period}" for school, period in slot.items())


def dated(day: date, slot: Slot) -> str:
    """The same with its date, for a choice among several days: `2026-11-26/12-3.15-3`."""
    return f"{day.isoformat()}/{written(slot)}"


def read(text: str) -> tuple[date | None, Slot] | None:
    """Date (if it has one) and slot of such a text; None for any other."""
    first, slash, rest = text.partition("/")
    try:
        day = date.fromisoformat(first) if slash else None
        pairs = [part.split("-") for part in (rest if slash else first).split(".")]
        slot = {int(school): int(period) for school, period in pairs}
    except ValueError:
        return None
    return (day, slot) if len(slot) == len(pairs) else None


def of_periods(school_ids: Sequence[int], periods: Sequence[PeriodSpan]) -> Slot:
    return {pk: period.number for pk, period in zip(school_ids, periods, strict=True)}
