"""The demonstration's courses and sections: who teaches what to which pupils."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

from classrooms.demonstration.days import Days
from classrooms.demonstration.schools import School
from classrooms.demonstration.tables import CourseRow, SectionRow
from classrooms.models import Course, Section, SectionSchool
from scheduler.models import ClassPart, Location, Organisation, Person

WANTED_MINUTES = 50
MAY_BE_SHORTER_BY = 5
_MAIN_STUDIO = {"sasaki": 3}
"""The teacher of the drawings has her own studio; the others' are dealt out."""


@dataclass(frozen=True, slots=True)
class Taught:
    """A section with the row it was made from, and the class parts of each school by short name."""

    row: SectionRow
    section: Section
    parts: Mapping[str, tuple[ClassPart, ...]]


def build(
    rows: Sequence[SectionRow],
    courses: Sequence[CourseRow],
    centre: Organisation,
    studios: Sequence[Location],
    schools: Mapping[str, School],
    teachers: Mapping[str, Person],
    days: Days,
) -> list[Taught]:
    by_name = {course.name: course for course in _courses(courses)}
    studio_of = dict(zip(teachers, cycle(studios), strict=False))
    studio_of |= {slug: studios[number - 1] for slug, number in _MAIN_STUDIO.items()}
    taught = [
        Taught(
            row=row,
            section=_section(row, by_name[row.course], centre, teachers, studio_of, schools, days),
            parts={name: _parts(row, schools[name], grade) for name, grade in row.groups.items()},
        )
        for row in rows
    ]
    Section.objects.bulk_create(t.section for t in taught)
    for one in taught:
        _add_schools(one, schools)
    return taught


def _courses(rows: Sequence[CourseRow]) -> list[Course]:
    """Courses are the ministry's: those that are there already stay as they are."""
    Course.objects.bulk_create(
        [
            Course(subject_area=row.subject_area, name=row.name, name_en=row.name_en, credits=row.credits)
            for row in rows
        ],
        ignore_conflicts=True,
    )
    return list(Course.objects.filter(name__in=[row.name for row in rows]))


def _section(
    row: SectionRow,
    course: Course,
    centre: Organisation,
    teachers: Mapping[str, Person],
    studio_of: Mapping[str, Location],
    schools: Mapping[str, School],
    days: Days,
) -> Section:
    wanted = min(WANTED_MINUTES, *(_period_minutes(schools[name]) for name in row.groups))
    ja, en = _detail(row, schools)
    return Section(
        course=course,
        academic_year=days.year,
        name=f"{course.name}（{ja}）",
        name_en=f"{course.name_en} ({en})",
        centre=centre,
        teacher=teachers[row.teacher],
        studio=studio_of[row.teacher],
        wanted_minutes=wanted,
        minimum_minutes=wanted - MAY_BE_SHORTER_BY,
        meetings_per_week=row.meetings,
    )


def _period_minutes(school: School) -> int:
    """How long the school's ordinary periods are, by the name of its bells."""
    return int(school.row.bells.removeprefix("of_")) if school.row.bells.startswith("of_") else 50


def _detail(row: SectionRow, schools: Mapping[str, School]) -> tuple[str, str]:
    """「2年・合同」, or 「1年・月形」 when it is one school's."""
    grades = sorted(set(row.groups.values()))
    grade = "・".join(f"{g}年" for g in grades)
    grade_en = f"year {' and '.join(str(g) for g in grades)}"
    if len(row.groups) > 1:
        return f"{grade}・合同", f"{grade_en}, joint"
    (name,) = row.groups
    half = f"・{row.half}" if row.half else ""
    half_en = ", advanced" if row.half else ""
    return f"{grade}・{name}{half}", f"{grade_en}, {schools[name].row.name_en}{half_en}"


def _parts(row: SectionRow, school: School, grade: int) -> tuple[ClassPart, ...]:
    return tuple(part for part in school.parts[grade] if not row.half or part.name.endswith(row.half))


def _add_schools(one: Taught, schools: Mapping[str, School]) -> None:
    for name, parts in one.parts.items():
        school = schools[name]
        group = SectionSchool.objects.create(
            section=one.section,
            school=school.organisation,
            # A joint lesson on the first set, which the printed sign-ins open, the others on the last.
            location=school.sets[0 if len(one.parts) > 1 else -1],
            headcount=sum(part.headcount for part in parts),
        )
        group.parts.set(parts)
