"""A school's list of pupils from a CSV file: what it would change, and every reason why it cannot.

Three steps, so that nothing is written unseen: `read` makes rows of the bytes, `judge` compares them
with what there is, `apply` judges once more and writes. A pupil is known by 学籍番号. An empty cell
leaves what is there; a pupil whom the file does not name stays as they are; a section that is named
is added from a date, and none is taken away (docs/pupils.md).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from classrooms import enrolments, pupils
from classrooms.models import Enrolment, Section, Student
from classrooms.pupil_columns import (
    ENTERED,
    GROUP,
    KANA,
    LAYOUT,
    LEFT,
    NAME,
    NUMBER,
    SEAT,
    read_line,
)
from classrooms.pupils import Facts
from scheduler import imports, texts, wallclock
from scheduler.imports import Problem, Row
from scheduler.models import ClassGroup, Organisation


@dataclass(frozen=True, slots=True)
class Change:
    """One pupil whom the file would add or change."""

    line: int
    facts: Facts
    student: Student | None
    differences: tuple[tuple[str, str, str], ...]
    """Column, what is there, what would be."""
    sections: tuple[Section, ...]
    """Those that are added."""

    @property
    def is_new(self) -> bool:
        return self.student is None


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of the school's pupils. `digest` names exactly this outcome."""

    rows: Sequence[Row]
    changes: tuple[Change, ...]
    unchanged: int
    problems: tuple[Problem, ...]

    @property
    def new(self) -> list[Change]:
        return [change for change in self.changes if change.is_new]

    @property
    def changed(self) -> list[Change]:
        return [change for change in self.changes if not change.is_new]

    @property
    def digest(self) -> str:
        told = [(c.facts.number, c.is_new, c.differences, [s.pk for s in c.sections]) for c in self.changes]
        return hashlib.sha256(repr(told).encode()).hexdigest()

    @property
    def text(self) -> str:
        """The rows that change something as a file of our own, for the page that asks for the word."""
        lines = {change.line for change in self.changes}
        return imports.of_rows((row for row in self.rows if row.line in lines), LAYOUT)


@dataclass
class _School:
    """What there is, read once for all rows."""

    groups: Mapping[str, ClassGroup]
    students: Mapping[str, Student]
    sections: Mapping[str, list[Section]]
    taken: Mapping[int, set[int]]
    """The sections that each pupil takes."""
    starts_on: date
    year_began: date
    numbers: dict[str, int] = field(default_factory=dict)
    seats: dict[tuple[int, int], int] = field(default_factory=dict)
    """On which line of the file a number, or a seat of a class, stood first."""


def judge(school: Organisation, rows: Sequence[Row], *, starts_on: date, today: date) -> Preview:
    """What these rows would do; sections would be taken from `starts_on`. A fixed number of queries."""
    known = _known(school, starts_on)
    changes, problems, unchanged = [], [], 0
    for row in rows:
        change, found = _judged(row, known)
        problems += found
        if change is None:
            continue
        if change.is_new or change.differences or change.sections:
            changes.append(change)
        else:
            unchanged += 1
    problems += _seats_taken(changes, known, max(starts_on, today))
    return Preview(rows, tuple(changes), unchanged, tuple(problems))


@transaction.atomic
def apply(
    school: Organisation, rows: Sequence[Row], *, starts_on: date, digest: str, today: date
) -> tuple[Preview, bool]:
    """Writes what was shown under `digest`; the preview as it is now, and whether it was written.

    Nothing is written when the outcome is no longer the one that was shown. When everything is in
    already (the same page sent twice) there is nothing to do, and that is no failure.
    """
    pupils.lock(school.pk)
    preview = judge(school, rows, starts_on=starts_on, today=today)
    if preview.problems:
        return preview, False
    if not preview.changes:
        return preview, True
    if preview.digest != digest:
        return preview, False
    _write(school, preview, starts_on, today)
    return preview, True


def _write(school: Organisation, preview: Preview, starts_on: date, today: date) -> None:
    made = Student.objects.bulk_create(
        [Student(school=school, **pupils.columns(change.facts)) for change in preview.new], batch_size=500
    )
    changed = []
    for change in preview.changed:
        if change.student is not None:
            for column, value in pupils.columns(change.facts).items():
                setattr(change.student, column, value)
            changed.append(change.student)
    fields = ["name", "kana", "group", "seat", "valid_from", "valid_until"]
    Student.objects.bulk_update(changed, fields, batch_size=200)
    starts: dict[Section, dict[int, date]] = defaultdict(dict)
    for change, student in zip([*preview.new, *preview.changed], [*made, *changed], strict=True):
        for section in change.sections:
            starts[section][student.pk] = max(starts_on, student.valid_from)
    for section, days in starts.items():
        enrolments.add(section, days)
    leaving: dict[date, list[Student]] = defaultdict(list)
    for student in (*made, *changed):
        if student.valid_until is not None:
            leaving[student.valid_until].append(student)
    for day, students in leaving.items():
        pupils.let_go(students, day)
    enrolments.recount(today, school_id=school.pk)


