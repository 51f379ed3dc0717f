"""The planner's page as data: what was asked, the week, the day's axis, and the chosen time.

One Board per request. The number of queries does not depend on how many schools take part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from classrooms import choices, lessons, planner, planner_week, slots, wishes
from classrooms.axis_boxes import Axis, Box
from classrooms.choices import Choice
from classrooms.models import Lesson, Section
from classrooms.planner import Outlook
from classrooms.planner_axis import AxisBuilder
from classrooms.planner_week import WeekDay
from classrooms.wishes import Wish
from scheduler import bookings, rules, timegrid, wallclock
from scheduler.conflicts import Verdict
from scheduler.dayplans import PeriodSpan
from scheduler.joint_windows import JointWindow
from scheduler.models import ClassGroup, Organisation, Participant
from scheduler.names import joined
from scheduler.plans import Plan


@dataclass(frozen=True, slots=True)
class Leg:
    """Schools that take the same period."""

    schools: str
    times: str
    period: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """The time that is selected, with what the core says to it."""

    window: JointWindow
    plan: Plan
    verdict: Verdict
    title: str
    legs: tuple[Leg, ...]
    period_words: str
    is_past: bool
    is_present: bool

    @property
    def is_bookable(self) -> bool:
        return not self.verdict.conflicts

    @property
    def is_usable(self) -> bool:
        return self.is_bookable and not self.is_past and not self.is_present

    @property
    def is_refused(self) -> bool:
        """Where a lesson stands already nothing is refused, there is nothing to do."""
        return not self.is_usable and not self.is_present


@dataclass(frozen=True, slots=True)
class School:
    """One chosen school, with the address of the page without it."""

    pk: int
    name: str
    headcount: int
    class_group_id: int | None
    classes: tuple[ClassGroup, ...]
    query_without: str


@dataclass(frozen=True, slots=True)
class Window:
    """One joint window as a link."""

    box: Box
    state: str
    times: str
    is_chosen: bool
    query: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What could be had without one school."""

    school: str
    windows: int
    minutes: int
    query: str


