"""What a school writes into its calendar: events, closures, other day types, weekday swaps.

A row is never changed: what no longer holds is withdrawn and stays. Closing is `closures.close`.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from scheduler import audit, bells, closures, fitting
from scheduler.dayplans import Entry, SchoolFacts
from scheduler.fitting import Alter, Misfit
from scheduler.models import CalendarDay, DayType, Organisation, Participant, User
from scheduler.names import Name
from scheduler.signals import calendar_changed
from scheduler.transactions import retried

Kind = CalendarDay.Kind
DECIDING = frozenset({Kind.DAY_TYPE, Kind.SWAP})
"""Of these one holds for a date and a grade."""


class SchoolDaysError(Exception):
    """Base of what this module refuses."""


class PastError(SchoolDaysError):
    """The entry would change what rang on a day that is over."""


class StaleError(SchoolDaysError):
    """What was shown is no longer what would happen."""


@dataclass(frozen=True, slots=True)
class Facts:
    """One entry as somebody types it; the day type is one of the school's own."""

    date: date
    kind: CalendarDay.Kind
    title: Name
    grade: int | None = None
    closed_from: time | None = None
    closed_until: time | None = None
    day_type: DayType | None = None
    runs_as_weekday: int | None = None


@dataclass(frozen=True, slots=True)
class Effects:
    """What an entry would do to what is booked."""

    leaving: tuple[Participant, ...] = ()
    """This school's sides of lessons, which it leaves by a closure."""
    misfits: tuple[Misfit, ...] = ()
    """Lessons that keep their times and no longer lie in their period."""

    def __bool__(self) -> bool:
        return bool(self.leaving or self.misfits)

    @property
    def lessons_left(self) -> int:
        return len({side.booking_id for side in self.leaving})


@dataclass(slots=True)
class Stretch:
    """The same entry on days in a row."""

    rows: list[CalendarDay]

    @property
    def first(self) -> CalendarDay:
        return self.rows[0]

    @property
    def last(self) -> CalendarDay:
        return self.rows[-1]


def listed(school: Organisation, first: date, last: date) -> list[Stretch]:
    """The entries that stand, by their first day; the same on consecutive days as one."""
    return across([school], first, last)


def across(schools: Iterable[Organisation], first: date, last: date) -> list[Stretch]:
    """The same of many schools, one after another on each day as they are given; one query."""
    order = {school.pk: n for n, school in enumerate(schools)}
    rows = CalendarDay.objects.standing().filter(organisation__in=order, date__range=(first, last))
    open_ones: dict[object, Stretch] = {}
    found: list[Stretch] = []
    for row in rows.select_related("day_type", "organisation").order_by("date", "grade", "pk"):
        span = (row.closed_from, row.closed_until)
        key = (
            row.organisation_id,
            row.kind,
            row.title,
            row.grade,
            span,
            row.day_type_id,
            row.runs_as_weekday,
        )
        stretch = open_ones.get(key)
        if stretch is not None and stretch.last.date + timedelta(days=1) == row.date:
            stretch.rows.append(row)
        else:
            open_ones[key] = Stretch([row])
            found.append(open_ones[key])
    return sorted(found, key=lambda each: (each.first.date, order[each.first.organisation_id]))


def effects(school: Organisation, entries: Sequence[Facts], *, now: datetime) -> Effects:
    """What booked lessons would lose or leave their periods by these entries, which are of one kind."""
    leaving: list[Participant] = []
    for each in entries:
        if each.kind == Kind.CLOSURE:
            leaving += closures.would_leave(
                school, each.date, now=now, grade=each.grade,
                closed_from=each.closed_from, closed_until=each.closed_until,
            )  # fmt: skip
    deciding = [each for each in entries if each.kind in DECIDING]
    misfits = fitting.misfits(school, with_entries(deciding), now=now) if deciding else []
    return Effects(tuple(leaving), tuple(misfits))


def with_entries(added: Sequence[Facts]) -> Alter:
    """The school's facts as they would be with these entries too."""

    def alter(facts: SchoolFacts) -> SchoolFacts:
        entries = {day: list(rows) for day, rows in facts.entries.items()}
        for each in added:
            rows = [e for e in entries.get(each.date, []) if not _replaced(e, each)]
            entries[each.date] = [*rows, _entry(each)]
        return dataclasses.replace(facts, entries=entries)

    return alter


def _replaced(entry: Entry, by: Facts) -> bool:
    return by.kind in DECIDING and entry.kind in DECIDING and entry.grade == by.grade


def _entry(facts: Facts) -> Entry:
    return Entry(
        facts.kind.value, facts.title, facts.grade, facts.closed_from, facts.closed_until,
        facts.day_type.pk if facts.day_type else None, facts.runs_as_weekday,
    )  # fmt: skip


def seen(school: Organisation, asked: object, told: Effects) -> str:
    """Names what was shown: another one as soon as the entry, the calendar or what is hit is another."""
    rows = CalendarDay.objects.standing().filter(organisation=school).order_by("pk")
    what = (
        asked,
        list(rows.values_list("pk", flat=True)),
        [side.pk for side in told.leaving],
        [(m.booking.pk, m.number, m.after) for m in told.misfits],
    )
    return hashlib.sha256(repr(what).encode()).hexdigest()


