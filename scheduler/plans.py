"""What somebody wants to book, as data: the input of `bookings.book` and of its rehearsal.

Pure. A Plan names parties (Side) with their own intervals, and for each what it needs. It says
nothing about lessons: a vertical builds it, the core judges and writes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from scheduler.intervals import Interval, hull
from scheduler.intervals import intersection as shared
from scheduler.names import Name


@dataclass(frozen=True, slots=True)
class Need:
    """One resource that is needed: any one of `resource_ids`, the first free one wins."""

    resource_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One party of a booking over its own interval.

    `follows_bells`: the interval must be one of the organisation's periods on that date, and the
    organisation must be open. `grade` selects that grade's calendar. `person_id` is set when the
    party is a person (a teacher); a school's side has none.
    """

    organisation_id: int
    interval: Interval
    needs: tuple[Need, ...] = ()
    person_id: int | None = None
    is_host: bool = False
    follows_bells: bool = False
    period_number: int | None = None
    grade: int | None = None
    headcount: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """A booking that somebody wants.

    `wanted` and `minimum` speak of the joint window: the intersection of all sides that follow
    bells. Under `minimum` is refused, under `wanted` is a caution. `most_rule` is the key of the
    rule that bounds the headcount over all sides (scheduler.rules).
    """

    kind: str
    title: Name
    organiser_id: int
    sides: tuple[Side, ...]
    wanted: timedelta | None = None
    minimum: timedelta | None = None
    most_rule: str | None = None
    visibility: str = "PUBLIC"

    @property
    def interval(self) -> Interval:
        return hull(side.interval for side in self.sides)

    @property
    def headcount(self) -> int:
        return sum(side.headcount for side in self.sides)

    @property
    def digest(self) -> str:
        """Tells this plan's parties and times from another's: a repeated request must ask for the same."""
        parties = sorted(
            (s.organisation_id, s.person_id or 0, s.interval.start.isoformat(), s.interval.end.isoformat())
            for s in self.sides
        )
        return sha256(repr((self.kind, parties)).encode()).hexdigest()[:16]

    @property
    def joint_window(self) -> Interval | None:
        """What all schools share; None when they share nothing or none follows bells."""
        intervals = [side.interval for side in self.sides if side.follows_bells]
        return shared(intervals) if intervals else None


@dataclass(frozen=True, slots=True)
class Override:
    """A deliberate exception: which kinds of conflict are accepted, and why. Stored with the booking."""

    reason: str
    kinds: frozenset[str]
