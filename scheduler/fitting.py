"""Which bookings would no longer lie in their periods if a school's bells or days were others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from scheduler import calendars, dayplans, timegrid
from scheduler.dayplans import SchoolFacts
from scheduler.intervals import Interval
from scheduler.models import Booking, Organisation, Participant

Alter = Callable[[SchoolFacts], SchoolFacts]


@dataclass(frozen=True, slots=True)
class Misfit:
    """One school's side of a booking that lies in its period today and would not any more."""

    booking: Booking
    day: date
    number: int
    before: Interval
    after: Interval | None
    """When the period would be; None when it would not ring at all."""


def misfits(organisation: Organisation, alter: Alter, *, now: datetime) -> list[Misfit]:
    """By start. What is over, and what lay outside its period already, is left out. Six queries."""
    sides = list(
        Participant.objects.standing()
        .filter(organisation=organisation, person=None, period_number__isnull=False, end__gt=now)
        .filter(booking__in=Booking.objects.live(now))
        .select_related("booking")
        .order_by("start", "pk")
    )
    if not sides:
        return []
    days = [timegrid.local_date(side.start, organisation.zone) for side in sides]
    before = calendars.school_facts([organisation.pk], min(days), max(days))[organisation.pk]
    after = alter(before)
    found = []
    for side, day in zip(sides, days, strict=True):
        assert side.period_number is not None
        if _rings(before, day, side) != side.interval:
            continue
        rings = _rings(after, day, side)
        if rings != side.interval:
            found.append(Misfit(side.booking, day, side.period_number, side.interval, rings))
    return found


def _rings(facts: SchoolFacts, day: date, side: Participant) -> Interval | None:
    plan = dayplans.day_plan(facts, day, grade=side.grade)
    return next((p.interval for p in plan.periods if p.number == side.period_number), None)
