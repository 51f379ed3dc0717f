"""A lesson that is going on, for the tests of rooms."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from scheduler import bookings
from scheduler.intervals import Interval
from scheduler.models import Booking
from scheduler.names import Name
from scheduler.plans import Need, Plan, Side
from tests.cast import World

MATHEMATICS = Name("数学Ⅱ 合同", "Mathematics II")


def lesson_plan(world: World, start: datetime, *, rebun_minutes: int = 50) -> Plan:
    """Sato teaches Rishiri for 50 minutes from `start`, and Rebun for so many."""
    whole = Interval(start, start + timedelta(minutes=50))
    rebun = Interval(start, start + timedelta(minutes=rebun_minutes))
    return Plan(
        kind=Booking.Kind.LESSON,
        title=MATHEMATICS,
        organiser_id=world.centre.pk,
        sides=(
            Side(
                organisation_id=world.centre.pk,
                interval=whole,
                needs=(Need((world.sato_person.pk,)), Need((world.studios[0].pk,))),
                person_id=world.sato_person.pk,
                is_host=True,
            ),
            Side(
                organisation_id=world.rishiri.pk,
                interval=whole,
                needs=(Need((world.rishiri_2a.pk,)), Need((world.rishiri_set.pk,))),
                period_number=2,
                headcount=6,
            ),
            Side(
                organisation_id=world.rebun.pk,
                interval=rebun,
                needs=(Need((world.rebun_2a.pk,)), Need((world.rebun_set.pk,))),
                period_number=2,
                headcount=5,
            ),
        ),
    )


def book_lesson(world: World, start: datetime, *, now: datetime, rebun_minutes: int = 50) -> Booking:
    plan = lesson_plan(world, start, rebun_minutes=rebun_minutes)
    return bookings.book(plan, by=world.suzuki, now=now, intention=uuid4())


def book_practice(world: World, *, now: datetime) -> Booking:
    plan = Plan(
        kind=Booking.Kind.PRACTICE,
        title=Name("接続練習", "Practice room"),
        organiser_id=world.centre.pk,
        sides=(
            Side(
                organisation_id=world.centre.pk,
                interval=Interval(now - timedelta(hours=1), now + timedelta(hours=8)),
                is_host=True,
            ),
        ),
    )
    return bookings.book(plan, by=None, now=now, intention=uuid4())