def _known(school: Organisation, starts_on: date) -> _School:
    sections: dict[str, list[Section]] = defaultdict(list)
    year = wallclock.school_year(starts_on)
    for section in Section.objects.filter(schools__school=school, academic_year=year):
        sections[texts.plain(section.name)].append(section)
    taken: dict[int, set[int]] = defaultdict(set)
    held = Enrolment.objects.filter(enrolments.not_over(starts_on), student__school=school)
    for student_id, section_id in held.values_list("student", "section"):
        taken[student_id].add(section_id)
    groups = ClassGroup.objects.filter(organisation=school)
    return _School(
        groups={texts.plain(group.name): group for group in groups},
        students={s.number: s for s in Student.objects.filter(school=school).select_related("group")},
        sections=sections,
        taken=taken,
        starts_on=starts_on,
        year_began=date(year, 4, 1),
    )


def _judged(row: Row, known: _School) -> tuple[Change | None, list[Problem]]:
    """The row as a change, or every problem it has."""
    cells = read_line(row)
    problems = [*cells.problems]
    student = known.students.get(cells.number)
    first = known.numbers.setdefault(cells.number, row.line) if cells.number else row.line
    if first != row.line:
        words = _("This number stands on line %(line)d already.") % {"line": first}
        problems.append(Problem(row.line, NUMBER, words))
    group = known.groups.get(texts.plain(row.cells.get(GROUP, "")))
    if group is None and row.cells.get(GROUP):
        names = imports.listed_words(g.name for g in known.groups.values())
        words = _("The school has no class of this name. It has: %(names)s") % {"names": names}
        problems.append(Problem(row.line, GROUP, words))
    sections, found = _sections(row, known)
    problems += found
    if group is not None and cells.seat is not None:
        first = known.seats.setdefault((group.pk, cells.seat), row.line)
        if first != row.line:
            words = _("Line %(line)d has the same number in the same class.") % {"line": first}
            problems.append(Problem(row.line, SEAT, words))
    entered = cells.entered or (student.valid_from if student else known.year_began)
    left = cells.left or (student.valid_until if student else None)
    if left is not None and left <= entered:
        column = LEFT if cells.left else ENTERED
        problems.append(
            Problem(row.line, column, _("The pupil would leave before the first day at the school."))
        )
    if problems or group is None or cells.seat is None:
        return None, problems
    kana = cells.kana or (student.kana if student else "")
    facts = Facts(cells.number, cells.name, kana, group, cells.seat, entered, left)
    taken = known.taken.get(student.pk, set()) if student else set()
    added = tuple(section for section in sections if section.pk not in taken)
    return Change(row.line, facts, student, _differences(student, facts), added), []


def _seats_taken(changes: Sequence[Change], known: _School, day: date) -> Iterator[Problem]:
    """Numbers in a class that pupils have whom the file does not name, and who therefore keep them."""
    unnamed: dict[tuple[int, int], list[Student]] = defaultdict(list)
    for number, student in known.students.items():
        if number not in known.numbers:
            unnamed[student.group_id, student.seat].append(student)
    for change in changes:
        others = unnamed.get((change.facts.group.pk, change.facts.seat), [])
        if pupils.takes_seat_of(change.facts, change.student, others, day):
            words = _(
                "A pupil who is not in this file has the number %(n)d of %(group)s. "
                "Correct that pupil's number or leaving first."
            )
            facts = {"n": change.facts.seat, "group": change.facts.group.name}
            yield Problem(change.line, SEAT, words % facts)


def _sections(row: Row, known: _School) -> tuple[list[Section], list[Problem]]:
    found, problems = [], []
    for column, name in row.repeated:
        matching = known.sections.get(texts.plain(name), [])
        if len(matching) == 1:
            found += [section for section in matching if section not in found]
        elif matching:
            words = _(
                "The school has several sections of this name. Choose the pupils on the section's page."
            )
            problems.append(Problem(row.line, column, words))
        else:
            words = _("The school takes no section of this name this school year.")
            problems.append(Problem(row.line, column, words))
    return found, problems


def _differences(student: Student | None, facts: Facts) -> tuple[tuple[str, str, str], ...]:
    if student is None:
        return ()
    before = (student.name, student.kana, student.group.name, str(student.seat))
    after = (facts.name, facts.kana, facts.group.name, str(facts.seat))
    dates_before = (student.valid_from, student.valid_until)
    dates_after = (facts.valid_from, facts.valid_until)
    told = (
        *zip((NAME, KANA, GROUP, SEAT), before, after, strict=True),
        *(
            (column, one.isoformat() if one else "", other.isoformat() if other else "")
            for column, one, other in zip((ENTERED, LEFT), dates_before, dates_after, strict=True)
        ),
    )
    return tuple(line for line in told if line[1] != line[2])
