"""Schools, teachers and plans to measure with: enough of each that no two writers need the same one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection

from scheduler import calendars
from scheduler.intervals import Interval
from scheduler.models import ClassPart, Location, Organisation, Person, Resource, User
from scheduler.names import Name
from scheduler.plans import Need, Plan, Side
from tests.cast import RISHIRI_BELLS, add_school, at

FIRST = date(2027, 1, 12)
"""A Tuesday; the weeks after it have few public holidays."""
NOW = at("9:00", FIRST - timedelta(days=7))


@dataclass(frozen=True, slots=True)
class Writer:
    """A teacher and a school of his own."""

    teacher: Person
    school: Organisation
    part: ClassPart
    place: Location


@dataclass(frozen=True, slots=True)
class BenchWorld:
    centre: Organisation
    user: User
    studios: tuple[Location, ...]
    writers: tuple[Writer, ...]


def build(writers: int, *, code: str, studios: int = 10) -> BenchWorld:
    """A centre with `studios` rooms and as many teachers, each with a school; `code` keeps worlds apart."""
    centre = Organisation.objects.create(
        kind=Organisation.Kind.DELIVERY_CENTRE,
        code=f"{code}C",
        name="配信センター",
        short_name="配信センター",
    )
    rooms = tuple(
        Location.objects.create(kind=Resource.Kind.STUDIO, organisation=centre, name=f"配信室{n}", position=n)
        for n in range(1, studios + 1)
    )
    made = []
    for number in range(writers):
        school, part, places = add_school(f"{code}{number}", f"高校{number}", f"校{number}", RISHIRI_BELLS)
        teacher = Person.objects.create(
            kind=Resource.Kind.PERSON, organisation=centre, name=f"教諭 {number}", subject_area="数学"
        )
        made.append(Writer(teacher, school, part, places[0]))
    user = User.objects.create_user(f"{code}@example.jp", "a-password-for-nobody", name="鈴木 和也")
    return BenchWorld(centre, user, rooms, tuple(made))


def school_days(first: date = FIRST) -> Iterator[date]:
    """Mondays to Fridays without end, public holidays left out."""
    day = first
    while True:
        if day.weekday() < 5 and day not in calendars.public_holidays("Asia/Tokyo", day.year):
            yield day
        day += timedelta(days=1)


def slots(first: date = FIRST) -> Iterator[Interval]:
    """Every period of every school day."""
    for day in school_days(first):
        for start, end in RISHIRI_BELLS:
            yield Interval(at(start, day), at(end, day))


def plan(world: BenchWorld, writer: Writer, interval: Interval) -> Plan:
    """Four claims: teacher, any studio, class and receiving set."""
    host = Side(
        world.centre.pk,
        interval,
        (Need((writer.teacher.pk,)), Need(tuple(s.pk for s in world.studios))),
        person_id=writer.teacher.pk,
        is_host=True,
    )
    guest = Side(
        writer.school.pk,
        interval,
        (Need((writer.part.pk,)), Need((writer.place.pk,))),
        follows_bells=True,
        grade=2,
        headcount=6,
    )
    return Plan(
        "lesson",
        Name("数学Ⅱ", "Mathematics II"),
        world.centre.pk,
        (host, guest),
        wanted=timedelta(minutes=50),
        minimum=timedelta(minutes=45),
        most_rule="lesson.most_pupils",
    )


def address() -> str:
    """The address of the database for a driver without Django."""
    facts = connection.settings_dict
    secret = f":{facts['PASSWORD']}" if facts["PASSWORD"] else ""
    return f"postgresql://{facts['USER']}{secret}@{facts['HOST']}:{facts['PORT']}/{facts['NAME']}"
