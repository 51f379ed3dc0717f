"""What came between after the lessons were booked: closures, cancellations, a school that left, a move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from random import Random
from uuid import UUID, uuid5

from classrooms import lessons, wishes
from classrooms.demonstration import timetable
from classrooms.demonstration.days import ZONE, Days
from classrooms.demonstration.school_days import BLIZZARD_SCHOOL
from classrooms.demonstration.schools import School
from classrooms.models import Lesson
from scheduler import bookings, calendars, closures, timegrid
from scheduler.dayplans import PeriodSpan, day_plan
from scheduler.models import Booking, User
from scheduler.names import Name

BLIZZARD = Name("臨時休業（暴風雪）", "Closed (blizzard)")
RAIN = Name("臨時休業（大雨）", "Closed (heavy rain)")
AFTERNOON_SCHOOL = "苫前商業"
AFTERNOON = Name("午後休業（暖房の故障）", "Closed in the afternoon (heating failure)")
AFTERNOON_FROM = time(13, 0)
CLOSED_AT = time(6, 30)
LEAVES_FROM = ("豊富", "苫前商業", "長万部")
"""The school that leaves one joint lesson is one of these, the first that has one to come."""
_INTENTIONS = UUID("c5d8a9a4-9d55-4a0f-a2c1-6a1f6c9a7b2e")
_CANCELLED_BECAUSE = ("担当者の出張のため", "学年行事のため")


def make(
    made: Sequence[Lesson], schools: Mapping[str, School], days: Days, *, by: User, now: datetime, rng: Random
) -> None:
    """Everything with the ordinary verbs, so that people are told and claims are freed as ever."""
    _close(schools, days, by=by, now=now)
    ordinary = [one for one in made if _is_ordinary(one)]
    rng.shuffle(ordinary)
    for number, (lesson, reason) in enumerate(zip(ordinary, _CANCELLED_BECAUSE, strict=False)):
        # Some days of the two weeks are over: those were cancelled the day before, not in hindsight.
        in_time = min(now, lesson.booking.start - timedelta(days=1))
        intention = _intention(days, "cancel", number)
        lessons.cancel(lesson, by=by, now=in_time, intention=intention, reason=reason)
    _withdraw_one(made, days, by=by, now=now)
    _move_one(ordinary[len(_CANCELLED_BECAUSE) :], days, by=by, now=now)


def _close(schools: Mapping[str, School], days: Days, *, by: User, now: datetime) -> None:
    title = BLIZZARD if days.is_snowy else RAIN
    # Closed before the first bell: what is over when a school closes took place.
    in_time = min(now, timegrid.instant(days.on(0), CLOSED_AT, ZONE))
    closures.close(schools[BLIZZARD_SCHOOL].organisation, days.on(0), title=title, by=by, now=in_time)
    closures.close(
        schools[AFTERNOON_SCHOOL].organisation, days.on(3), title=AFTERNOON, by=by, now=now,
        closed_from=AFTERNOON_FROM,
    )  # fmt: skip


def _is_ordinary(lesson: Lesson) -> bool:
    """Of one school, not the main teacher's, and not closed: nothing that the pages above speak of."""
    main = lesson.section.teacher.name.startswith("佐々木")
    standing = Booking.objects.filter(pk=lesson.pk, state=Booking.State.CONFIRMED).exists()
    return not main and standing and lesson.receptions.count() == 1


def _withdraw_one(made: Sequence[Lesson], days: Days, *, by: User, now: datetime) -> None:
    for lesson in made:
        if lesson.booking.start < now or lesson.receptions.count() < 2:
            continue
        for reception in lesson.receptions.select_related("participant", "school"):
            if reception.school.short_name in LEAVES_FROM and reception.participant.withdrawn_at is None:
                lessons.withdraw_school(
                    reception, by=by, now=now, intention=_intention(days, "withdraw"), reason="学校行事のため"
                )
                return


def _move_one(candidates: Sequence[Lesson], days: Days, *, by: User, now: datetime) -> None:
    """The first that finds another period on its own day, not one on which times are kept open."""
    kept_open = {days.on(offset) for offset in timetable.KEPT_OPEN}
    for lesson in candidates:
        if lesson.booking.start < now or timegrid.local_date(lesson.booking.start, ZONE) in kept_open:
            continue
        wish = wishes.of_section(lesson.section)
        for span in _other_periods(lesson, days):
            try:
                lessons.move(
                    lesson, wish, {wish.groups[0].school.pk: span}, by=by, now=now,
                    intention=_intention(days, "move"), reason="教材の準備のため",
                )  # fmt: skip
            except bookings.ConflictError:
                continue
            return


def _other_periods(lesson: Lesson, days: Days) -> Iterator[PeriodSpan]:
    reception = lesson.receptions.select_related("school", "participant").get()
    facts = calendars.school_facts([reception.school_id], days.first, days.last)[reception.school_id]
    day = lesson.booking.start.astimezone(facts.zone).date()
    for span in day_plan(facts, day, grade=reception.participant.grade).open_periods:
        if span.interval != lesson.booking.interval:
            yield span


def _intention(days: Days, *what: object) -> UUID:
    return uuid5(_INTENTIONS, " ".join(map(str, (days.today, *what))))
