"""Why something cannot be booked, as data. Sentences are made in `scheduler.wording`.

Pure. Every conflict says who or what is in the way, from when to when; a caution says what is
not as wished and does not prevent booking.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from scheduler.intervals import Interval
from scheduler.names import Name


class Kind(StrEnum):
    PERSON = "person"
    CLASS_GROUP = "class_group"
    LOCATION = "location"
    RECEIVING_SET = "receiving_set"
    LINE = "line"
    CLOSED_DAY = "closed_day"
    OUTSIDE_BELLS = "outside_bells"
    JOINT_WINDOW = "joint_window"
    OVER_CAPACITY = "over_capacity"
    SHORT = "short"
    """A caution: between the minimum and the wanted minutes."""


OVERRIDABLE = frozenset(
    {Kind.PERSON, Kind.CLASS_GROUP, Kind.LOCATION, Kind.RECEIVING_SET, Kind.OVER_CAPACITY}
)
"""What a person with the right may accept with a reason. Closed days, bells and minutes are not."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The live booking that holds a resource, and its claim's own interval."""

    booking_id: int
    title: Name
    interval: Interval
    booked_by: str
    booked_at: datetime
    is_hold: bool
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """One reason. Which fields are set depends on `kind`:

    person, class_group, location, receiving_set, line
        `subject` (the resource), `organisation`, `wanted` (the interval asked for), `holders`
        (every live booking in the way, by start), `alternatives` (how many were tried: 10 studios)
    closed_day     `organisation`, `subject` (the event), `wanted`, `closed` (the closed stretch)
    outside_bells  `organisation`, `wanted`; `nearest` (the period that overlaps most), if any
    joint_window   `minutes` (shared), `limit` (the minimum)
    over_capacity  `minutes` unset; `count` (pupils), `limit` (the most), `source` (the rule's)
    short          `minutes` (shared), `limit` (wanted)
    """

    kind: Kind
    organisation: Name | None = None
    subject: Name | None = None
    wanted: Interval | None = None
    holders: tuple[Holder, ...] = ()
    alternatives: int = 1
    closed: Interval | None = None
    nearest: Interval | None = None
    minutes: int = 0
    count: int = 0
    limit: int = 0
    source: str = ""

    @property
    def is_overridable(self) -> bool:
        return self.kind in OVERRIDABLE


@dataclass(frozen=True, slots=True)
class Verdict:
    """All conflicts and all cautions of one plan, in a stable order."""

    conflicts: tuple[Conflict, ...] = ()
    cautions: tuple[Conflict, ...] = ()

    @property
    def is_free(self) -> bool:
        return not self.conflicts
