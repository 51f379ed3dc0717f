"""Lists of pupils as files: what the school has, and an empty one to fill in."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from classrooms.models import Enrolment, Section, Student
from classrooms.pupil_columns import (
    COLUMNS,
    ENTERED,
    GROUP,
    KANA,
    LEFT,
    MOST_SECTIONS,
    NAME,
    NUMBER,
    SEAT,
    SECTION,
)
from scheduler.models import ClassGroup, Organisation


def roster(school: Organisation, day: date) -> list[list[str]]:
    """The school's pupils on `day` as a file that can be corrected and read in again."""
    taken: dict[int, list[str]] = defaultdict(list)
    held = Enrolment.objects.valid_on(day).filter(student__school=school).order_by("section__name", "pk")
    for student_id, name in held.values_list("student", "section__name"):
        taken[student_id].append(name)
    students = list(Student.objects.at_school_on(day).filter(school=school).select_related("group"))
    width = max([MOST_SECTIONS, *(len(taken[student.pk]) for student in students)])
    rows = [[*COLUMNS, *[f"{SECTION}{n}" for n in range(1, width + 1)]]]
    for s in students:
        until = s.valid_until.isoformat() if s.valid_until else ""
        cells = [s.number, s.name, s.kana, s.group.name, str(s.seat), s.valid_from.isoformat(), until]
        rows.append([*cells, *taken[s.pk], *[""] * (width - len(taken[s.pk]))])
    return rows


def template(school: Organisation, year: int) -> list[list[str]]:
    """An empty file with one line that shows what belongs where."""
    group = ClassGroup.objects.filter(organisation=school).first()
    section = Section.objects.filter(schools__school=school, academic_year=year).first()
    example = {
        NUMBER: "26001",
        NAME: "見本 花子",
        KANA: "みほん はなこ",
        GROUP: group.name if group else "1年A組",
        SEAT: "1",
        ENTERED: date(year, 4, 1).isoformat(),
        LEFT: "",
    }
    names = [section.name if section else "", *[""] * (MOST_SECTIONS - 1)]
    return [
        [*COLUMNS, *[f"{SECTION}{n}" for n in range(1, MOST_SECTIONS + 1)]],
        [*(example[column] for column in COLUMNS), *names],
    ]
