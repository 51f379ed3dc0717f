"""What became of this week's lessons before today: who was in the rooms, who was marked, what was signed.

Most registers are confirmed, some wait. In the story's joint lesson 礼文 lost its line for two
minutes, one pupil came late, one took part from home and one was absent; 利尻 corrected a mark
after it had confirmed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from random import Random
from uuid import UUID, uuid5

from classrooms import confirming, register_sheet, remote_seats
from classrooms.demonstration.days import ZONE, Days
from classrooms.models import (
    AttendanceMark,
    Confirmation,
    Enrolment,
    Reception,
    RemoteSeat,
    StaffPresence,
    Student,
)
from realtime.models import Visit
from scheduler import timegrid
from scheduler.models import Booking, Membership, Participant, Role, User

STORY = ("利尻", "礼文")
AT_HOME = "木村 さくら"
AT_HOME_EMAIL = "home@rebun.example"
_MARKS = UUID("5f0c0f9e-3d39-4b7e-8a55-6e1c4d0f6b11")
_EARLY = timedelta(minutes=3)
_OUTAGE = (timedelta(minutes=26), timedelta(minutes=28))
_LATE = timedelta(minutes=8)
_SIGNED_AT = time(16, 10)
_CORRECTED_AT = time(17, 5)
_ABSENT_ONE_IN = 25
_LATE_ONE_IN = 40

Mark = AttendanceMark.Mark
Standing = Visit.Standing


@dataclass
class _Book:
    """What is written, in a few statements."""

    visits: list[Visit] = field(default_factory=list)
    marks: list[AttendanceMark] = field(default_factory=list)
    staff: list[StaffPresence] = field(default_factory=list)


def build(days: Days, *, password: str, now: datetime, rng: Random) -> None:
    """Everything of the days before `now`, which is the morning of today. `password` is a hash."""
    past = list(_past(now))
    people = _People.load()
    home = _seat_at_home(days, people, password)
    story = _story(past)
    book = _Book()
    for reception in past:
        _visit(book, reception, people, broken=reception is story)
        _attend(book, reception, people)
    _lead(book, past)
    _mark(book, past, story, people, rng)
    if story is not None and home is not None:
        _take_part_from_home(book, story, home)
    Visit.objects.bulk_create(book.visits)
    AttendanceMark.objects.bulk_create(book.marks)
    StaffPresence.objects.bulk_create(book.staff)
    signed = _sign(_to_sign(past, story), people, now)
    _correct(signed, people)


@dataclass(frozen=True, slots=True)
class _People:
    """The accounts of each school, and the teachers of lessons."""

    devices: Mapping[int, User]
    """By the set they stand on."""
    coordinators: Mapping[int, Membership]
    staff: Mapping[int, Membership]

    @classmethod
    def load(cls) -> _People:
        posts = list(Membership.objects.select_related("user"))
        return cls(
            devices={p.location_id: p.user for p in posts if p.location_id is not None},
            coordinators={p.organisation_id: p for p in posts if p.role == Role.SCHOOL_COORDINATOR},
            staff={p.organisation_id: p for p in posts if p.role == Role.ROOM_STAFF},
        )


def _past(now: datetime) -> Iterator[Reception]:
    rows = Reception.objects.filter(
        participant__end__lte=now,
        participant__withdrawn_at=None,
        lesson__booking__state=Booking.State.CONFIRMED,
    )
    yield from rows.select_related(
        "participant", "school", "lesson__section__course", "lesson__section__teacher", "lesson__booking"
    ).order_by("participant__start", "pk")


def _story(past: Sequence[Reception]) -> Reception | None:
    """礼文's side of the newest joint lesson of the two islands."""
    schools: dict[int, set[str]] = defaultdict(set)
    for reception in past:
        schools[reception.lesson_id].add(reception.school.short_name)
    joint = [r for r in past if schools[r.lesson_id] == set(STORY) and r.school.short_name == STORY[1]]
    return joint[-1] if joint else None


def _visit(book: _Book, reception: Reception, people: _People, *, broken: bool) -> None:
    """The school's set from shortly before the bell to its end."""
    side = reception.participant
    user = people.devices.get(side.location_id or 0)
    if user is not None:
        start, end = side.start - _EARLY, side.end
        spans = [(start, end)]
        if broken:
            lost, back = (side.start + after for after in _OUTAGE)
            spans = [(start, lost), (back, end)]
        for number, span in enumerate(spans):
            is_cut = broken and number == 0
            book.visits.append(
                _stay(reception, user, side, span, Standing.SCHOOL, is_cut=is_cut, is_back=number > 0)
            )


def _lead(book: _Book, past: Sequence[Reception]) -> None:
    """The teacher of each lesson, from shortly before the first bell to the last."""
    lessons = {reception.lesson_id: reception for reception in past}
    hosts = Participant.objects.filter(booking__in=lessons, role=Participant.Role.HOST, person__isnull=False)
    for host in hosts.select_related("person__user"):
        if host.person is not None and host.person.user is not None:
            span = (host.start - _EARLY, host.end)
            lesson = lessons[host.booking_id]
            book.visits.append(_stay(lesson, host.person.user, host, span, Standing.LEADER))


def _stay(
    reception: Reception, user: User, side: Participant, span: tuple[datetime, datetime],
    standing: Visit.Standing, *, is_cut: bool = False, is_back: bool = False,
) -> Visit:  # fmt: skip
    return Visit(
        booking_id=reception.lesson_id,
        user=user,
        organisation_id=side.organisation_id,
        participant=side,
        location_id=side.location_id if standing == Standing.SCHOOL else None,
        standing=standing,
        began=Visit.Began.LINE if is_back else Visit.Began.ENTERED,
        peer=uuid5(_MARKS, f"{reception.lesson.booking.uid} {user.email}").hex,
        server="demonstration",
        started_at=span[0],
        last_beat_at=span[1],
        ended_at=span[1],
        end_reason=Visit.EndReason.TIMEOUT if is_cut else Visit.EndReason.LEFT,
    )