@retried
def add(
    school: Organisation, entries: Sequence[Facts], *, by: User, now: datetime, shown: str | None
) -> list[CalendarDay]:
    """The entries, kept; one that stands already is found, not made. Another day type or swap of the
    same date and grade is withdrawn for it.

    Raises PastError; StaleError when `shown` no longer names what would happen.
    """
    bells.lock(school)
    fresh = [each for each in entries if standing(school, each) is None]
    if not fresh:
        return []
    if any(is_over(each, timezone.localdate(now)) for each in fresh):
        raise PastError
    if shown is not None and shown != seen(school, entries, effects(school, entries, now=now)):
        raise StaleError
    written = []
    for each in fresh:
        row, hit = _close(school, each, by, now) if each.kind == Kind.CLOSURE else (None, 0)
        row = row or _write(school, each, by, now)
        told = {"kind": each.kind.value, "date": each.date.isoformat(), "bookings": hit}
        written.append((row, told))
    for row, told in written:
        _record("calendar_day.add", audit.Action.CREATE, row, told, by, now)
    return [row for row, _told in written]


def is_over(facts: Facts, today: date) -> bool:
    """Whether it would change what rang on a day that is over."""
    return facts.kind in DECIDING and facts.date < today


def _close(school: Organisation, facts: Facts, by: User, now: datetime) -> tuple[CalendarDay, int]:
    closed = closures.close(
        school, facts.date, title=facts.title, by=by, now=now, grade=facts.grade,
        closed_from=facts.closed_from, closed_until=facts.closed_until,
    )  # fmt: skip
    return closed.calendar_day, len(closed.bookings)


def _write(school: Organisation, facts: Facts, by: User, now: datetime) -> CalendarDay:
    if facts.kind in DECIDING:
        others = CalendarDay.objects.standing().filter(organisation=school, date=facts.date)
        others.filter(grade=facts.grade, kind__in=DECIDING).update(withdrawn_at=now, withdrawn_by=by)
    row = CalendarDay.objects.create(organisation=school, created_by=by, **_columns(facts))
    _announce(row)
    return row


@retried
def withdraw(rows: Sequence[CalendarDay], *, by: User, now: datetime) -> int:
    """The school's entries no longer stand; their rows stay. How many; twice is no error.

    Raises PastError.
    """
    if not rows:
        return 0
    bells.lock(rows[0].organisation)
    keys = CalendarDay.objects.standing().filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True)
    mine = set(keys)
    standing_rows = [row for row in rows if row.pk in mine]
    today = timezone.localdate(now)
    if any(row.kind in DECIDING and row.date < today for row in standing_rows):
        raise PastError
    for row in standing_rows:
        if row.kind == Kind.CLOSURE:
            closures.reopen(row, by=by, now=now)
        else:
            CalendarDay.objects.filter(pk=row.pk).update(withdrawn_at=now, withdrawn_by=by)
            _announce(row)
    for row in standing_rows:
        told = {"kind": row.kind, "date": row.date.isoformat()}
        _record("calendar_day.withdraw", audit.Action.UPDATE, row, told, by, now)
    return len(standing_rows)


def standing(school: Organisation, facts: Facts) -> CalendarDay | None:
    """The entry that says exactly this already."""
    wanted = _columns(facts)
    wanted.pop("title_en")
    return CalendarDay.objects.standing().filter(organisation=school, **wanted).first()


def decided(school: Organisation, facts: Facts) -> CalendarDay | None:
    """The entry in whose place this one would stand."""
    if facts.kind not in DECIDING:
        return None
    days = CalendarDay.objects.standing().filter(organisation=school, date=facts.date, grade=facts.grade)
    return days.filter(kind__in=DECIDING).select_related("day_type").order_by("-pk").first()


def row_of(school: Organisation, facts: Facts) -> CalendarDay:
    """The entry as a row that is not kept."""
    return CalendarDay(organisation=school, **_columns(facts))


def _columns(facts: Facts) -> dict[str, object]:
    return {
        "date": facts.date,
        "kind": facts.kind,
        "grade": facts.grade,
        "title": facts.title.ja,
        "title_en": facts.title.en,
        "closed_from": facts.closed_from,
        "closed_until": facts.closed_until,
        "day_type": facts.day_type,
        "runs_as_weekday": facts.runs_as_weekday,
    }


def _announce(row: CalendarDay) -> None:
    send = partial(
        calendar_changed.send_robust, sender=CalendarDay,
        organisation_id=row.organisation_id, date=row.date, booking_ids=[],
    )  # fmt: skip
    transaction.on_commit(send)


def _record(
    event: str, action: audit.Action, row: CalendarDay, facts: Mapping[str, object], by: User, now: datetime
) -> None:
    told = {**facts, "organisation": row.organisation_id}
    audit.record(
        action, event, by=by, now=now, object_type="calendar_day", object_key=str(row.pk), facts=told
    )
