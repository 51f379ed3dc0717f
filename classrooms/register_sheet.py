"""A register as it stands: who is on it, each one's mark, what was measured, who attended.

Before the school confirms, the pupils are those who take the section on the lesson's day; from
then on those who were signed, with the marks that were appended since.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from classrooms import evidence_reading, signed
from classrooms.evidence import Evidence
from classrooms.evidence_reading import Witness
from classrooms.models import (
    AttendanceMark,
    Confirmation,
    Enrolment,
    Reception,
    RemoteSeat,
    StaffPresence,
    Student,
)
from scheduler import timegrid
from scheduler.intervals import Interval
from scheduler.models import Booking, Participant
from scheduler.names import Name

Mark = AttendanceMark.Mark
TAKING_PLACE = frozenset({Reception.State.PLANNED, Reception.State.HELD, Reception.State.SELF_STUDY})


@dataclass(frozen=True, slots=True)
class Change:
    """One mark after the confirmation: what stood there, what stands there now, and why."""

    at: datetime
    by: Name
    before: str
    after: str
    reason: str


@dataclass(frozen=True, slots=True)
class Line:
    """One pupil. `mark` is what holds; without a row it is the default."""

    student_id: int
    number: str
    class_name: str
    class_name_en: str
    seat: int
    name: str
    kana: str
    place: str
    """"home" or "hospital" with a remote seat on that day, else empty."""
    mark: str
    note: str
    is_default: bool
    marked_at: datetime | None
    """When the mark that holds was tapped."""
    last: int
    """The key of the newest row, 0 without one: what a tap that is sent later was based on."""
    evidence: Evidence | None
    """Of a pupil with a remote seat who came by themselves."""
    signed: str
    """The mark that the school confirmed, empty before."""
    changes: tuple[Change, ...]

    @property
    def is_changed(self) -> bool:
        """Another mark than the signed one."""
        return bool(self.signed) and self.signed != self.mark


@dataclass(frozen=True, slots=True)
class Today:
    """What a confirmed register would say if it were read today; beside it, never in its place."""

    period: Interval
    witness: Witness
    teachers: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Once the school has confirmed: all but the marks and `staff` is what was signed."""

    reception: Reception
    period: Interval
    period_number: int | None
    day: date
    zone: ZoneInfo
    witness: Witness
    lines: tuple[Line, ...]
    teachers: tuple[Name, ...]
    """Who gives this lesson."""
    staff: tuple[StaffPresence, ...]
    """Also those struck out."""
    confirmation: Confirmation | None
    today: Today | None
    """With a confirmation alone."""

    @property
    def takes_place(self) -> bool:
        """The side stands, or the school has confirmed that it did: there is something to record."""
        return self.confirmation is not None or (
            self.reception.state in TAKING_PLACE
            and self.reception.participant.withdrawn_at is None
            and self.reception.lesson.booking.state == Booking.State.CONFIRMED
        )

    @property
    def standing_staff(self) -> list[StaffPresence]:
        return [each for each in self.staff if each.struck_at is None]

    @property
    def version(self) -> str:
        """Changes whenever a mark, a note, a pupil or who attended does."""
        facts = [
            [[line.student_id, line.mark, line.note] for line in self.lines],
            [each.pk for each in self.standing_staff],
        ]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]

    def line(self, student_id: int) -> Line | None:
        return next((line for line in self.lines if line.student_id == student_id), None)


def default_mark(place: str, evidence: Evidence | None) -> str:
    """Present; for a pupil with a remote seat who was there by their own account, taking part remotely.

    Both are proposals that stand until somebody taps or the school confirms. A pupil with a remote
    seat who did not come is proposed as present like all, because they may sit in the classroom; the
    page says beside it that nothing came from their account (domain/education.md §2.7, §3.2).
    """
    return Mark.REMOTE if place and evidence is not None and evidence.seconds else Mark.PRESENT


def load(reception: Reception, now: datetime) -> Sheet:
    """The sheet; a fixed number of queries, however many pupils."""
    standing = _standing(reception, now)
    confirmation = standing.confirmation
    return standing if confirmation is None else _as_signed(standing, confirmation)


