"""The list of pupils as its page shows it to one reader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.db.models import Count, Q, QuerySet

from classrooms import enrolments, pupil_permissions, pupils
from classrooms.models import Enrolment, RemoteSeat, Section, SectionSchool, Student
from scheduler.models import ClassGroup, Organisation
from scheduler.providers import Reader

MANY = 120
"""From so many on one class is shown at a time."""


@dataclass(frozen=True, slots=True)
class Line:
    student: Student
    seat: RemoteSeat | None
    """The remote seat that holds today."""
    has_double: bool
    """Whether somebody else has the same number in the class."""


@dataclass(frozen=True, slots=True)
class ClassList:
    group: ClassGroup
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """A section and how many pupils of the school are entered for it; `headcount` is what it counts."""

    section: Section
    headcount: int
    entered: int


@dataclass(frozen=True, slots=True)
class Page:
    school: Organisation
    schools: tuple[Organisation, ...]
    """More than one only for who works at several."""
    may_write: bool
    words: str
    group: ClassGroup | None
    """The class that was chosen."""
    groups: tuple[tuple[ClassGroup, int], ...]
    total: int
    classes: tuple[ClassList, ...]
    gone: int
    """Pupils who have left; they are shown when they are asked for."""
    shows_gone: bool
    sections: tuple[Taken, ...]

    @property
    def shown(self) -> int:
        return sum(len(each.lines) for each in self.classes)


def page(
    reader: Reader, school: Organisation, schools: Sequence[Organisation], *,
    words: str, group_id: int | None, shows_gone: bool, today: date,
) -> Page:  # fmt: skip
    """The school's pupils by class; a fixed number of queries."""
    everybody = Student.objects.filter(school=school)
    there = everybody.filter(enrolments.still_there_until(today))
    counts = {row["group"]: row["n"] for row in there.order_by().values("group").annotate(n=Count("pk"))}
    groups = [(group, counts.get(group.pk, 0)) for group in ClassGroup.objects.filter(organisation=school)]
    total = sum(counts.values())
    chosen = next((group for group, _n in groups if group.pk == group_id), None)
    if chosen is None and not words and not shows_gone and total > MANY:
        chosen = next((group for group, n in groups if n), None)
    asked = everybody.exclude(pk__in=there.values("pk")) if shows_gone else there
    shown = pupils.matching(asked, words)
    if chosen is not None and not words:
        shown = shown.filter(group=chosen)
    return Page(
        school=school,
        schools=tuple(schools),
        may_write=pupil_permissions.writes_school(reader, school.pk),
        words=words,
        group=chosen,
        groups=tuple(groups),
        total=total,
        classes=tuple(_classes(shown, today)),
        gone=everybody.count() - total,
        shows_gone=shows_gone,
        sections=tuple(taken_by(school, today)),
    )


def _classes(students: QuerySet[Student], today: date) -> Iterable[ClassList]:
    listed = list(students.select_related("group")[: MANY * 10])
    seats = {
        seat.student_id: seat for seat in RemoteSeat.objects.valid_on(today).filter(student__in=students)
    }
    places = Counter((student.group_id, student.seat) for student in listed)
    for group, some in groupby(listed, key=lambda student: student.group):
        yield ClassList(
            group,
            tuple(Line(s, seats.get(s.pk), places[s.group_id, s.seat] > 1) for s in some),
        )


def taken_by(school: Organisation, today: date) -> Iterable[Taken]:
    """The sections in which the school takes part, with how many are entered."""
    entered = Count(
        "section__enrolments__student",
        filter=Q(section__enrolments__student__school=school)
        & (Q(section__enrolments__valid_until=None) | Q(section__enrolments__valid_until__gt=today)),
        distinct=True,
    )
    rows = SectionSchool.objects.filter(school=school).select_related("section__course", "section__teacher")
    for row in rows.annotate(entered=entered).order_by("-section__academic_year", "section__name", "pk"):
        yield Taken(row.section, row.headcount, row.entered)


@dataclass(frozen=True, slots=True)
class Group:
    """One school's pupils in a section, as its teacher reads them."""

    school: Organisation
    students: tuple[Student, ...]


def of_section(section: Section, school_ids: Iterable[int] | None, day: date) -> list[Group]:
    """Who takes the section on `day`, by school; None: every school of it."""
    held = Enrolment.objects.valid_on(day).filter(section=section)
    if school_ids is not None:
        held = held.filter(student__school__in=list(school_ids))
    students = (
        Student.objects.filter(pk__in=held.values("student"))
        .filter(enrolments.still_there_until(day))
        .select_related("group", "school")
        .order_by("school__code", "group__grade", "group__name", "seat", "pk")
    )
    return [Group(school, tuple(some)) for school, some in groupby(students, key=lambda s: s.school)]


def of_teacher(reader: Reader, day: date) -> list[tuple[Section, list[Group]]]:
    """The teacher's sections with their pupils; one query for the sections, one for the pupils."""
    sections = list(pupil_permissions.taught_sections(reader, day).select_related("course"))
    held = (
        Enrolment.objects.valid_on(day)
        .filter(enrolments.still_there(day), section__in=sections)
        .select_related("student__group", "student__school")
        .order_by(
            "student__school__code", "student__group__grade", "student__group__name", "student__seat", "pk"
        )
    )
    by_section: dict[int, list[Student]] = {section.pk: [] for section in sections}
    for enrolment in held:
        by_section[enrolment.section_id].append(enrolment.student)
    return [
        (
            section,
            [
                Group(school, tuple(some))
                for school, some in groupby(by_section[section.pk], key=lambda s: s.school)
            ],
        )
        for section in sections
    ]
