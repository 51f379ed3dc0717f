"""The receiving room's own device: what it says of itself, and what it is asked to do.

A device is an account whose post has the role DEVICE, mostly with the receiving set on which it
stands. Its waiting page reports every few seconds; the answer may send it into a room, because the
school's staff pressed once on their telephone. What is told here is present state, no record.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from realtime import access
from realtime.access import Admission
from realtime.models import DeviceStatus, Visit
from scheduler.models import Booking, Membership, Participant, Role, User

NEAR = timedelta(minutes=30)
"""From so long before a lesson on the device reports often, so that one press starts it at once."""
EVERY_NEAR_S, EVERY_FAR_S, EVERY_INSIDE_S = 3, 15, 5
HEARD_FOR = timedelta(seconds=40)
"""Two of the slowest reports may be lost before a device counts as not connected."""
BEAT_LASTS = timedelta(seconds=75)
"""A stay of which nothing was heard for so long is over, whoever has not yet written it down."""
START_HOLDS = timedelta(minutes=5)
"""A device that comes back within this time still does what it was asked."""
HORIZON = timedelta(days=14)
SHOWN_FROM = timedelta(minutes=60)
"""How long before a lesson it is of interest whether its devices are there."""
STAFF_ROLES = access.SCHOOL_ROLES - {Role.DEVICE}


class State(StrEnum):
    NONE = "none"
    """The school has no account for a device."""
    GONE = "gone"
    WAITING = "waiting"
    CHECKED = "checked"
    PROBLEM = "problem"
    """It waits, and one of its checks failed."""
    INSIDE = "inside"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a device is looked for: one school's side of one booking, on its receiving set."""

    booking_id: int
    organisation_id: int
    location_id: int | None

    @classmethod
    def of(cls, side: Participant) -> Spot:
        return cls(side.booking_id, side.organisation_id, side.location_id)


@dataclass(frozen=True, slots=True)
class DeviceState:
    """`since`: INSIDE when it entered, CHECKED and PROBLEM when it checked, GONE when it was last heard."""

    state: State
    since: datetime | None = None
    user: User | None = None
    status: DeviceStatus | None = None

    @property
    def is_here(self) -> bool:
        return self.state not in {State.NONE, State.GONE}

    def is_asked(self, booking_id: int, now: datetime) -> bool:
        """It was told to start this booking, and has not done it yet."""
        return self.status is not None and order(self.status, now) == booking_id


@dataclass(frozen=True, slots=True)
class Report:
    """What a device says. Either it waits, with its checks `age` old, or it is in a room."""

    checks: Mapping[str, str]
    age: timedelta | None = None
    room: UUID | None = None


@dataclass(frozen=True, slots=True)
class Orders:
    """What the device is to do: enter a room, leave one (`wait`), and report again in `every_s`."""

    enter: UUID | None
    wait: bool
    every_s: int


def post_of(user: User, now: datetime) -> Membership | None:
    """The post as a receiving room's device that holds today."""
    posts = user.memberships.valid_on(timezone.localdate(now)).filter(role=Role.DEVICE)
    return posts.select_related("organisation", "location").order_by("valid_from", "pk").first()


def next_side(post: Membership, now: datetime) -> Participant | None:
    """The side of its school for which this device stands next, or now. No hold, no practice room."""
    return (
        Participant.objects.standing()
        .filter(
            _served_by(post, _posts([post.organisation_id], now)[post.organisation_id]),
            organisation=post.organisation_id,
            person=None,
            role=Participant.Role.GUEST,
            end__gt=now,
            start__lt=now + HORIZON,
            booking__state=Booking.State.CONFIRMED,
        )
        .exclude(booking__kind__in=(Booking.Kind.PRACTICE, Booking.Kind.LOCAL))
        .exclude(booking__visibility=Booking.Visibility.CONFIDENTIAL)
        .select_related("booking__organiser", "location")
        .order_by("start", "pk")
        .first()
    )


def report(post: Membership, said: Report, *, now: datetime) -> Orders:
    """Takes down what the device says, and answers what it is asked to do."""
    facts: dict[str, object] = {"seen_at": now}
    if said.room is None:
        facts |= dict(said.checks)
        facts["checked_at"] = None if said.age is None else now - said.age
    if not DeviceStatus.objects.filter(user=post.user_id).update(**facts):
        DeviceStatus.objects.update_or_create(user_id=post.user_id, defaults=facts)
    status = DeviceStatus.objects.select_related("start_booking").get(user=post.user_id)
    asked = status.start_booking if order(status, now) is not None else None
    if asked is not None and asked.uid == said.room:
        DeviceStatus.objects.filter(pk=status.pk).update(start_booking=None, start_asked_at=None)
        asked = None
    if asked is not None and not isinstance(access.decide_for(post.user_id, asked.uid, now), Admission):
        asked = None  # its door is not open, or no longer
    return Orders(
        enter=asked.uid if asked else None,
        wait=asked is None and said.room is not None and _is_over(said.room, now),
        every_s=EVERY_INSIDE_S if said.room else _every_s(post, now),
    )


def ask_to_start(side: Participant, *, by: User, now: datetime) -> bool:
    """Sends the device of this side into its room as soon as it reports; False if there is none."""
    found = state_of(side, now)
    if found.status is None:
        return False
    if found.state != State.INSIDE:
        DeviceStatus.objects.filter(pk=found.status.pk).update(
            start_booking=side.booking_id, start_asked_at=now, start_asked_by=by
        )
    return True


def order(status: DeviceStatus, now: datetime) -> int | None:
    """Which booking the device has been asked to start, while that still holds."""
    if status.start_asked_at is None or status.start_asked_at <= now - START_HOLDS:
        return None
    return status.start_booking_id


