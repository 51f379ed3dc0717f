"""Two weeks of lessons, found by `week` and booked with the ordinary verbs."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID, uuid5

from classrooms import lessons, wishes
from classrooms.demonstration.days import Days
from classrooms.demonstration.schools import School
from classrooms.demonstration.sections import Taught
from classrooms.demonstration.week import WEEKDAYS, Placement, Request, Week
from classrooms.models import Lesson
from classrooms.wishes import Wish
from scheduler import bookings, calendars
from scheduler.dayplans import DayPlan, PeriodSpan, SchoolFacts, day_plan
from scheduler.intervals import Interval, hull
from scheduler.models import Booking, ClassPart, Location, User
from scheduler.names import Name
from scheduler.plans import Need, Plan, Side

_INTENTIONS = UUID("0a3c8a52-6f0c-4d7c-8f5a-4b4b6e0f7d1c")
_LOCAL_COURSES = (
    Name("体育", "Physical education"),
    Name("現代の国語", "Modern Japanese Language"),
    Name("公共", "Public"),
    Name("保健", "Health"),
    Name("総合的な探究の時間", "Inquiry"),
    Name("論理・表現Ⅰ", "Logic and Expression I"),
    Name("生物基礎", "Basic Biology"),
)
_STORY_LOCAL = Name("英語コミュニケーションⅡ", "English Communication II")
_HALF_LOCAL = Name("数学Ⅱ（基礎）", "Mathematics II (basic)")
KEPT_OPEN = {0: (3, 5), 2: (2, 3, 4, 6)}
"""Periods of a school day in which 利尻 and 礼文 stay free for the joint lesson that the reader may
book, and a studio with them: 45 minutes in the morning, the full 50 in the afternoon."""
_KEPT_FOR = ("利尻", "礼文")
_STORY_DAY = 2
"""The school day on which 利尻 teaches the class itself in period 1."""


@dataclass
class Timetable:
    """The plain week of every school and what of it is taken."""

    days: Days
    facts: Mapping[str, SchoolFacts]
    week: Week

    def day(self, school: str, day: date, grade: int | None) -> DayPlan:
        return day_plan(self.facts[school], day, grade=grade)


def draft(schools: Mapping[str, School], studios: Sequence[Location], days: Days) -> Timetable:
    ids = {name: school.organisation.pk for name, school in schools.items()}
    found = calendars.school_facts(ids.values(), days.first, days.last)
    facts = {name: found[pk] for name, pk in ids.items()}
    bells = {name: _plain_week(fact, days) for name, fact in facts.items()}
    week = Week(bells, studios=len(studios), reserved=_reserved(schools, days))
    for day, periods in KEPT_OPEN.items():
        for number in periods:
            spans = [_numbered(bells[name][days.weekday(day)], number) for name in _KEPT_FOR]
            week.take([("studio", "", len(studios))], hull(span.interval for span in spans))
    return Timetable(days, facts, week)


def _reserved(schools: Mapping[str, School], days: Days) -> dict[tuple[Hashable, int], tuple[int, ...]]:
    kept_free: list[Hashable] = [part.pk for name in _KEPT_FOR for part in schools[name].parts[2]]
    kept_free += [("set", name, 1) for name in _KEPT_FOR]
    return {
        (resource, days.weekday(day)): periods for day, periods in KEPT_OPEN.items() for resource in kept_free
    }


def _numbered(spans: Sequence[PeriodSpan], number: int) -> PeriodSpan:
    return next(span for span in spans if span.number == number)


def _plain_week(facts: SchoolFacts, days: Days) -> list[tuple[PeriodSpan, ...]]:
    """The school's bells of this season from Monday to Friday, as if nothing special were on."""
    plain = replace(facts, entries={}, holidays={})
    return [day_plan(plain, days.first + timedelta(days=weekday)).periods for weekday in WEEKDAYS]


def book_lessons(
    timetable: Timetable, taught: Sequence[Taught], schools: Mapping[str, School], *, by: User,
    now: datetime, rng: Random,
) -> list[Lesson]:  # fmt: skip
    """Each section's weekly meetings on all their dates, one series each."""
    requests = [_request(number, one, schools, timetable.days) for number, one in enumerate(taught)]
    found: list[Lesson] = []
    known: dict[int, Wish] = {}
    for placement in timetable.week.place_all(requests, rng):
        if placement.index not in known:
            known[placement.index] = wishes.of_section(taught[placement.index].section)
        found += _book_series(timetable, taught[placement.index], known[placement.index], placement, by, now)
    return found


def _request(number: int, one: Taught, schools: Mapping[str, School], days: Days) -> Request:
    return Request(
        index=number,
        schools=tuple(one.row.groups),
        meetings=one.row.meetings,
        minimum=one.section.minimum,
        whole=(one.section.teacher_id,),
        own={name: tuple(part.pk for part in parts) for name, parts in one.parts.items()},
        sets={name: len(schools[name].sets) for name in one.row.groups},
        studio=one.section.studio.position if one.section.studio else 1,
        fixed=tuple((days.weekday(offset), period) for offset, period in one.row.fixed),
    )


def _book_series(
    timetable: Timetable, one: Taught, wish: Wish, placement: Placement, by: User, now: datetime
) -> list[Lesson]:
    dates = [
        periods
        for day in timetable.days.dates_of(placement.weekday)
        if (periods := _periods(timetable, one, wish, placement, day)) is not None
    ]
    if not dates:
        return []
    preferred = _preferring(wish, placement.studio)
    what = (placement.index, placement.weekday, *placement.periods.values())
    try:
        _series, made, _refused = lessons.book_series(
            preferred, dates, by=by, now=now, intention=_intention(timetable.days, *what), skip_conflicts=True
        )
    except bookings.SeriesConflictError:
        # A short day or an event is in the way on both dates: in a real year that happens too.
        return []
    return made