def _standing(reception: Reception, now: datetime) -> Sheet:
    """As everything stands today; of a confirmed one without its lines."""
    period = reception.participant.interval
    zone = reception.school.zone
    day = timegrid.local_date(period.start, zone)
    witness = evidence_reading.of_reception(reception, now)
    confirmation = Confirmation.objects.filter(reception=reception).select_related("by").first()
    staff = StaffPresence.objects.filter(reception=reception).select_related(
        "recorded_by", "struck_by", "user"
    )
    return Sheet(
        reception=reception,
        period=period,
        period_number=reception.participant.period_number,
        day=day,
        zone=zone,
        witness=witness,
        lines=tuple(_present_lines(reception, day, _marks(reception), witness)) if not confirmation else (),
        teachers=_teachers(reception),
        staff=tuple(staff),
        confirmation=confirmation,
        today=None,
    )


def _as_signed(standing: Sheet, confirmation: Confirmation) -> Sheet:
    content = confirmation.content
    return replace(
        standing,
        period=signed.period(content),
        period_number=content["period"]["number"],
        day=date.fromisoformat(content["date"]),
        witness=signed.witness(content),
        lines=tuple(_signed_lines(content, _marks(standing.reception))),
        teachers=signed.teachers(content, standing.teachers),
        today=Today(standing.period, standing.witness, standing.teachers),
    )


def _marks(reception: Reception) -> dict[int, list[AttendanceMark]]:
    marks: dict[int, list[AttendanceMark]] = defaultdict(list)
    for mark in AttendanceMark.objects.filter(reception=reception).select_related("by"):
        marks[mark.student_id].append(mark)
    return marks


def _teachers(reception: Reception) -> tuple[Name, ...]:
    hosts = Participant.objects.standing().filter(
        booking=reception.lesson_id, role=Participant.Role.HOST, person__isnull=False
    )
    return tuple(host.person.label for host in hosts.select_related("person") if host.person)


def pupils(reception: Reception, day: date) -> Iterable[Student]:
    """The school's pupils who take the section on `day`, in the order of their classes."""
    held = Enrolment.objects.valid_on(day).filter(section=reception.lesson.section_id)
    there = Student.objects.at_school_on(day).filter(school=reception.school_id)
    return there.filter(pk__in=held.values("student")).select_related("group")


def _present_lines(
    reception: Reception, day: date, marks: Mapping[int, list[AttendanceMark]], witness: Witness
) -> Iterable[Line]:
    listed = list(pupils(reception, day))
    seats = RemoteSeat.objects.valid_on(day).filter(student__in=[each.pk for each in listed])
    places = dict(seats.values_list("student", "place"))
    for student in listed:
        place = places.get(student.pk, "")
        own = witness.seat(student.user_id) if place else None
        rows = marks.get(student.pk, [])
        last = rows[-1] if rows else None
        yield Line(
            student_id=student.pk,
            number=student.number,
            class_name=student.group.name,
            class_name_en=student.group.name_en or student.group.name,
            seat=student.seat,
            name=student.name,
            kana=student.kana,
            place=place,
            mark=(last.mark if last else "") or default_mark(place, own),
            note=last.note if last else "",
            is_default=last is None or not last.mark,
            marked_at=_marked_at(rows),
            last=last.pk if last else 0,
            evidence=own,
            signed="",
            changes=(),
        )


def _signed_lines(content: Mapping[str, Any], marks: Mapping[int, list[AttendanceMark]]) -> Iterable[Line]:
    for each in content["pupils"]:
        rows = marks.get(each["id"], [])
        later = [mark for mark in rows if mark.reason]
        last = later[-1] if later else None
        yield Line(
            student_id=each["id"],
            number=each["number"],
            class_name=each["class"],
            class_name_en=each["class_en"],
            seat=each["seat"],
            name=each["name"],
            kana=each["kana"],
            place=each["place"],
            mark=last.mark if last else each["mark"],
            note=last.note if last else each["note"],
            is_default=False,
            marked_at=_marked_at(rows),
            last=last.pk if last else 0,
            evidence=signed.seat(content, each),
            signed=each["mark"],
            changes=tuple(_changes(each["mark"], later)),
        )


def _marked_at(rows: Sequence[AttendanceMark]) -> datetime | None:
    """Since when the newest mark stands: a note written afterwards repeats it and is no new tap."""
    since = None
    for row in reversed(rows):
        if row.mark != rows[-1].mark:
            break
        since = row.at
    return since


def _changes(signed: str, later: Iterable[AttendanceMark]) -> Iterable[Change]:
    before = signed
    for mark in later:
        yield Change(mark.at, mark.by.label, before, mark.mark, mark.reason)
        before = mark.mark
