"""Registers and stays in rooms of the cast, in one line each, with pupils as `rosters` enters them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import uuid4

from classrooms import enrolments
from classrooms.models import Lesson, Reception, RemoteSeat, Section, Student
from realtime.models import Visit
from scheduler.models import ClassPart, Organisation, Participant, User
from tests.cast import THURSDAY, World, at
from tests.classrooms import rosters

RISHIRI_PUPILS = ("青山 陸", "石井 美月", "大野 健太", "木村 さくら", "中村 葵")
REBUN_PUPILS = ("浜田 海斗", "三浦 杏")
SINCE = rosters.APRIL
Began, EndReason, Standing = Visit.Began, Visit.EndReason, Visit.Standing


def add_pupil(
    school: Organisation, name: str, seat: int, *, section: Section | None = None, user: User | None = None
) -> Student:
    """A pupil of 2年A組 since April, enrolled in `section`; the head count stays as it was booked."""
    part = ClassPart.objects.get(group__organisation=school, group__name="2年A組")
    pupil = rosters.add_pupil(part, name, number=f"26{seat:03}", seat=seat)
    if user is not None:
        Student.objects.filter(pk=pupil.pk).update(user=user)
        pupil.refresh_from_db()
    if section is not None:
        enrolments.add(section, {pupil.pk: SINCE})
    return pupil


def add_pupils(world: World) -> list[Student]:
    """Five at Rishiri and two at Rebun, all in the joint section; Rishiri's are returned."""
    for seat, name in enumerate(REBUN_PUPILS, 1):
        add_pupil(world.rebun, name, seat, section=world.section)
    return [
        add_pupil(world.rishiri, name, seat, section=world.section)
        for seat, name in enumerate(RISHIRI_PUPILS, 1)
    ]


def add_remote_seat(pupil: Student, by: User, *, place: str = "home") -> RemoteSeat:
    return RemoteSeat.objects.create(
        student=pupil, place=place, valid_from=SINCE, valid_until=date(2027, 4, 1), approved_by=by
    )


def side(lesson: Lesson, school: Organisation) -> Reception:
    sides = Reception.objects.select_related("participant", "school", "lesson__booking", "lesson__section")
    return sides.get(lesson=lesson, school=school)


def clock(text: str, day: date = THURSDAY) -> datetime:
    """The instant of 9:45 or 9:45:07 in Japan."""
    hour, minute, *seconds = text.split(":")
    return at(f"{hour}:{minute}", day) + timedelta(seconds=int(seconds[0]) if seconds else 0)


def visit(
    lesson: Lesson,
    user: User,
    start: str | datetime,
    end: str | datetime,
    reason: str = EndReason.LEFT,
    *,
    began: str = Began.ENTERED,
    peer: str = "",
    page: str = "",
    standing: str = Standing.SCHOOL,
    school: Organisation | None = None,
    day: date = THURSDAY,
) -> Visit:
    """A stay as the rooms write it: a school's set, unless `standing` says otherwise. "" is still open."""
    organisation = school or user.memberships.get().organisation
    is_leader = standing == Standing.LEADER
    sides = Participant.objects.filter(booking=lesson.pk)
    participant = (
        sides.get(role=Participant.Role.HOST)
        if is_leader
        else sides.get(organisation=organisation, person=None)
    )
    started_at = start if isinstance(start, datetime) else clock(start, day)
    last_beat_at = end if isinstance(end, datetime) else clock(end, day)
    return Visit.objects.create(
        booking_id=lesson.pk,
        user=user,
        organisation=organisation,
        participant=participant,
        standing=standing,
        began=began,
        peer=peer or f"peer-{user.pk}",
        page=page,
        server="0" * 16,
        started_at=started_at,
        last_beat_at=last_beat_at,
        ended_at=last_beat_at if reason else None,
        end_reason=reason,
    )


def intention() -> str:
    return str(uuid4())