def _preferring(wish: Wish, number: int) -> Wish:
    """The wish for the studio that the draft gave it, or on a day that differs for any but the last:
    that one is the draft's to keep open."""
    ordered = sorted(wish.studios, key=lambda studio: studio.position)
    chosen, others = ordered[number - 1], ordered[:-1]
    return replace(wish, studios=(chosen, *(studio for studio in others if studio != chosen)))


def _periods(
    timetable: Timetable, one: Taught, wish: Wish, placement: Placement, day: date
) -> dict[int, PeriodSpan] | None:
    """The period that each school takes on `day`; None when one of them has no lessons then."""
    found: dict[int, PeriodSpan] = {}
    for group in wish.groups:
        name = group.school.short_name
        span = _period(timetable, name, day, one.row.groups[name], placement.periods[name])
        if span is None:
            return None
        found[group.school.pk] = span
    return found


def _period(timetable: Timetable, school: str, day: date, grade: int, number: int) -> PeriodSpan | None:
    plan = timetable.day(school, day, grade)
    if plan.day_type is not None and plan.day_type.ja == "考査":
        return None
    return next((span for span in plan.open_periods if span.number == number), None)


def book_local_lessons(
    timetable: Timetable, schools: Mapping[str, School], *, now: datetime, rng: Random
) -> list[Booking]:
    """What the schools teach themselves (校内授業): about a period a day of every class."""
    found = _book_story(timetable, schools, now)
    for name, school in schools.items():
        for grade, parts in school.parts.items():
            for weekday in WEEKDAYS:
                span = timetable.week.free_period(name, weekday, [part.pk for part in parts], rng)
                course = rng.choice(_LOCAL_COURSES)
                if span is not None:
                    found += _book_local(timetable, school, grade, parts, weekday, span.number, course, now)
    return found


def _book_story(timetable: Timetable, schools: Mapping[str, School], now: datetime) -> list[Booking]:
    """利尻's own lesson in period 1 of the day kept open."""
    weekday = timetable.days.weekday(_STORY_DAY)
    rishiri = schools["利尻"]
    span = timetable.week.bells["利尻"][weekday][0]
    timetable.week.take([part.pk for part in rishiri.parts[2]], span.interval)
    return _book_local(timetable, rishiri, 2, rishiri.parts[2], weekday, span.number, _STORY_LOCAL, now)


def book_other_halves(
    timetable: Timetable, made: Sequence[Lesson], taught: Sequence[Taught], schools: Mapping[str, School],
    *, now: datetime,
) -> list[Booking]:  # fmt: skip
    """Where a half of a class is taught from the centre, its school teaches the other half meanwhile."""
    found: list[Booking] = []
    halves = {one.section.pk: one for one in taught if one.row.half}
    for lesson in made:
        one = halves.get(lesson.section_id)
        if one is None:
            continue
        ((name, grade),) = one.row.groups.items()
        rest = [part for part in schools[name].parts[grade] if part not in one.parts[name]]
        side = lesson.booking.participants.get(organisation=schools[name].organisation)
        span = PeriodSpan(side.period_number or 0, side.interval)
        timetable.week.take([part.pk for part in rest], _on_plain_week(timetable, name, side.interval, span))
        plan = _local_plan(schools[name], grade, rest, span, _HALF_LOCAL)
        intention = _intention(timetable.days, "half", lesson.booking.start.isoformat())
        found.append(bookings.book(plan, by=None, now=now, intention=intention))
    return found


def _on_plain_week(timetable: Timetable, school: str, interval: Interval, span: PeriodSpan) -> Interval:
    """The period's stretch in the plain week that `week` reckons with."""
    weekday = interval.start.astimezone(timetable.facts[school].zone).weekday()
    return _numbered(timetable.week.bells[school][weekday], span.number).interval


def _book_local(
    timetable: Timetable, school: School, grade: int, parts: Sequence[ClassPart], weekday: int, number: int,
    course: Name, now: datetime,
) -> list[Booking]:  # fmt: skip
    name = school.row.short_name
    plans = [
        _local_plan(school, grade, parts, span, course)
        for day in timetable.days.dates_of(weekday)
        if (span := _period(timetable, name, day, grade, number)) is not None
    ]
    if not plans:
        return []
    intention = _intention(timetable.days, name, grade, weekday, number)
    try:
        return bookings.book_series(plans, by=None, now=now, intention=intention, skip_conflicts=True)[1]
    except bookings.SeriesConflictError:
        return []


def _local_plan(
    school: School, grade: int, parts: Sequence[ClassPart], span: PeriodSpan, course: Name
) -> Plan:
    side = Side(
        organisation_id=school.organisation.pk,
        interval=span.interval,
        needs=tuple(Need((part.pk,)) for part in parts),
        is_host=True,
        follows_bells=True,
        period_number=span.number,
        grade=grade,
        headcount=sum(part.headcount for part in parts),
    )
    return Plan(kind=Booking.Kind.LOCAL, title=course, organiser_id=school.organisation.pk, sides=(side,))


def _intention(days: Days, *what: object) -> UUID:
    return uuid5(_INTENTIONS, " ".join(map(str, (days.today, *what))))