def state_of(side: Participant, now: datetime) -> DeviceState:
    spot = Spot.of(side)
    return states([spot], now)[spot]


def states(spots: Iterable[Spot], now: datetime) -> dict[Spot, DeviceState]:
    """How each side's device stands at `now`. Two queries for any number of sides."""
    wanted = list(spots)
    posts = _posts({spot.organisation_id for spot in wanted}, now)
    inside = _inside({spot.booking_id for spot in wanted}, now)
    return {spot: _state(spot, _at(spot, posts[spot.organisation_id]), inside, now) for spot in wanted}


def staff_side(user: User, uid: UUID, now: datetime) -> Participant | None:
    """The school's side of this lesson whose room this account looks after from a telephone.

    None for the device itself, for persons of the booking, and for whatever is no standing lesson.
    """
    posts = user.memberships.valid_on(timezone.localdate(now)) if user.is_active else []
    roles: dict[int, set[str]] = defaultdict(set)
    for post in posts:
        roles[post.organisation_id].add(post.role)
    schools = [pk for pk, held in roles.items() if held & STAFF_ROLES and Role.DEVICE not in held]
    if not schools:
        return None
    parties = (
        Participant.objects.standing()
        .filter(booking__uid=uid, booking__kind=Booking.Kind.LESSON)
        .exclude(booking__visibility=Booking.Visibility.CONFIDENTIAL)
        .select_related("booking__organiser", "organisation", "location", "person")
    )
    if any(party.person is not None and party.person.user_id == user.pk for party in parties):
        return None
    sides = [party for party in parties if party.person is None and party.organisation_id in schools]
    return next((side for side in sides if side.booking.is_live(now)), None)


def _posts(organisation_ids: Iterable[int], now: datetime) -> dict[int, list[Membership]]:
    """The devices of each school."""
    found: dict[int, list[Membership]] = defaultdict(list)
    posts = Membership.objects.valid_on(timezone.localdate(now)).filter(
        organisation__in=organisation_ids, role=Role.DEVICE, user__is_active=True
    )
    for post in posts.select_related("user__device_status").order_by("pk"):
        found[post.organisation_id].append(post)
    return found


def _at(spot: Spot, posts: Sequence[Membership]) -> list[Membership]:
    """The devices of the school that serve this side: those on its set, else those on no set, else all."""
    on_set = [p for p in posts if p.location_id is not None and p.location_id == spot.location_id]
    return on_set or [p for p in posts if p.location_id is None] or list(posts)


def _served_by(post: Membership, posts: Sequence[Membership]) -> Q:
    """The sides that `_at` gives to this device, as a condition on Participant."""
    sets = {p.location_id for p in posts if p.location_id is not None}
    own = Q(location=post.location_id) if post.location_id is not None else Q(pk=None)
    if post.location_id is None or all(p.location_id is not None for p in posts):
        own |= Q(location=None) | ~Q(location__in=sets)
    return own


def _inside(booking_ids: Iterable[int], now: datetime) -> list[Visit]:
    """Who of the schools is in these bookings' rooms, the first to come first."""
    stays = Visit.objects.filter(
        booking__in=booking_ids, ended_at=None, last_beat_at__gt=now - BEAT_LASTS,
        standing=Visit.Standing.SCHOOL,
    )  # fmt: skip
    return list(stays.select_related("user").order_by("started_at"))


def _state(spot: Spot, posts: Sequence[Membership], inside: Sequence[Visit], now: datetime) -> DeviceState:
    """The device's own stay in the room first, then what it reports; a computer that stands in for a
    device that is not there counts as one."""
    here = [
        stay
        for stay in inside
        if (stay.booking_id, stay.organisation_id) == (spot.booking_id, spot.organisation_id)
    ]
    users = {post.user_id: post.user for post in posts}
    for stay in here:
        if stay.user_id in users:
            return DeviceState(
                State.INSIDE, stay.started_at, users[stay.user_id], _status(users[stay.user_id])
            )
    reported = _reported(posts, now)
    if here and not reported.is_here:
        return DeviceState(State.INSIDE, here[0].started_at, here[0].user, reported.status)
    return reported


def _reported(posts: Sequence[Membership], now: datetime) -> DeviceState:
    if not posts:
        return DeviceState(State.NONE)
    heard = [(status.seen_at, post.user, status) for post in posts if (status := _status(post.user))]
    if not heard:
        return DeviceState(State.GONE)
    seen_at, user, status = max(heard, key=lambda one: one[0])
    if seen_at <= now - HEARD_FOR:
        return DeviceState(State.GONE, seen_at, user, status)
    return DeviceState(_waiting(status), status.checked_at, user, status)


def _status(user: User) -> DeviceStatus | None:
    return getattr(user, "device_status", None)


def _waiting(status: DeviceStatus) -> State:
    """The speaker alone may be unknown: it can be tried by a person only."""
    bad, ok = DeviceStatus.Check.BAD, DeviceStatus.Check.OK
    if bad in {status.camera, status.microphone, status.speaker, status.line}:
        return State.PROBLEM
    if {status.camera, status.microphone, status.line} == {ok} and status.checked_at is not None:
        return State.CHECKED
    return State.WAITING


def _every_s(post: Membership, now: datetime) -> int:
    side = next_side(post, now)
    return EVERY_NEAR_S if side is not None and side.start - NEAR <= now else EVERY_FAR_S


def _is_over(uid: UUID, now: datetime) -> bool:
    """Nobody is put out of a room at its end; a device alone goes back to wait for the next lesson."""
    booking = Booking.objects.filter(uid=uid).first()
    return booking is None or not booking.is_live(now) or now >= access.window_of(booking).end
