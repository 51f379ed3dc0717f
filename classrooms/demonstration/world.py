"""Loading the demonstration whole or not at all, and taking it away again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from django.db import transaction

from classrooms.demonstration import (
    accounts,
    changes,
    pupils,
    registers,
    removal,
    school_days,
    schools,
    sections,
    tables,
    timetable,
)
from classrooms.demonstration.days import ZONE, Days
from classrooms.models import Lesson, Reception
from scheduler import practice, timegrid
from scheduler.models import Booking, Membership, Notice, Organisation, Role, User

_BOOKED_AHEAD = timedelta(weeks=3)
"""The timetable of the two weeks was booked this long before them."""
_CHANGED_AT = time(5, 40)
"""Schools decide on a closure by about half past five (domain notes §1.6)."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What there is now, for the command's report."""

    schools: int
    people: int
    sections: int
    lessons: int
    local_lessons: int


def is_loaded() -> bool:
    return Organisation.objects.filter(code=schools.CENTRE_CODE).exists()


@transaction.atomic
def load(*, now: datetime) -> Loaded:
    """The world for the day that `now` falls on in Japan; the same for every `now` of that day.

    One transaction: stopped half-way it leaves nothing.
    """
    days = Days(timegrid.local_date(now, ZONE))
    rng = Random(days.today.toordinal())  # noqa: S311 -- the same lessons for the same date is the point
    centre, studios = schools.build_centre()
    rows = tables.schools()
    receiving = schools.build_schools(rows, tables.bell_tables(), days)
    teachers = accounts.build(centre, list(receiving.values()), tables.teachers(), days)
    school_days.build(receiving, days)
    taught = sections.build(tables.sections(), tables.courses(), centre, studios, receiving, teachers, days)
    pupils.build(receiving, taught, days)
    planner = User.objects.get(memberships__organisation=centre, memberships__role=Role.PLANNER)
    booked_at = timegrid.instant(days.first - _BOOKED_AHEAD, time(10), ZONE)
    draft = timetable.draft(receiving, studios, days)
    made = timetable.book_lessons(draft, taught, receiving, by=planner, now=booked_at, rng=rng)
    timetable.book_other_halves(draft, made, taught, receiving, now=booked_at)
    timetable.book_local_lessons(draft, receiving, now=booked_at, rng=rng)
    _settle_notices(booked_at)
    changed_at = timegrid.instant(days.today, _CHANGED_AT, ZONE)
    changes.make(made, receiving, days, by=planner, now=changed_at, rng=rng)
    _assign_staff(receiving)
    registers.build(days, password=planner.password, now=changed_at, rng=rng)
    practice.renew(now=changed_at)
    return _counted()


def _settle_notices(booked_at: datetime) -> None:
    """Weeks ago everybody was told of the timetable and has read it."""
    Notice.objects.filter(due_at=booked_at).update(
        state=Notice.State.SENT, sent_at=booked_at, read_at=booked_at
    )


def _assign_staff(receiving: dict[str, schools.School]) -> None:
    """At every school its room staff attends."""
    staff = Membership.objects.filter(
        role=Role.ROOM_STAFF, organisation__in=[s.organisation for s in receiving.values()]
    )
    for post in staff:
        Reception.objects.filter(school=post.organisation_id).update(staff=post.user_id)


def _counted() -> Loaded:
    return Loaded(
        schools=Organisation.objects.filter(kind=Organisation.Kind.HIGH_SCHOOL).count(),
        people=User.objects.count(),
        sections=Lesson.objects.values("section").distinct().count(),
        lessons=Lesson.objects.count(),
        local_lessons=Booking.objects.filter(kind=Booking.Kind.LOCAL).count(),
    )


def remove() -> None:
    removal.remove()


def at_eight(day: date) -> datetime:
    """The instant that stands for `day` when only a date is given."""
    return timegrid.instant(day, time(8), ZONE)