@dataclass(frozen=True, slots=True)
class Board:
    choice: Choice
    wish: Wish
    outlook: Outlook
    day_label: str
    schools: tuple[School, ...]
    week: tuple[WeekDay, ...]
    axis: Axis
    windows: tuple[Window, ...]
    chosen: Chosen | None
    limit: rules.Limit | None
    costs: tuple[Cost, ...]
    today: date
    moving: Lesson | None = None

    @property
    def is_past_day(self) -> bool:
        return self.choice.day < self.today

    @property
    def is_over_limit(self) -> bool:
        return self.limit is not None and self.wish.headcount > self.limit.value

    @property
    def added(self) -> list[School]:
        """The schools whose class and pupils the section has not decided."""
        return [school for school in self.schools if school.classes]

    @property
    def is_illustrative(self) -> bool:
        """Whether bells shown here are a demonstration's and not a school's own."""
        return any(group.school.is_illustrative for group in self.wish.groups)

    @property
    def fitting(self) -> list[Window]:
        return [window for window in self.windows if window.state != "no"]

    @property
    def wanted_minutes(self) -> int:
        return int(self.wish.wanted.total_seconds() // 60)

    @property
    def minimum_minutes(self) -> int:
        return int(self.wish.minimum.total_seconds() // 60)

    @property
    def shown_week(self) -> tuple[Choice, Choice]:
        """The same conditions a week earlier and a week later."""
        week = timedelta(weeks=1)
        return self.choice.on(self.choice.day - week), self.choice.on(self.choice.day + week)


def wished(
    section: Section,
    choice: Choice,
    schools: Mapping[int, Organisation],
    moving: Lesson | None = None,
) -> Wish:
    """The wish that the choice speaks of; a lesson that is to be moved brings the schools it has."""
    school_ids = choice.school_ids
    if school_ids is None and moving is not None:
        standing = moving.receptions.filter(participant__withdrawn_at=None)
        school_ids = tuple(standing.values_list("school", flat=True))
    wish = wishes.load(section, school_ids=school_ids, additions=choice.additions, schools=schools)
    return wish.lasting(timedelta(minutes=choice.length))


def load(
    section: Section,
    choice: Choice,
    schools: Mapping[int, Organisation],
    *,
    now: datetime,
    language: str,
    moving: Lesson | None = None,
) -> Board:
    """The board for this choice. A slot that the day does not have counts as none chosen."""
    wish = wished(section, choice, schools, moving)
    monday = planner.monday_of(choice.day)
    sunday, booking = monday + timedelta(days=6), moving.booking if moving else None
    outlook = planner.look(wish, monday, sunday, now=now, moving=booking)
    plans = [outlook.day_plan(group, choice.day) for group in wish.groups]
    window = slots.window_of(wish, plans, choice)
    if window:
        choice = choice.at(choice.day, choices.of_periods([g.school.pk for g in wish.groups], window.chosen))
    partners = _partners(outlook, choice.day, language)
    chosen = _chosen(outlook, window, now, language, moving) if window else None
    axis = AxisBuilder(outlook, choice.day, language, window, partners).build()
    return Board(
        choice=choice if window else choice.anywhere(),
        wish=wish,
        outlook=outlook,
        day_label=wallclock.day(choice.day, language),
        schools=tuple(_schools(wish, choice, language)),
        week=tuple(planner_week.days(outlook, choice, language)),
        axis=axis,
        windows=tuple(_windows(wish, choice, axis, chosen, language)),
        chosen=chosen,
        limit=rules.rulebook([lessons.MOST_PUPILS]).limit(
            lessons.MOST_PUPILS, on=choice.day, organisation_id=section.centre_id
        ),
        costs=tuple(_costs(outlook, choice, language)),
        today=timegrid.local_date(now, section.centre.zone),
        moving=moving,
    )


def _schools(wish: Wish, choice: Choice, language: str) -> Iterator[School]:
    present = [group.school.pk for group in wish.groups]
    for group in wish.groups:
        yield School(
            pk=group.school.pk,
            name=group.school.label.in_language(language),
            headcount=group.headcount,
            class_group_id=group.parts[0].group_id if group.parts else None,
            classes=group.classes,
            query_without=choice.without(group.school.pk, present).query(),
        )


def _windows(
    wish: Wish, choice: Choice, axis: Axis, chosen: Chosen | None, language: str
) -> Iterator[Window]:
    zone = wish.section.centre.zone
    ids = [group.school.pk for group in wish.groups]
    for window in axis.windows:
        joint = window.fit.window
        is_refused = window.is_chosen and chosen is not None and chosen.is_refused
        yield Window(
            box=_refused_box(window.box) if is_refused else window.box,
            state="no" if is_refused else window.fit.state,
            times=wallclock.clock_range(joint.union.start, joint.union.end, zone, language),
            is_chosen=window.is_chosen,
            query=choice.at(choice.day, choices.of_periods(ids, joint.chosen)).query(),
        )


def _refused_box(box: Box) -> Box:
    """A chosen window that the core would refuse says so instead of 「選択中」."""
    cannot = _("cannot")
    return replace(box, second=cannot, words=f"{box.words} {cannot}")


def _partners(outlook: Outlook, day: date, language: str) -> dict[int, str]:
    """The schools of each booking that the teacher gives that day."""
    span = timegrid.whole_day(day, outlook.wish.section.centre.zone)
    ids = {taken.booking_id for taken in outlook.known.busy(outlook.wish.section.teacher_id, span)}
    rows = Participant.objects.filter(
        booking__in=ids, role=Participant.Role.GUEST, person=None, withdrawn_at=None
    )
    names: dict[int, list[str]] = {}
    for participant in rows.select_related("organisation"):
        name = participant.organisation.label.in_language(language)
        names.setdefault(participant.booking_id, []).append(name)
    return {pk: joined(listed, language) for pk, listed in names.items()}


def _chosen(
    outlook: Outlook, window: JointWindow, now: datetime, language: str, moving: Lesson | None
) -> Chosen:
    wish = outlook.wish
    plan = lessons.plan(wish, lessons.periods_of(wish, window.chosen))
    zone = wish.section.centre.zone
    period_words = _period_words(window)
    day = timegrid.local_date(window.union.start, zone)
    span = wallclock.clock_range(window.union.start, window.union.end, zone, language)
    weekday = wallclock.WEEKDAYS_JA if wallclock.is_japanese(language) else wallclock.WEEKDAYS_EN
    title = _("%(weekday)s, %(period)s") % {"weekday": weekday[day.weekday()], "period": period_words or span}
    return Chosen(
        window=window,
        plan=plan,
        verdict=bookings.check(plan, now=now, ignoring=moving.booking if moving else None),
        title=title,
        legs=legs(wish, window.chosen, language),
        period_words=period_words or span,
        is_past=window.union.start <= now,
        is_present=outlook.is_present(window),
    )


def _period_words(window: JointWindow) -> str:
    """「3校時」 where all schools agree on the number, else nothing."""
    numbers = {period.number for period in window.chosen}
    return _("Period %(n)d") % {"n": numbers.pop()} if len(numbers) == 1 else ""


def legs(wish: Wish, periods: tuple[PeriodSpan, ...], language: str) -> tuple[Leg, ...]:
    """Who is taught when; beyond four schools those with the same period stand together."""
    zone = wish.section.centre.zone
    together: dict[tuple[PeriodSpan, int], list[str]] = {}
    for index, (group, period) in enumerate(zip(wish.groups, periods, strict=True)):
        key = (period, 0 if len(periods) > 4 else index)
        together.setdefault(key, []).append(group.school.label.in_language(language))
    return tuple(
        Leg(
            schools=joined(names, language),
            times=wallclock.clock_range(period.interval.start, period.interval.end, zone, language),
            period=_("Period %(n)d") % {"n": period.number},
        )
        for (period, _index), names in together.items()
    )


def _costs(outlook: Outlook, choice: Choice, language: str) -> list[Cost]:
    present = [group.school.pk for group in outlook.wish.groups]
    return [
        Cost(
            school=group.school.label.in_language(language),
            windows=count,
            minutes=minutes,
            query=choice.without(group.school.pk, present).query(),
        )
        for group, count, minutes in planner.without_one(outlook, choice.day)
    ]
