"""Bell tables: a new one is a new validity, and the one before it stays as it was.

Lessons that are booked keep their times; `fitting` says which would no longer lie in a period.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from django.db.models import Prefetch, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from scheduler import audit, fitting
from scheduler.dayplans import Bell, Bells, SchoolFacts
from scheduler.fitting import Alter, Misfit
from scheduler.models import BellSchedule, DayPattern, DayType, Organisation, Period, User
from scheduler.transactions import retried

EARLIEST, LATEST = time(6, 0), time(22, 30)
"""Part-time courses end after nine in the evening (定時制)."""
SHORTEST, LONGEST = timedelta(minutes=10), timedelta(minutes=150)
HIGHEST_NUMBER = 12


class BellsError(Exception):
    """Base of what this module refuses."""


class PastError(BellsError):
    """The table would change what rang on days that are over."""


class SameDayError(BellsError):
    """Another table of this day type begins on the same day."""


class StaleError(BellsError):
    """What was shown is no longer what would happen."""


@dataclass(frozen=True, slots=True)
class Table:
    """A bell table as somebody types it. The day type is known by its name."""

    day_type: str
    valid_from: date
    valid_until: date | None
    bells: tuple[Bell, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one period, by its number."""

    number: int
    words: str


def faults(bells: Sequence[Bell]) -> list[Fault]:
    """What cannot be: times out of order, overlapping, or outside of any school's day. Empty when right."""
    found = []
    ordered = sorted(bells, key=lambda bell: bell.number)
    for bell in ordered:
        length = _minutes(bell.ends_at) - _minutes(bell.starts_at)
        if length <= timedelta():
            found.append(Fault(bell.number, _("It must end after it begins.")))
        elif not SHORTEST <= length <= LONGEST:
            found.append(Fault(bell.number, _("A period lasts 10 to 150 minutes.")))
        if bell.starts_at < EARLIEST or bell.ends_at > LATEST:
            found.append(Fault(bell.number, _("It must lie between 6:00 and 22:30.")))
    for one, other in pairwise(ordered):
        if one.number == other.number:
            found.append(Fault(one.number, _("This period stands there twice.")))
        elif other.starts_at < one.ends_at:
            words = _("It begins before period %(n)d has ended.") % {"n": one.number}
            found.append(Fault(other.number, words))
    return found


def _minutes(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute)


def of_school(school: Organisation) -> list[DayType]:
    """The day types, each with `tables` (the newest first) and their periods. Three queries."""
    tables = BellSchedule.objects.prefetch_related("periods").order_by("-valid_from", "-pk")
    types = DayType.objects.filter(organisation=school).order_by("pk")
    return list(types.prefetch_related(Prefetch("bell_schedules", tables, to_attr="tables")))


def holding(tables: Sequence[BellSchedule], day: date) -> BellSchedule | None:
    """Of a day type's tables the one that rings on `day`."""
    valid = [t for t in tables if t.valid_from <= day and (t.valid_until is None or day < t.valid_until)]
    return max(valid, key=lambda table: table.valid_from, default=None)


def with_table(table: Table, day_type: DayType | None) -> Alter:
    """The school's facts as they would be with this table too."""

    def alter(facts: SchoolFacts) -> SchoolFacts:
        if day_type is None:  # nothing runs by a day type that is only now made
            return facts
        added = Bells(day_type.pk, table.valid_from, table.valid_until, table.bells)
        return dataclasses.replace(facts, bells=[*facts.bells, added])

    return alter


def effects(school: Organisation, table: Table, *, now: datetime) -> list[Misfit]:
    """Which bookings the new table would put outside of their periods."""
    return fitting.misfits(school, with_table(table, _type(school, table.day_type)), now=now)


def seen(school: Organisation, asked: object, misfits: Sequence[Misfit]) -> str:
    """Names what was shown: it is another one as soon as tables, week or the bookings hit are others."""
    tables = BellSchedule.objects.filter(day_type__organisation=school).order_by("pk")
    week = DayPattern.objects.filter(organisation=school).order_by("pk")
    told = (
        asked,
        list(tables.values_list("pk", flat=True)),
        list(week.values_list("pk", "valid_until")),
        [(m.booking.pk, m.number, m.after) for m in misfits],
    )
    return hashlib.sha256(repr(told).encode()).hexdigest()


