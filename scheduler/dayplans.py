"""What a date is in one school: pure resolution of patterns, bells and calendar days.

Closures win over everything; a swap decides the weekday; a day type given to the date decides
over the weekday's pattern; public holidays are days off unless the date was given a day type or
a swap. A grade's row speaks for that grade, the school's row for everybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from zoneinfo import ZoneInfo

from scheduler import timegrid
from scheduler.intervals import Interval
from scheduler.names import Name


@dataclass(frozen=True, slots=True)
class Pattern:
    weekday: int
    day_type_id: int
    every: int
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class Bell:
    number: int
    starts_at: time
    ends_at: time


@dataclass(frozen=True, slots=True)
class Bells:
    """One BellSchedule with its periods by number."""

    day_type_id: int
    valid_from: date
    valid_until: date | None
    periods: tuple[Bell, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One standing CalendarDay row."""

    kind: str
    title: Name
    grade: int | None = None
    closed_from: time | None = None
    closed_until: time | None = None
    day_type_id: int | None = None
    runs_as_weekday: int | None = None


@dataclass(frozen=True, slots=True)
class SchoolFacts:
    """Everything needed to say what any date is in one school."""

    zone: ZoneInfo
    day_types: Mapping[int, Name]
    patterns: Sequence[Pattern]
    bells: Sequence[Bells]
    entries: Mapping[date, Sequence[Entry]]
    holidays: Mapping[date, Name]


@dataclass(frozen=True, slots=True)
class PeriodSpan:
    """A period on a date, as an instant interval."""

    number: int
    interval: Interval


@dataclass(frozen=True, slots=True)
class Closure:
    interval: Interval
    title: Name


@dataclass(frozen=True, slots=True)
class DayPlan:
    """`periods` are those that ring, also where a closure covers them; `open_periods` leaves those out."""

    day: date
    day_type: Name | None
    periods: tuple[PeriodSpan, ...]
    closures: tuple[Closure, ...]
    events: tuple[Name, ...]

    @property
    def open_periods(self) -> tuple[PeriodSpan, ...]:
        return tuple(
            p for p in self.periods if not any(c.interval.overlaps(p.interval) for c in self.closures)
        )


def day_plan(facts: SchoolFacts, day: date, *, grade: int | None = None) -> DayPlan:
    """What `day` is for `grade` (None: for the whole school)."""
    entries = [e for e in facts.entries.get(day, ()) if e.grade is None or e.grade == grade]
    closures = [_closure(entry, day, facts.zone) for entry in entries if entry.kind == "closure"]
    given = next((e for e in reversed(entries) if e.kind == "day_type"), None)
    swap = next((e for e in reversed(entries) if e.kind == "swap"), None)
    if given is None and swap is None and day in facts.holidays:
        closures.append(Closure(timegrid.whole_day(day, facts.zone), facts.holidays[day]))
    weekday = swap.runs_as_weekday if swap and swap.runs_as_weekday is not None else day.weekday()
    type_id = given.day_type_id if given else _pattern_type(facts.patterns, weekday, day)
    return DayPlan(
        day=day,
        day_type=facts.day_types.get(type_id) if type_id is not None else None,
        periods=_periods(facts, type_id, day),
        closures=tuple(closures),
        events=tuple(e.title for e in entries if e.kind == "event"),
    )


def _closure(entry: Entry, day: date, zone: ZoneInfo) -> Closure:
    return Closure(
        timegrid.span(day, entry.closed_from or time(0), entry.closed_until or time(0), zone), entry.title
    )


def _holds(valid_from: date, valid_until: date | None, day: date) -> bool:
    return valid_from <= day and (valid_until is None or day < valid_until)


def _pattern_type(patterns: Sequence[Pattern], weekday: int, day: date) -> int | None:
    def in_its_week(pattern: Pattern) -> bool:
        # Weeks are counted from Monday to Monday, so valid_from may be any day of week A.
        weeks = ((day.toordinal() - 1) // 7) - ((pattern.valid_from.toordinal() - 1) // 7)
        return weeks % pattern.every == 0

    fitting = [
        p
        for p in patterns
        if p.weekday == weekday and _holds(p.valid_from, p.valid_until, day) and in_its_week(p)
    ]
    return max(fitting, key=lambda p: p.valid_from).day_type_id if fitting else None


def _periods(facts: SchoolFacts, type_id: int | None, day: date) -> tuple[PeriodSpan, ...]:
    fitting = [
        b for b in facts.bells if b.day_type_id == type_id and _holds(b.valid_from, b.valid_until, day)
    ]
    if not fitting:
        return ()
    bells = max(fitting, key=lambda b: b.valid_from)
    return tuple(
        PeriodSpan(bell.number, timegrid.span(day, bell.starts_at, bell.ends_at, facts.zone))
        for bell in bells.periods
    )
