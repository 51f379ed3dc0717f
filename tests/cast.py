"""The fixed cast, the same in every test.

Sato teaches at the centre, Suzuki plans the timetable, Tanaka runs the room at Rishiri, Kato is
a stranger to all of it. Rishiri has periods of 50 minutes from 8:45, Rebun five minutes later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from classrooms.models import Course, Section, SectionSchool
from scheduler import timegrid
from scheduler.models import (
    BellSchedule,
    ClassGroup,
    ClassPart,
    DayPattern,
    DayType,
    Location,
    Membership,
    Organisation,
    Period,
    Person,
    Resource,
    Role,
    User,
)  # fmt: skip

TOKYO = ZoneInfo("Asia/Tokyo")
THURSDAY = date(2026, 11, 26)
NOW = timegrid.instant(date(2026, 11, 24), time(9, 0), TOKYO)
"""Tuesday 24 November 2026, 9:00 in Japan: two days before the lessons of most tests."""
PASSWORD = "snow-on-the-ferry"
RISHIRI_BELLS = [
    ("8:45", "9:35"),
    ("9:45", "10:35"),
    ("10:45", "11:35"),
    ("11:45", "12:35"),
    ("13:20", "14:10"),
    ("14:20", "15:10"),
]
REBUN_BELLS = [
    ("8:50", "9:40"),
    ("9:50", "10:40"),
    ("10:50", "11:40"),
    ("11:50", "12:40"),
    ("13:20", "14:10"),
    ("14:20", "15:10"),
]


def at(clock: str, day: date = THURSDAY, zone: ZoneInfo = TOKYO) -> datetime:
    """The instant at which clocks in `zone` show e.g. "9:45" on `day`."""
    return timegrid.instant(day, _time(clock), zone)


def _time(clock: str) -> time:
    hour, minute = clock.split(":")
    return time(int(hour), int(minute))


def add_user(
    email: str, name: str, organisation: Organisation | None, role: Role | None, **fields: object
) -> User:
    user = User.objects.create_user(f"{email}@example.jp", PASSWORD, name=name)
    if organisation is not None and role is not None:
        Membership.objects.create(
            user=user, organisation=organisation, role=role, valid_from=date(2026, 4, 1), **fields
        )
    return user


def add_person(user: User, organisation: Organisation) -> Person:
    return Person.objects.create(
        kind=Resource.Kind.PERSON, organisation=organisation, name=user.name, user=user, subject_area="数学"
    )


def add_bells(
    school: Organisation, table: list[tuple[str, str]], *, code: str = "normal", name: str = "通常"
) -> DayType:
    """A day type valid from April 2026, Monday to Friday when it is the normal one."""
    day_type = DayType.objects.create(organisation=school, code=code, name=name)
    bells = BellSchedule.objects.create(day_type=day_type, valid_from=date(2026, 4, 1))
    Period.objects.bulk_create(
        Period(bell_schedule=bells, number=n, starts_at=_time(start), ends_at=_time(end))
        for n, (start, end) in enumerate(table, 1)
    )
    if code == "normal":
        DayPattern.objects.bulk_create(
            DayPattern(organisation=school, weekday=weekday, day_type=day_type, valid_from=date(2026, 4, 1))
            for weekday in range(5)
        )
    return day_type


def add_school(
    code: str,
    name: str,
    short_name: str,
    table: list[tuple[str, str]],
    *,
    sets: int = 1,
    headcount: int = 6,
    **fields: object,
) -> tuple[Organisation, ClassPart, list[Location]]:
    """A school with bells, one class 2年A組 and its receiving sets."""
    school = Organisation.objects.create(
        kind=Organisation.Kind.HIGH_SCHOOL,
        code=code,
        name=name,
        short_name=short_name,
        district="宗谷",
        **fields,
    )
    add_bells(school, table)
    group = ClassGroup.objects.create(organisation=school, name="2年A組", name_en="Class 2-A", grade=2)
    part = ClassPart.objects.create(
        kind=Resource.Kind.CLASS_PART,
        organisation=school,
        name="2年A組",
        name_en="Class 2-A",
        group=group,
        headcount=headcount,
    )
    places = [
        Location.objects.create(
            kind=Resource.Kind.RECEIVING_SET,
            organisation=school,
            name=f"受信機材{n}",
            name_en=f"Receiving set {n}",
            position=n,
        )
        for n in range(1, sets + 1)
    ]
    return school, part, places


@dataclass(slots=True)
class World:
    centre: Organisation
    rishiri: Organisation
    rebun: Organisation
    rishiri_2a: ClassPart
    rebun_2a: ClassPart
    rishiri_set: Location
    rebun_set: Location
    studios: list[Location]
    sato: User
    """Teaches mathematics at the centre."""
    sato_person: Person
    ito: User
    """Another teacher of the centre."""
    ito_person: Person
    suzuki: User
    """Plans the timetable at the centre."""
    admin: User
    """Administers the centre."""
    tanaka: User
    """Room staff at Rishiri."""
    nakamura: User
    """Coordinator at Rishiri."""
    rishiri_device: User
    rebun_device: User
    kudo: User
    """Coordinator at Rebun."""
    kato: User
    """A stranger: an account without any post."""
    section: Section
    """Mathematics II, Rishiri and Rebun jointly, 50 minutes wanted, 45 at least, taught by Sato."""


def build() -> World:
    """Writes the cast; call inside a test with database access (fixture `world`)."""
    centre = Organisation.objects.create(
        kind=Organisation.Kind.DELIVERY_CENTRE,
        code="C1",
        name="遠隔授業配信センター",
        short_name="配信センター",
        name_en="Delivery Centre",
        telephone="011-000-0000",
    )
    studios = [
        Location.objects.create(
            kind=Resource.Kind.STUDIO,
            organisation=centre,
            name=f"配信室{n}",
            name_en=f"Studio {n}",
            position=n,
        )
        for n in range(1, 4)
    ]
    rishiri, rishiri_2a, rishiri_sets = add_school(
        "S1", "北海道利尻高等学校", "利尻", RISHIRI_BELLS, name_en="Rishiri", kana="りしり"
    )
    rebun, rebun_2a, rebun_sets = add_school(
        "S2", "北海道礼文高等学校", "礼文", REBUN_BELLS, headcount=5, name_en="Rebun", kana="れぶん"
    )
    sato = add_user("sato", "佐藤 直子", centre, Role.TEACHER, post="教諭")
    ito = add_user("ito", "伊藤 久美", centre, Role.TEACHER, post="教諭")
    suzuki = add_user("suzuki", "鈴木 和也", centre, Role.PLANNER)
    admin = add_user("admin", "本間 恵", centre, Role.CENTRE_ADMIN)
    tanaka = add_user("tanaka", "田中 誠", rishiri, Role.ROOM_STAFF, post="実習助手")
    nakamura = add_user("nakamura", "中村 葵", rishiri, Role.SCHOOL_COORDINATOR, post="教頭")
    kudo = add_user("kudo", "工藤 誠", rebun, Role.SCHOOL_COORDINATOR, post="教頭")
    rishiri_device = add_user(
        "rishiri-set1", "利尻 受信機材1", rishiri, Role.DEVICE, location=rishiri_sets[0]
    )
    rebun_device = add_user("rebun-set1", "礼文 受信機材1", rebun, Role.DEVICE, location=rebun_sets[0])
    kato = add_user("kato", "加藤 遥", None, None)
    sato_person = add_person(sato, centre)
    ito_person = add_person(ito, centre)
    course = Course.objects.create(subject_area="数学", name="数学Ⅱ", name_en="Mathematics II", credits=4)
    section = Section.objects.create(
        course=course,
        academic_year=2026,
        name="数学Ⅱ（2年・合同）",
        name_en="Mathematics II (year 2, joint)",
        centre=centre,
        teacher=sato_person,
        studio=studios[0],
        wanted_minutes=50,
        minimum_minutes=45,
    )
    for school, part, place in ((rishiri, rishiri_2a, rishiri_sets[0]), (rebun, rebun_2a, rebun_sets[0])):
        SectionSchool.objects.create(
            section=section, school=school, location=place, headcount=part.headcount
        ).parts.add(part)
    return World(
        centre=centre,
        rishiri=rishiri,
        rebun=rebun,
        rishiri_2a=rishiri_2a,
        rebun_2a=rebun_2a,
        rishiri_set=rishiri_sets[0],
        rebun_set=rebun_sets[0],
        studios=studios,
        sato=sato,
        sato_person=sato_person,
        ito=ito,
        ito_person=ito_person,
        suzuki=suzuki,
        admin=admin,
        tanaka=tanaka,
        nakamura=nakamura,
        rishiri_device=rishiri_device,
        rebun_device=rebun_device,
        kudo=kudo,
        kato=kato,
        section=section,
    )