@retried
def add(school: Organisation, table: Table, *, by: User, now: datetime, shown: str | None) -> BellSchedule:
    """The table, kept. The same table once more is found, not made.

    Raises PastError, SameDayError; StaleError when `shown` no longer names what would happen.
    """
    lock(school)
    day_type = _type(school, table.day_type)
    standing = _same(day_type, table) if day_type else None
    if standing is not None:
        return standing
    check(school, table, timezone.localdate(now))
    if shown is not None and shown != seen(school, table, effects(school, table, now=now)):
        raise StaleError
    return put(school, table, by=by, now=now)


def put(school: Organisation, table: Table, *, by: User, now: datetime) -> BellSchedule:
    """`add` for who has locked the school and checked; the caller's transaction."""
    day_type = _type(school, table.day_type)
    if day_type is None:
        day_type = DayType.objects.create(organisation=school, code=_free_code(school), name=table.day_type)
    made = BellSchedule.objects.create(
        day_type=day_type, valid_from=table.valid_from, valid_until=table.valid_until
    )
    Period.objects.bulk_create(
        Period(bell_schedule=made, number=b.number, starts_at=b.starts_at, ends_at=b.ends_at)
        for b in table.bells
    )
    facts = {"day_type": day_type.code, "from": table.valid_from.isoformat(), "periods": len(table.bells)}
    record("bells.add", audit.Action.CREATE, school, str(made.pk), facts, by, now)
    return made


def check(school: Organisation, table: Table, today: date) -> None:
    """Raises PastError, SameDayError."""
    day_type = _type(school, table.day_type)
    if day_type is None:
        return
    others = BellSchedule.objects.filter(day_type=day_type)
    if others.filter(valid_from=table.valid_from).exists():
        raise SameDayError
    rang = others.filter(valid_from__lt=today).filter(
        Q(valid_until=None) | Q(valid_until__gt=table.valid_from)
    )
    if table.valid_from < today and rang.exists():
        raise PastError


def is_there(school: Organisation, table: Table) -> bool:
    """Whether exactly this table is kept already."""
    day_type = _type(school, table.day_type)
    return day_type is not None and _same(day_type, table) is not None


@retried
def remove(table: BellSchedule, *, by: User, now: datetime) -> None:
    """A table that has not begun to hold is taken out again; one that has raises PastError."""
    school = table.day_type.organisation
    lock(school)
    if not BellSchedule.objects.filter(pk=table.pk).exists():
        return
    if table.valid_from <= timezone.localdate(now):
        raise PastError
    key, facts = str(table.pk), {"day_type": table.day_type.code, "from": table.valid_from.isoformat()}
    table.delete()
    record("bells.remove", audit.Action.DELETE, school, key, facts, by, now)


def without(table: BellSchedule) -> Alter:
    """The school's facts as they would be without this table."""

    def alter(facts: SchoolFacts) -> SchoolFacts:
        gone = (table.day_type_id, table.valid_from)
        kept = [b for b in facts.bells if (b.day_type_id, b.valid_from) != gone]
        return dataclasses.replace(facts, bells=kept)

    return alter


def lock(school: Organisation) -> None:
    """Until the transaction ends nobody else writes this school's bells and days."""
    Organisation.objects.select_for_update(no_key=True).get(pk=school.pk)


def _type(school: Organisation, name: str) -> DayType | None:
    return DayType.objects.filter(organisation=school, name=name).order_by("pk").first()


def _same(day_type: DayType, table: Table) -> BellSchedule | None:
    tables = BellSchedule.objects.filter(
        day_type=day_type, valid_from=table.valid_from, valid_until=table.valid_until
    )
    return next((t for t in tables.prefetch_related("periods") if bells_of(t) == table.bells), None)


def bells_of(table: BellSchedule) -> tuple[Bell, ...]:
    return tuple(Bell(p.number, p.starts_at, p.ends_at) for p in table.periods.all())


def _free_code(school: Organisation) -> str:
    taken = set(DayType.objects.filter(organisation=school).values_list("code", flat=True))
    if "normal" not in taken:
        return "normal"
    return next(code for n in range(1, len(taken) + 2) if (code := f"type-{n}") not in taken)


def record(
    event: str, action: audit.Action, school: Organisation, key: str, facts: Mapping[str, object],
    by: User, now: datetime,
) -> None:  # fmt: skip
    """Puts a change of bells or of the week on the audit; called last."""
    told = {**facts, "organisation": school.pk}
    audit.record(action, event, by=by, now=now, object_type="bells", object_key=key, facts=told)
