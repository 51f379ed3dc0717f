"""What a vertical tells the core about bookings of its kinds.

The core never asks what a lesson is. A vertical registers one Provider per kind in
`AppConfig.ready()`; Today, the feed and the notices ask it for words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from scheduler.intervals import Interval
from scheduler.models import Booking, Membership, User
from scheduler.names import Name


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: the account, its valid memberships, the reader's language ("ja" or "en")."""

    user: User
    memberships: tuple[Membership, ...]
    language: str

    @property
    def organisation_ids(self) -> frozenset[int]:
        return frozenset(m.organisation_id for m in self.memberships)


@dataclass(frozen=True, slots=True)
class Leg:
    """One school of a joint booking, as the "next" card shows it: 利尻 2年A組 6名 9:45–10:35."""

    name: str
    detail: str
    interval: Interval
    is_standing: bool = True
    reason: str = ""
    device: str = ""
    """How the school's device stands, for whom that matters now; `device_state` is its chip."""
    device_state: str = ""


@dataclass(frozen=True, slots=True)
class Receiving:
    """The receiving room of the reader's own school, for its staff: its device in words with the chip
    they are shown as, and what can be done from a telephone. An address is "" where nothing can.
    """

    device: str
    device_state: str
    room_url: str
    start_url: str
    staff_url: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a day, written for one reader. `interval` is the reader's own period.

    `state` is one of planned, soon, live, over, held, cancelled, closed, moved.
    `url` is the booking's page, `room_url` its room or "".
    """

    booking: Booking
    interval: Interval
    title: str
    detail: str
    period: str
    place: str
    state: str
    state_words: str
    url: str
    room_url: str = ""
    note: str = ""
    legs: Sequence[Leg] = field(default=())
    receiving: Receiving | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """What a calendar shows of a booking: no pupil's name, no clinical word.

    `interval` is the reader's own period; `is_cancelled` when the reader's side does not take place.
    `url` is the path of the booking's page, `room_url` of its room or ""; the feed makes them whole,
    and says itself in the title that something is cancelled or only held.
    """

    summary: str
    description: str
    location: str
    interval: Interval
    is_cancelled: bool
    url: str = ""
    room_url: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A booking as one of its sides sees it in a calendar; `side_id` is a Participant's key."""

    booking: Booking
    side_id: int


@dataclass(frozen=True, slots=True)
class CalendarFacts:
    """What a vertical knows of a booking that its `calendar` words are made of.

    `public_title` is all that a screen on a wall says: no person, no school. `others` is whatever
    else stands in the words and in no row of the booking or its sides.
    """

    public_title: Name
    others: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Need:
    """Something that waits for this reader (対応が必要なこと).

    With `act_url` it can be done with one press there (POST), on a button that says `act_words`.
    """

    title: str
    detail: str
    url: str
    act_url: str = ""
    act_words: str = ""


class Provider(Protocol):
    """One per booking kind. What takes many bookings asks as many queries as for one."""

    def entries(self, bookings: Sequence[Booking], reader: Reader, now: datetime) -> list[Entry]:
        """One entry per booking, in the given order."""

    def calendar(self, seen: Sequence[Seen], language: str) -> list[Event]:
        """One event per booking, in the given order, for the people of that side."""

    def calendar_facts(self, booking_ids: Collection[int]) -> Mapping[int, CalendarFacts]:
        """Of each of these bookings, whatever becomes of it: equal facts give equal words."""

    def url(self, booking: Booking) -> str:
        """The path of the booking's page, "" where it has none."""

    def needs(self, reader: Reader, now: datetime) -> Iterable[Need]:
        """What of this kind waits for the reader, most urgent first."""


_providers: dict[str, Provider] = {}


def register(kind: str, provider: Provider) -> None:
    """Called once per kind in `AppConfig.ready()`; the last one wins, so a reload is harmless."""
    _providers[kind] = provider


def of(kind: str) -> Provider:
    """The provider of a kind; KeyError names a kind that nobody registered."""
    return _providers[kind]


def registered() -> dict[str, Provider]:
    return dict(_providers)
