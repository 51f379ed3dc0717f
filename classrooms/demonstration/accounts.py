"""The demonstration's people and how to sign in as each of them. Every name is invented."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.contrib.auth.hashers import make_password

from classrooms.demonstration import tables
from classrooms.demonstration.days import Days
from classrooms.demonstration.schools import School
from classrooms.demonstration.tables import SchoolPeopleRow, TeacherRow
from scheduler.models import Location, Membership, Organisation, Person, Resource, Role, User

PASSWORD = "ezo-momonga-31"  # noqa: S105 -- printed by make run for a service that listens on loopback
_DOMAIN = "example"
"""RFC 2606: no mail to it can ever be delivered."""

HEAD_AT = "rishiri"
"""The school whose head has an account; at the others the coordinator signs registers."""


def sign_ins() -> list[tuple[str, str, str]]:
    """One account for each role: what it is (Japanese), its e-mail address, its password."""
    return [
        ("先生（佐々木 直子）", f"sasaki@centre.{_DOMAIN}", PASSWORD),
        ("時間割担当（本間 和也）", f"honma@centre.{_DOMAIN}", PASSWORD),
        ("センター管理者（大野 志津）", f"ohno@centre.{_DOMAIN}", PASSWORD),
        ("学校担当者（利尻）", f"coordinator@rishiri.{_DOMAIN}", PASSWORD),
        ("校長（利尻）", f"head@rishiri.{_DOMAIN}", PASSWORD),
        ("受信教室の担当（利尻）", f"staff@rishiri.{_DOMAIN}", PASSWORD),
        ("受信教室の端末（利尻）", f"set1@rishiri.{_DOMAIN}", PASSWORD),
        ("受信教室の端末（礼文）", f"set1@rebun.{_DOMAIN}", PASSWORD),
        ("自宅から参加する生徒（礼文）", f"home@rebun.{_DOMAIN}", PASSWORD),
    ]


class _Register:
    """Collects accounts and posts, so that they are written in two statements."""

    def __init__(self, valid_from: date) -> None:
        self.valid_from = valid_from
        # One hash for all: hashing 150 times the same password would take longer than the rest.
        self._hash = make_password(PASSWORD)
        self.users: list[User] = []
        self.posts: list[Membership] = []

    def add(
        self,
        address: str,
        name: str,
        organisation: Organisation,
        role: Role,
        *,
        name_en: str = "",
        post: str = "",
        location: Location | None = None,
        is_staff: bool = False,
    ) -> User:
        user = User(
            email=f"{address}.{_DOMAIN}",
            name=name,
            name_en=name_en,
            password=self._hash,
            is_staff=is_staff,
            is_superuser=is_staff,
        )
        self.users.append(user)
        self.posts.append(
            Membership(
                user=user,
                organisation=organisation,
                role=role,
                post=post,
                location=location,
                valid_from=self.valid_from,
            )
        )
        return user

    def write(self) -> None:
        User.objects.bulk_create(self.users)
        Membership.objects.bulk_create(self.posts)


def build(
    centre: Organisation, schools: Sequence[School], teachers: Sequence[TeacherRow], days: Days
) -> dict[str, Person]:
    """Everybody with an account; the teachers' Persons by their slug."""
    register = _Register(date(days.year, 4, 1))
    register.add(
        "ohno@centre",
        "大野 志津",
        centre,
        Role.CENTRE_ADMIN,
        name_en="Shizu Ohno",
        post="副校長",
        is_staff=True,
    )
    register.add("honma@centre", "本間 和也", centre, Role.PLANNER, name_en="Kazuya Honma", post="主幹教諭")
    taught_by = {
        row.slug: register.add(
            f"{row.slug}@centre", row.name, centre, Role.TEACHER, name_en=row.name_en, post="教諭"
        )
        for row in teachers
    }
    people = {row.slug: row for row in tables.school_people()}
    for school in schools:
        _add_school_people(register, school, people[school.row.slug])
        if school.row.slug == HEAD_AT:
            _add_head(register, school)
    register.write()
    return {row.slug: _person(row, taught_by[row.slug], centre) for row in teachers}


def _add_head(register: _Register, school: School) -> None:
    register.add(
        f"head@{school.row.slug}",
        "浜本 恵子",
        school.organisation,
        Role.SCHOOL_HEAD,
        name_en="Keiko Hamamoto",
        post="校長",
    )


def _add_school_people(register: _Register, school: School, row: SchoolPeopleRow) -> None:
    """The coordinator, somebody for the room, and an account for the device on each set."""
    slug, organisation = school.row.slug, school.organisation
    register.add(
        f"coordinator@{slug}",
        row.coordinator,
        organisation,
        Role.SCHOOL_COORDINATOR,
        name_en=row.coordinator_en,
        post=row.coordinator_post,
    )
    register.add(
        f"staff@{slug}",
        row.staff,
        organisation,
        Role.ROOM_STAFF,
        name_en=row.staff_en,
        post=row.staff_post,
    )
    for location in school.sets:
        register.add(
            f"set{location.position}@{slug}",
            f"{organisation.short_name} {location.name}",
            organisation,
            Role.DEVICE,
            name_en=f"{organisation.name_en} {location.name_en}",
            location=location,
        )


def _person(row: TeacherRow, user: User, centre: Organisation) -> Person:
    return Person.objects.create(
        kind=Resource.Kind.PERSON,
        organisation=centre,
        name=row.name,
        name_en=row.name_en,
        user=user,
        kana=row.kana,
        subject_area=row.subject_area,
    )
