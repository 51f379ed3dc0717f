"""A weekly timetable for the demonstration's sections, found by placing the hardest first. Pure.

It only proposes: the lessons are then booked date by date with the ordinary verbs, which know
short days and closures and may still refuse.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from scheduler.dayplans import PeriodSpan
from scheduler.intervals import Interval
from scheduler.joint_windows import JointWindow, joint_windows

WEEKDAYS = range(5)

Bells = Mapping[str, Sequence[Sequence[PeriodSpan]]]
"""Each school's periods on the five days of a plain week."""

_Place = tuple[str, str, int]
"""A studio or a school's set: its kind, its school, its number."""


@dataclass(frozen=True, slots=True)
class Request:
    """What one section needs each week. `fixed` are meetings as (weekday, period number)."""

    index: int
    schools: tuple[str, ...]
    meetings: int
    minimum: timedelta
    whole: tuple[Hashable, ...]
    """Held from the first school's bell to the last one's: the teacher."""
    own: Mapping[str, tuple[Hashable, ...]]
    """Held by each school over its own period: its class parts."""
    sets: Mapping[str, int]
    studio: int
    """The teacher's usual one, taken if it is free."""
    fixed: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Placement:
    """One weekly meeting: the period of each school, and the studio (1 is the first)."""

    index: int
    weekday: int
    periods: Mapping[str, int]
    studio: int


@dataclass
class Week:
    """What is taken in the week so far."""

    bells: Bells
    studios: int
    reserved: Mapping[tuple[Hashable, int], Collection[int]] = field(default_factory=dict)
    """Period numbers of a (resource, weekday) that only fixed meetings may take."""
    _taken: dict[Hashable, list[Interval]] = field(default_factory=lambda: defaultdict(list))

    def place_all(self, requests: Iterable[Request], rng: Random) -> list[Placement]:
        """As many meetings as fit: first the fixed ones, then the sections of most schools."""
        listed = list(requests)
        placed = [self._place_fixed(r, weekday, number) for r in listed for weekday, number in r.fixed]
        for request in sorted(listed, key=lambda r: (-len(r.schools), -r.meetings, r.index)):
            placed += self._place_rest(request, rng)
        return placed

    def free_period(
        self, school: str, weekday: int, resources: Collection[Hashable], rng: Random
    ) -> PeriodSpan | None:
        """A period in which none of `resources` is taken, now taken for them; None if there is none."""
        spans = list(self.bells[school][weekday])
        rng.shuffle(spans)
        for span in spans:
            is_reserved = any(span.number in self.reserved.get((r, weekday), ()) for r in resources)
            if not is_reserved and all(self._is_free(r, span.interval) for r in resources):
                self.take(resources, span.interval)
                return span
        return None

    def take(self, resources: Iterable[Hashable], interval: Interval) -> None:
        for resource in resources:
            self._taken[resource].append(interval)

    def _place_fixed(self, request: Request, weekday: int, number: int) -> Placement:
        for window in self._windows(request, weekday):
            if window.chosen[0].number == number:
                found = self._fit(request, weekday, window)
                if found:
                    return found
        raise ValueError(f"section {request.index} does not fit on weekday {weekday}, period {number}")

    def _place_rest(self, request: Request, rng: Random) -> list[Placement]:
        """The meetings that are not fixed, no two on one day."""
        if request.fixed:
            return []
        placed: list[Placement] = []
        weekdays = list(WEEKDAYS)
        rng.shuffle(weekdays)
        for weekday in weekdays:
            if len(placed) == request.meetings:
                break
            windows = self._windows(request, weekday)
            rng.shuffle(windows)
            found = next(filter(None, (self._fit_unreserved(request, weekday, w) for w in windows)), None)
            if found:
                placed.append(found)
        return placed

    def _windows(self, request: Request, weekday: int) -> list[JointWindow]:
        return joint_windows([self.bells[name][weekday] for name in request.schools], request.minimum)

    def _fit_unreserved(self, request: Request, weekday: int, window: JointWindow) -> Placement | None:
        for name, span in zip(request.schools, window.chosen, strict=True):
            sets = [("set", name, number) for number in range(1, request.sets[name] + 1)]
            for resource in (*request.own[name], *sets):
                if span.number in self.reserved.get((resource, weekday), ()):
                    return None
        return self._fit(request, weekday, window)

    def _fit(self, request: Request, weekday: int, window: JointWindow) -> Placement | None:
        wanted: list[tuple[Hashable, Interval]] = [(r, window.union) for r in request.whole]
        numbers = sorted(range(1, self.studios + 1), key=lambda n: n != request.studio)
        studio = self._first_free([("studio", "", n) for n in numbers], window.union)
        if studio is None:
            return None
        wanted.append((studio, window.union))
        for name, span in zip(request.schools, window.chosen, strict=True):
            sets = [("set", name, n) for n in range(1, request.sets[name] + 1)]
            receiving = self._first_free(sets, span.interval)
            if receiving is None:
                return None
            wanted += [(r, span.interval) for r in (receiving, *request.own[name])]
        if not all(self._is_free(resource, interval) for resource, interval in wanted):
            return None
        for resource, interval in wanted:
            self.take([resource], interval)
        periods = {name: span.number for name, span in zip(request.schools, window.chosen, strict=True)}
        return Placement(request.index, weekday, periods, studio=studio[2])

    def _first_free(self, resources: Sequence[_Place], interval: Interval) -> _Place | None:
        return next((r for r in resources if self._is_free(r, interval)), None)

    def _is_free(self, resource: Hashable, interval: Interval) -> bool:
        return not any(taken.overlaps(interval) for taken in self._taken[resource])
