"""Who takes which section from when to when, and the number of pupils that follows from it.

`SectionSchool.headcount` is the number with which lessons are booked and held against the cap on
pupils. As long as a school has entered nobody for a section it is what the centre wrote; from the
first enrolment on it follows the enrolments: everybody who takes the section on the day or will.
It is recounted with every change and every hour.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Count, Q

from classrooms import remote_seats
from classrooms.models import Enrolment, Section, SectionSchool, Student
from scheduler.wallclock import school_year


def not_over(day: date) -> Q:
    """A condition on Enrolment: it holds on `day` or will."""
    return Q(valid_until=None) | Q(valid_until__gt=day)


def still_there_until(day: date) -> Q:
    """A condition on Student: they have not left by `day`."""
    return Q(valid_until=None) | Q(valid_until__gt=day)


def still_there(day: date) -> Q:
    """The same on Enrolment."""
    return Q(student__valid_until=None) | Q(student__valid_until__gt=day)


def ticked(section: Section, school_id: int, day: date) -> set[int]:
    """The keys of the school's pupils who take the section on `day`."""
    held = Enrolment.objects.valid_on(day).filter(section=section, student__school=school_id)
    return set(held.values_list("student", flat=True))


@transaction.atomic
def set_section(section: Section, school_id: int, student_ids: Collection[int], day: date) -> tuple[int, int]:
    """From `day` on exactly these pupils of the school take the section. How many came and went.

    What was before `day` stays as it was, and so does what somebody was entered for from a later
    day on. Keys of another school's pupils are passed over.
    """
    wanted = set(Student.objects.filter(pk__in=student_ids, school=school_id).values_list("pk", flat=True))
    before = ticked(section, school_id, day)
    known = _known(section, Student.objects.filter(school=school_id).values_list("pk", flat=True), day)
    for student_id, held in known.items():
        if student_id not in wanted:
            _end(held, day)
    _open(section, wanted, known, day)
    recount(day, section_id=section.pk, school_id=school_id)
    remote_seats.look_again(before - wanted)
    return len(wanted - before), len(before - wanted)


@transaction.atomic
def add(section: Section, starts: Mapping[int, date]) -> int:
    """Pupils who take the section besides those who do already, each from their own day. How many.

    Does not recount: who adds to many sections does that once for all.
    """
    made = 0
    by_day: dict[date, set[int]] = defaultdict(set)
    for student_id, day in starts.items():
        by_day[day].add(student_id)
    for day, student_ids in by_day.items():
        known = _known(section, student_ids, day)
        fresh = {pk for pk in student_ids if not any(_holds_on(one, day) for one in known.get(pk, ()))}
        _open(section, fresh, known, day)
        made += len(fresh)
    return made


def recount(day: date, *, section_id: int | None = None, school_id: int | None = None) -> int:
    """Makes headcounts say what the enrolments say on `day`; how many had to be changed."""
    pairs = SectionSchool.objects.all()
    held = Enrolment.objects.all()
    if section_id is not None:
        pairs, held = pairs.filter(section=section_id), held.filter(section=section_id)
    if school_id is not None:
        pairs, held = pairs.filter(school=school_id), held.filter(student__school=school_id)
    counted = {
        (section, school): number
        for section, school, number in held.order_by()
        .values_list("section", "student__school")
        .annotate(number=Count("student", filter=not_over(day) & still_there(day), distinct=True))
    }
    changed = []
    for pair in pairs:
        number = counted.get((pair.section_id, pair.school_id))
        if number is not None and number != pair.headcount:
            pair.headcount = number
            changed.append(pair)
    SectionSchool.objects.bulk_update(changed, ["headcount"], batch_size=500)
    return len(changed)


def _known(section: Section, student_ids: Iterable[int], day: date) -> dict[int, list[Enrolment]]:
    """Their rows in the section that touch `day` or come after it, the earliest first."""
    rows = Enrolment.objects.filter(section=section, student__in=list(student_ids))
    touching = rows.filter(Q(valid_until=None) | Q(valid_until__gte=day)).order_by("valid_from", "pk")
    found: dict[int, list[Enrolment]] = defaultdict(list)
    for row in touching.select_for_update(no_key=True):
        found[row.student_id].append(row)
    return found


def _holds_on(row: Enrolment, day: date) -> bool:
    return row.valid_from <= day and (row.valid_until is None or row.valid_until > day)


def _end(rows: Iterable[Enrolment], day: date) -> None:
    """What holds on `day` ends; what begins later is left: it was entered for a day of its own."""
    for row in rows:
        if row.valid_from == day:
            row.delete()  # it held on no day
        elif _holds_on(row, day):
            row.valid_until = day
            row.save(update_fields=["valid_until"])


def _open(section: Section, student_ids: set[int], known: Mapping[int, list[Enrolment]], day: date) -> None:
    """One open row each from `day` or before: a row that ended that day goes on, later ones join it."""
    fresh = []
    for student_id in sorted(student_ids):
        rows = known.get(student_id)
        if not rows:
            fresh.append(Enrolment(student_id=student_id, section=section, valid_from=day))
            continue
        first, *later = rows
        for row in later:
            row.delete()
        first.valid_from, first.valid_until = min(first.valid_from, day), None
        first.save(update_fields=["valid_from", "valid_until"])
    Enrolment.objects.bulk_create(fresh)


@dataclass(frozen=True, slots=True)
class Offer:
    """A section that the pupil's school takes part in, and since when the pupil takes it."""

    section: Section
    held: Enrolment | None


def of_student(student: Student, day: date) -> list[Offer]:
    """The sections of this school year that are open to the pupil, those of the own grade first."""
    own = Section.objects.filter(schools__school=student.school_id, academic_year=school_year(day))
    sections = own.select_related("course", "teacher").distinct()
    held = {row.section_id: row for row in student.enrolments.valid_on(day)}
    grades = defaultdict(set)
    parts = SectionSchool.objects.filter(school=student.school_id, section__in=own)
    for section_id, grade in parts.values_list("section", "parts__group__grade"):
        grades[section_id].add(grade)
    return sorted(
        (Offer(section, held.get(section.pk)) for section in sections),
        key=lambda one: (student.group.grade not in grades[one.section.pk], one.section.name),
    )


@transaction.atomic
def set_student(student: Student, sections: Iterable[Section], day: date) -> None:
    """From `day` on the pupil takes exactly these of this school year's sections."""
    wanted = {section.pk for section in sections}
    for one in of_student(student, day):
        if (one.held is not None) == (one.section.pk in wanted):
            continue
        if one.held is None:
            add(one.section, {student.pk: day})
        else:
            _end(_known(one.section, [student.pk], day)[student.pk], day)
            remote_seats.look_again([student.pk])
        recount(day, section_id=one.section.pk, school_id=student.school_id)


def grades_of(section: Section, school_id: int) -> set[int]:
    """The grades of the school that the section is for; the page offers their pupils first."""
    parts = SectionSchool.objects.filter(section=section, school=school_id)
    return {grade for grade in parts.values_list("parts__group__grade", flat=True) if grade is not None}
