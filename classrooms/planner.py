"""What fits when for a wish, over a span of dates: the answers behind the planner's axis.

Everything is read once (`look`) in a fixed number of queries and then answered from memory. It
shows and proposes; `classrooms.lessons` decides under locks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from classrooms import lessons, standing
from classrooms.standing import Standing
from classrooms.wishes import Group, Wish
from scheduler import availability
from scheduler.availability import Availability
from scheduler.conflicts import Kind
from scheduler.dayplans import DayPlan, PeriodSpan
from scheduler.joint_windows import JointWindow, joint_windows
from scheduler.models import Booking


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a window cannot be had: its kind, and the school whose side it is (None: the centre's)."""

    kind: Kind
    group: int | None = None


@dataclass(frozen=True, slots=True)
class Without:
    """A window that one school alone prevents: which one, and the minutes that the others share."""

    group: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Fit:
    """One joint window of a day and what stands in its way; `free_studios` by preference."""

    window: JointWindow
    obstacles: tuple[Obstacle, ...]
    free_studios: tuple[int, ...]
    shortfall: timedelta
    is_past: bool = False
    is_present: bool = False
    """Of a lesson to be moved: where it stands already."""
    without: Without | None = None

    @property
    def state(self) -> str:
        """fit, short (bookable, under the wanted minutes) or no."""
        if self.obstacles or self.is_past or self.is_present:
            return "no"
        return "short" if self.shortfall else "fit"


@dataclass(frozen=True, slots=True)
class Outlook:
    """A wish and all that is known of its schools, people and places from `first` to `last`.

    `present` is what a lesson to be moved has now; what it holds counts as free.
    """

    wish: Wish
    known: Availability
    now: datetime
    present: Standing | None = None

    def day_plan(self, group: Group, day: date) -> DayPlan:
        return self.known.plan(group.school.pk, day, group.grade)

    def fits(self, day: date) -> list[Fit]:
        """Every joint window of that date, by start, also those that cannot be had."""
        plans = [self.day_plan(group, day) for group in self.wish.groups]
        # Under half the minimum it is a crumb between two bells, nothing anybody would ask about.
        windows = joint_windows([plan.periods for plan in plans], self.wish.minimum / 2)
        return [self._fit(window, plans) for window in windows]

    def count(self, day: date) -> int:
        """How many windows of that date can be booked."""
        return sum(fit.state != "no" for fit in self.fits(day))

    def is_closed(self, day: date) -> bool:
        """No school has an open period."""
        return not any(self.day_plan(group, day).open_periods for group in self.wish.groups)

    def is_present(self, window: JointWindow) -> bool:
        """Whether the lesson to be moved stands there already, with the same schools."""
        if self.present is None:
            return False
        return self.present.meets(lessons.plan(self.wish, lessons.periods_of(self.wish, window.chosen)))

    def _fit(self, window: JointWindow, plans: list[DayPlan]) -> Fit:
        studios = self.known.free_of((studio.pk for studio in self.wish.studios), window.union)
        obstacles = tuple(self._obstacles(window, plans, has_studio=bool(studios)))
        return Fit(
            window=window,
            obstacles=obstacles,
            free_studios=tuple(studios),
            shortfall=window.shortfall(self.wish.wanted),
            is_past=window.union.start <= self.now,
            is_present=self.is_present(window),
            without=self._without_one(window, obstacles),
        )

    def _without_one(self, window: JointWindow, obstacles: tuple[Obstacle, ...]) -> Without | None:
        is_too_short = Obstacle(Kind.JOINT_WINDOW) in obstacles
        schools = {obstacle.group for obstacle in obstacles if obstacle.group is not None}
        if len(schools) > 1 or any(o.group is None and o.kind is not Kind.JOINT_WINDOW for o in obstacles):
            return None
        candidates = schools or (set(range(len(self.wish.groups))) if is_too_short else set())
        left = {group: shared for group in candidates if (shared := window.without(group))}
        best = max(left, key=lambda group: (left[group].duration, -group), default=None)
        if best is None or left[best].duration < self.wish.minimum:
            return None
        return Without(best, left[best].minutes)

    def _obstacles(
        self, window: JointWindow, plans: list[DayPlan], *, has_studio: bool
    ) -> Iterator[Obstacle]:
        if not self.known.is_free(self.wish.section.teacher_id, window.union):
            yield Obstacle(Kind.PERSON)
        if self.wish.studios and not has_studio:
            yield Obstacle(Kind.LOCATION)
        for index, (group, period) in enumerate(zip(self.wish.groups, window.chosen, strict=True)):
            for kind in self.taken_by(group, period, plans[index]):
                yield Obstacle(kind, index)
        if window.window.duration < self.wish.minimum:
            yield Obstacle(Kind.JOINT_WINDOW)

    def taken_by(self, group: Group, period: PeriodSpan, plan: DayPlan) -> Iterator[Kind]:
        """What keeps this school's pupils from that period."""
        if any(closure.interval.overlaps(period.interval) for closure in plan.closures):
            yield Kind.CLOSED_DAY
        if not all(self.known.is_free(part.pk, period.interval) for part in group.parts):
            yield Kind.CLASS_GROUP
        if group.sets and not self.known.free_of((place.pk for place in group.sets), period.interval):
            yield Kind.RECEIVING_SET


def look(wish: Wish, first: date, last: date, *, now: datetime, moving: Booking | None = None) -> Outlook:
    """The outlook from `first` to `last`, both included; `moving` is a booking that is to be moved.

    Six queries, eight with `moving`, whatever the number of schools and dates.
    """
    school_ids = [group.school.pk for group in wish.groups]
    resource_ids = [wish.section.teacher_id, *(studio.pk for studio in wish.studios)]
    for group in wish.groups:
        resource_ids += [part.pk for part in group.parts]
        resource_ids += [place.pk for place in group.sets]
    ignoring = moving.pk if moving else None
    known = availability.load(school_ids, resource_ids, first, last, now=now, ignoring=ignoring)
    return Outlook(wish, known, now, standing.of_booking(moving) if moving else None)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def without_one(outlook: Outlook, day: date) -> list[tuple[Group, int, int]]:
    """What each school costs that day: the windows that could be had without it, and their most minutes.

    Only schools without which something more could be had, the dearest first.
    """
    wish, here = outlook.wish, outlook.count(day)
    if len(wish.groups) < 2:
        return []
    result = []
    for group in wish.groups:
        others = tuple(other for other in wish.groups if other is not group)
        smaller = Outlook(
            Wish(wish.section, others, wish.studios, wish.wanted, wish.minimum), outlook.known, outlook.now
        )
        fits = [fit for fit in smaller.fits(day) if fit.state != "no"]
        if len(fits) > here:
            result.append((group, len(fits), max(fit.window.minutes for fit in fits)))
    return sorted(result, key=lambda row: (-row[1], -row[2]))