def _attend(book: _Book, reception: Reception, people: _People) -> None:
    post = people.staff.get(reception.school_id)
    if post is not None:
        at = reception.participant.start
        book.staff.append(
            StaffPresence(
                reception=reception, user=post.user, name=post.user.name, post=post.post,
                recorded_at=at, recorded_by=post.user,
            )
        )  # fmt: skip


def _mark(
    book: _Book, past: Sequence[Reception], story: Reception | None, people: _People, rng: Random
) -> None:
    """A few are absent or late, drawn by lot; in the story's lesson as it is told."""
    enrolled: dict[tuple[int, int], list[Student]] = defaultdict(list)
    for row in Enrolment.objects.select_related("student").order_by("section", "student__seat", "pk"):
        enrolled[row.section_id, row.student.school_id].append(row.student)
    for reception in past:
        by = people.staff[reception.school_id].user
        for student in enrolled[reception.lesson.section_id, reception.school_id]:
            if reception is story:
                mark, note = _told(student, reception)
            elif rng.randrange(_ABSENT_ONE_IN) == 0:
                mark, note = Mark.ABSENT, rng.choice(("", "欠席届あり"))
            elif rng.randrange(_LATE_ONE_IN) == 0:
                mark, note = Mark.LATE, ""
            else:
                continue
            if mark:
                at = reception.participant.start + timedelta(minutes=9)
                book.marks.append(_marked(reception, student, mark, by, at, note=note))


def _told(student: Student, reception: Reception) -> tuple[str, str]:
    at = f"{(reception.participant.start + _LATE).astimezone(ZONE):%-H:%M}"
    return {
        2: (Mark.LATE, f"{at} 入室（8分遅れ）"),
        5: (Mark.ABSENT, "欠席届あり"),
    }.get(student.seat, ("", ""))


def _marked(
    reception: Reception,
    student: Student,
    mark: str,
    by: User,
    at: datetime,
    *,
    note: str = "",
    reason: str = "",
) -> AttendanceMark:
    key = uuid5(_MARKS, f"{reception.lesson.booking.uid} {student.school_id} {student.number} {at}")
    return AttendanceMark(
        reception=reception, student=student, mark=mark, note=note, reason=reason, intention=key, at=at, by=by
    )


def _seat_at_home(days: Days, people: _People, password: str) -> RemoteSeat | None:
    """One pupil of 礼文 has been at home for some weeks and will be for some more."""
    student = (
        Student.objects.filter(name=AT_HOME, school__short_name=STORY[1]).select_related("school").first()
    )
    if student is None:
        return None
    seat = remote_seats.approve(
        student,
        place=RemoteSeat.Place.HOME,
        valid_from=days.first - timedelta(days=14),
        valid_until=days.last + timedelta(days=28),
        email=AT_HOME_EMAIL,
        by=people.coordinators[student.school_id].user,
    )
    User.objects.filter(email=AT_HOME_EMAIL).update(password=password)
    return seat


def _take_part_from_home(book: _Book, story: Reception, seat: RemoteSeat) -> None:
    side, user = story.participant, seat.student.user
    if user is not None:
        span = (side.start + timedelta(minutes=3), side.end)
        book.visits.append(_stay(story, user, side, span, Standing.SEAT))


def _to_sign(past: Sequence[Reception], story: Reception | None) -> list[Reception]:
    """All but the story's, 利尻's newest, and the newest of every third school."""
    newest = {reception.school_id: reception for reception in past}
    waiting = {
        reception.pk
        for number, reception in enumerate(newest.values())
        if number % 3 == 0 or reception.school.short_name == STORY[0]
    }
    return [r for r in past if r.pk not in waiting and r is not story]


def _sign(receptions: Sequence[Reception], people: _People, now: datetime) -> list[Reception]:
    written = []
    for reception in receptions:
        post = people.coordinators[reception.school_id]
        day = timegrid.local_date(reception.participant.start, ZONE)
        sheet = register_sheet.load(reception, now)
        content = confirming.signed_content(sheet, Reception.State.HELD)
        reception.state = Reception.State.HELD
        written.append(
            Confirmation(
                reception=reception,
                at=timegrid.instant(day, _SIGNED_AT, ZONE),
                by=post.user,
                post=post.post,
                content=content,
                digest=confirming.digest(content),
            )
        )
    Confirmation.objects.bulk_create(written)
    Reception.objects.filter(pk__in=[r.pk for r in receptions]).update(state=Reception.State.HELD)
    return list(receptions)


def _correct(signed: Sequence[Reception], people: _People) -> None:
    """利尻's newest signed register: the first pupil was late, which was found out an hour later."""
    own = [reception for reception in signed if reception.school.short_name == STORY[0]]
    student = (
        Student.objects.filter(
            enrolments__section=own[-1].lesson.section_id, school=own[-1].school_id
        ).first()
        if own
        else None
    )
    if student is not None:
        day = timegrid.local_date(own[-1].participant.start, ZONE)
        at = timegrid.instant(day, _CORRECTED_AT, ZONE)
        by = people.coordinators[own[-1].school_id].user
        _marked(own[-1], student, Mark.LATE, by, at, reason="保健室にいたことがあとで分かったため").save()
