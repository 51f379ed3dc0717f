"""Pupils of the cast: entering, enrolling and seating them in one line."""

from __future__ import annotations

from datetime import date

from classrooms import enrolments, pupils, remote_seats
from classrooms.models import RemoteSeat, Section, Student
from classrooms.pupils import Facts
from scheduler.models import ClassPart, User

APRIL = date(2026, 4, 1)


def facts(part: ClassPart, name: str = "木村 さくら", **changed: object) -> Facts:
    values = {
        "number": "25004", "name": name, "kana": "きむら さくら", "group": part.group, "seat": 4,
        "valid_from": APRIL,
    }  # fmt: skip
    return Facts(**{**values, **changed})  # type: ignore[arg-type]  # a test names the columns it changes


def add_pupil(part: ClassPart, name: str = "木村 さくら", **changed: object) -> Student:
    """A pupil of this class; without a number and a seat the next that are free."""
    taken = Student.objects.filter(school=part.organisation).count()
    usual = {"number": f"25{taken + 1:03}", "seat": taken + 1, "kana": ""}
    return pupils.enter(part.organisation, facts(part, name, **{**usual, **changed}), today=APRIL)


def add_class(part: ClassPart, section: Section, count: int) -> list[Student]:
    """So many pupils 生徒 1, 生徒 2 … who all take the section since April."""
    made = [add_pupil(part, f"生徒 {n}") for n in range(1, count + 1)]
    enrolments.set_section(section, part.organisation_id, [pupil.pk for pupil in made], APRIL)
    return made


def enrol(pupil: Student, section: Section, day: date = APRIL) -> None:
    enrolments.add(section, {pupil.pk: day})
    enrolments.recount(day, section_id=section.pk, school_id=pupil.school_id)


def approve(
    pupil: Student,
    *,
    by: User,
    valid_from: date = date(2026, 11, 16),
    valid_until: date = date(2026, 12, 24),
    email: str = "family@example.jp",
    place: str = RemoteSeat.Place.HOME,
) -> RemoteSeat:
    return remote_seats.approve(
        pupil, place=place, valid_from=valid_from, valid_until=valid_until, email=email, by=by
    )
