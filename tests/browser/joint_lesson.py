"""A lesson of eight schools that is going on, each with its receiving set."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from scheduler import bookings
from scheduler.intervals import Interval
from scheduler.models import Booking, Role
from scheduler.plans import Need, Plan, Side
from tests.cast import REBUN_BELLS, World, add_school, add_user
from tests.realtime.lessons import MATHEMATICS

MORE_SCHOOLS = (
    ("rausu", "羅臼"),
    ("yubari", "夕張"),
    ("tsukigata", "月形"),
    ("matsumae", "松前"),
    ("shibetsu", "標津"),
    ("akan", "阿寒"),
)
SETS = ("rishiri-set1", "rebun-set1", *(f"{code}-set1" for code, _ in MORE_SCHOOLS))
"""The accounts of the eight receiving sets, before the @."""


def book_joint_lesson(world: World, start: datetime, *, now: datetime, minutes: int = 50) -> Booking:
    """Sato teaches Rishiri, Rebun and six more schools from `start`."""
    whole = Interval(start, start + timedelta(minutes=minutes))
    classes = [
        (world.rishiri, world.rishiri_2a, world.rishiri_set),
        (world.rebun, world.rebun_2a, world.rebun_set),
    ]
    for number, (code, name) in enumerate(MORE_SCHOOLS, 3):
        school, part, places = add_school(
            f"S{number}", f"北海道{name}高等学校", name, REBUN_BELLS, name_en=code.title(), headcount=4
        )
        add_user(f"{code}-set1", f"{name} 受信機材1", school, Role.DEVICE, location=places[0])
        classes.append((school, part, places[0]))
    host = Side(
        organisation_id=world.centre.pk,
        interval=whole,
        needs=(Need((world.sato_person.pk,)), Need((world.studios[0].pk,))),
        person_id=world.sato_person.pk,
        is_host=True,
    )
    sides = [
        Side(
            organisation_id=school.pk,
            interval=whole,
            needs=(Need((part.pk,)), Need((place.pk,))),
            period_number=2,
            headcount=part.headcount,
        )
        for school, part, place in classes
    ]
    plan = Plan(
        kind=Booking.Kind.LESSON, title=MATHEMATICS, organiser_id=world.centre.pk, sides=(host, *sides)
    )
    return bookings.book(plan, by=world.suzuki, now=now, intention=uuid4())
