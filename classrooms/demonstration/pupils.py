"""The demonstration's pupils, the sections they take and their schools' terms. Every name is invented."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from random import Random

from classrooms.demonstration import tables
from classrooms.demonstration.days import Days
from classrooms.demonstration.schools import School
from classrooms.demonstration.sections import Taught
from classrooms.demonstration.tables import PupilRow
from classrooms.models import Enrolment, Student
from scheduler.models import ClassGroup, Term

_TWO = (("前期", "First term", (4, 1)), ("後期", "Second term", (10, 1)))
_THREE = (("1学期", "Term 1", (4, 1)), ("2学期", "Term 2", (8, 18)), ("3学期", "Term 3", (1, 1)))

Seat = tuple[str, int, int]
"""A school's short name, the grade, the number in the class."""


def build(schools: Mapping[str, School], taught: Sequence[Taught], days: Days) -> None:
    """A pupil for each that the figures speak of, in the sections by their headcounts, and the terms."""
    seats = _pupils(schools, days)
    since = date(days.year, 4, 1)
    Enrolment.objects.bulk_create(
        Enrolment(student=seats[name, one.row.groups[name], seat], section=one.section, valid_from=since)
        for one in taught
        for name, parts in one.parts.items()
        for seat in range(1, sum(part.headcount for part in parts) + 1)
    )
    Term.objects.bulk_create(
        term for number, school in enumerate(schools.values()) for term in _terms(school, number, days.year)
    )


def _pupils(schools: Mapping[str, School], days: Days) -> dict[Seat, Student]:
    """The same for every date of a school year, whatever else the demonstration draws lots for."""
    rng = Random(days.year)  # noqa: S311 -- the same pupils for the same year is the point
    names = tables.pupil_names()
    rosters: dict[tuple[str, int], list[PupilRow]] = defaultdict(list)
    for row in tables.pupils():
        rosters[row.school, row.grade].append(row)
    found: dict[Seat, Student] = {}
    for short_name, school in schools.items():
        for grade, count in enumerate(school.row.pupils, 1):
            group = school.parts[grade][0].group
            roster = rosters.get((short_name, grade)) or _invented(names, short_name, grade, count, rng)
            for row in roster:
                found[short_name, grade, row.seat] = _student(school, group, row, days.year)
    Student.objects.bulk_create(found.values())
    return found


def _invented(
    names: tables.PupilNames, school: str, grade: int, count: int, rng: Random
) -> Iterator[PupilRow]:
    """`count` names of which no two in a class are alike, in the order of their readings."""
    families = rng.sample(names.family, count)
    givens = rng.sample(names.given, count)
    pairs = sorted(zip(families, givens, strict=True), key=lambda pair: (pair[0][1], pair[1][1]))
    for seat, ((family, family_kana), (given, given_kana)) in enumerate(pairs, 1):
        yield PupilRow(school, grade, seat, f"{family} {given}", f"{family_kana} {given_kana}")


def _student(school: School, group: ClassGroup, row: PupilRow, year: int) -> Student:
    entered = year - row.grade + 1
    return Student(
        school=school.organisation,
        number=f"{entered % 100:02}{row.seat:03}",
        name=row.name,
        kana=row.kana,
        group=group,
        seat=row.seat,
        valid_from=date(entered, 4, 1),
    )


def _terms(school: School, number: int, year: int) -> Iterator[Term]:
    """Two terms, as most small schools have them; every third school has three."""
    starts = _THREE if number % 3 == 2 else _TWO
    first_days = [date(year if month >= 4 else year + 1, month, day) for _, _, (month, day) in starts]
    last_days = [*(day - timedelta(days=1) for day in first_days[1:]), date(year + 1, 3, 31)]
    for n, ((name, name_en, _), first, last) in enumerate(zip(starts, first_days, last_days, strict=True), 1):
        yield Term(
            organisation=school.organisation,
            academic_year=year,
            number=n,
            name=name,
            name_en=name_en,
            starts_on=first,
            ends_on=last,
        )
