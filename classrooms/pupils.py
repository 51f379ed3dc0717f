"""The verbs of pupils: enter, correct, let go. Who may is decided in `pupil_permissions`.

A pupil's row is what holds today; what a class or a name was on the day of a lesson stands in that
lesson's confirmed register. Nobody is deleted: who leaves has a first day on which they are no
longer there. No pupil's name is logged, and none is in an exception.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from classrooms import enrolments, remote_seats
from classrooms.models import Enrolment, RemoteSeat, Student
from scheduler import texts
from scheduler.models import ClassGroup, Membership, Organisation, Role


class NumberTakenError(Exception):
    """Another pupil of the school has this number; a number is never given twice."""


class SeatTakenError(Exception):
    """Another pupil of the class has this number in it (出席番号), on a day of both."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a school knows of a pupil. `group` is a class of the same school."""

    number: str
    name: str
    kana: str
    group: ClassGroup
    seat: int
    valid_from: date
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """What a pupil's leaving ended."""

    sections: int = 0
    seats: int = 0


def lock(school_id: int) -> None:
    """Until the transaction ends nobody else writes this school's pupils."""
    Organisation.objects.select_for_update(no_key=True).get(pk=school_id)


def enter(school: Organisation, facts: Facts, *, today: date) -> Student:
    """A new pupil. Raises NumberTakenError, SeatTakenError."""
    try:
        with transaction.atomic():
            lock(school.pk)
            _check_seat(facts, None, today)
            return Student.objects.create(school=school, **columns(facts))
    except IntegrityError as error:
        raise _explained(error, school, facts.number) from None


@transaction.atomic
def correct(student: Student, facts: Facts, *, today: date) -> Ended:
    """The pupil as the school knows them now. Leaving ends their sections and remote seats with them:
    how many. What has ended so stays ended when the leaving is taken back.

    Raises NumberTakenError, SeatTakenError.
    """
    lock(student.school_id)
    _check_seat(facts, Student.objects.get(pk=student.pk), today)
    for column, value in columns(facts).items():
        setattr(student, column, value)
    try:
        with transaction.atomic():
            student.save()
    except IntegrityError as error:
        raise _explained(error, student.school, facts.number) from None
    if facts.valid_until is not None:
        return let_go([student], facts.valid_until)
    return Ended()


def let_go(students: Iterable[Student], day: date) -> Ended:
    """Their sections and remote seats end on `day`, the first day on which they are no longer there.

    Whoever is in a room is looked at again.
    """
    keys = [student.pk for student in students]
    open_ones = Enrolment.objects.filter(student__in=keys).filter(
        Q(valid_until=None) | Q(valid_until__gt=day)
    )
    touched = list(open_ones.values_list("section", "student__school").distinct())
    sections = open_ones.count()
    open_ones.filter(valid_from__gte=day).delete()
    open_ones.update(valid_until=day)
    seats = _end_seats(keys, day)
    for section_id, school_id in touched:
        enrolments.recount(day, section_id=section_id, school_id=school_id)
    remote_seats.look_again(keys)
    return Ended(sections, seats)


def _end_seats(student_ids: Sequence[int], day: date) -> int:
    """How many end. A seat that would only begin later stays as it was approved, and its post with it:
    it opens nothing to who has left (`remote_seats.holding`), and holds if the leaving is taken back."""
    seats = RemoteSeat.objects.filter(student__in=student_ids, valid_until__gt=day, valid_from__lt=day)
    ended = seats.update(valid_until=day)
    posts = Membership.objects.filter(user__student__in=student_ids, role=Role.STUDENT)
    posts.filter(valid_until__gt=day, valid_from__lt=day).update(valid_until=day)
    return ended


def takes_seat_of(facts: Facts, before: Student | None, others: Iterable[Student], today: date) -> bool:
    """Whether the pupil would come to have the number in the class that one of `others` has then too.

    Two who share one already are not held up by it: whatever else is wrong can still be corrected.
    """
    return any(
        _share(facts, other, today) and not (before and _share(before, other, today)) for other in others
    )


def _share(one: Facts | Student, other: Student, today: date) -> bool:
    """On some day from today on; the number of who has left is free."""
    first = max(today, one.valid_from, other.valid_from)
    ends = [day for day in (one.valid_until, other.valid_until) if day is not None]
    is_one_seat = (one.group.pk, one.seat) == (other.group_id, other.seat)
    return is_one_seat and all(first < end for end in ends)


def _check_seat(facts: Facts, before: Student | None, today: date) -> None:
    others = Student.objects.filter(group=facts.group, seat=facts.seat)
    if before is not None:
        others = others.exclude(pk=before.pk)
    if takes_seat_of(facts, before, others, today):
        raise SeatTakenError


def matching(students: QuerySet[Student], words: str) -> QuerySet[Student]:
    """Those whose name, reading or number contains every word; readings in either kana."""
    for word in words.split():
        reading = texts.hiragana(texts.plain(word))
        students = students.filter(
            Q(name__contains=word)
            | Q(name__contains=texts.plain(word))
            | Q(kana__contains=reading)
            | Q(number__icontains=texts.plain(word))
        )
    return students


def columns(facts: Facts) -> dict[str, Any]:
    """As they are kept."""
    return {
        "number": texts.plain(facts.number),
        "name": texts.tidy(facts.name),
        "kana": texts.reading(facts.kana),
        "group": facts.group,
        "seat": facts.seat,
        "valid_from": facts.valid_from,
        "valid_until": facts.valid_until,
    }


def _explained(error: IntegrityError, school: Organisation, number: str) -> Exception:
    is_taken = Student.objects.filter(school=school, number=texts.plain(number)).exists()
    return NumberTakenError() if is_taken else error
