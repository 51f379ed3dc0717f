"""The one gate: who may enter which room, and when.

Asked once when a page or a socket comes, and again when the booking changes. Absent and
forbidden are the same answer, so nobody learns which rooms exist.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.utils import timezone

from realtime import gate_rows, topology
from realtime.models import Admittance, Visit
from scheduler import permissions, timegrid
from scheduler.intervals import Interval
from scheduler.models import Booking, Location, Membership, Organisation, Participant, Role, User
from scheduler.names import Name

OPENS_BEFORE = timedelta(minutes=20)
CLOSES_AFTER = timedelta(minutes=10)
SCHOOL_ROLES = frozenset({Role.ROOM_STAFF, Role.DEVICE, *permissions.SCHOOL_OFFICE_ROLES})
ADMITTED_FROM = timedelta(hours=1)
"""Before the door opens. A word given earlier was for another time: the conference was moved since."""
OBSERVER_ROLES = frozenset({Role.CENTRE_ADMIN, Role.PLANNER})


class Reason(StrEnum):
    NO_RIGHT = "no-right"
    """There is no such room, or it is none of theirs."""
    TOO_EARLY = "too-early"
    ENDED = "ended"
    CANCELLED = "cancelled"
    WAITING = "waiting"
    """The door is open, and whoever leads has not let them in."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """`booking` and `window` are set for those who would have the right at another time."""

    reason: Reason
    booking: Booking | None = None
    window: Interval | None = None


@dataclass(frozen=True, slots=True)
class Admission:
    """Everything a room needs to know about one account; the peer itself says none of it."""

    booking: Booking
    window: Interval
    user_id: int
    name: Name
    organisation: Organisation
    role: topology.Role
    mode: topology.Mode
    standing: Visit.Standing
    participant: Participant | None
    """The side on which they stand; an observer has none."""
    location: Location | None
    """The receiving set, where the account is a device's."""
    expected: int
    """How many peers this room is planned for."""

    @property
    def uid(self) -> UUID:
        return self.booking.uid

    def is_as(self, other: Admission) -> bool:
        """Whether nobody in the room could tell the two apart, nor the record of visits."""
        return self._who() == other._who()

    def _who(self) -> tuple[object, ...]:
        places = (self.participant, self.location)
        return (
            self.role, self.standing, self.name, self.organisation.pk, self.organisation.label,
            *(place.pk if place else None for place in places),
        )  # fmt: skip

    @property
    def is_school(self) -> bool:
        """The party is a school's room: it gets the page for the large display."""
        return self.standing == Visit.Standing.SCHOOL

    @property
    def is_observer(self) -> bool:
        """Looks on at what others do; in a practice room everybody tries for themselves."""
        return self.standing == Visit.Standing.OBSERVER and self.booking.kind != Booking.Kind.PRACTICE


@dataclass(frozen=True, slots=True)
class Ground:
    """On which ground somebody may enter. `name` replaces the account's own name in the room."""

    organisation: Organisation
    role: topology.Role
    standing: Visit.Standing
    participant: Participant | None = None
    location: Location | None = None
    name: Name | None = None


GroundFinder = Callable[[User, Booking, Sequence[Participant], datetime], Ground | None]
_finders: dict[str, GroundFinder] = {}


def register_ground(kind: str, finder: GroundFinder) -> None:
    """A vertical's own ground for entering rooms of its kind of booking (a pupil's remote seat).

    Called in `AppConfig.ready()`; asked after the core's own grounds, with the standing participants.
    Never asked for a CONFIDENTIAL booking.
    """
    _finders[kind] = finder


def window_of(booking: Booking) -> Interval:
    """When the room's door is open; whoever is inside at the end may stay."""
    return Interval(booking.start - OPENS_BEFORE, booking.end + CLOSES_AFTER)


def holds_until(organisation: Organisation, now: datetime) -> datetime:
    """The next midnight by which a post, a seat or an enrolment may end; after it the gate is asked again."""
    zones = (organisation.zone, timezone.get_default_timezone())
    days = [(timegrid.local_date(now, zone), zone) for zone in zones]
    return min(timegrid.whole_day(day, zone).end for day, zone in days)


def has_waiting_room(booking: Booking) -> bool:
    """Whether guests enter on the host's word alone."""
    return booking.kind == Booking.Kind.CONFERENCE


def admitted_from(booking: Booking) -> datetime:
    """A host's word given from here on stands for this booking, until it is taken back."""
    return window_of(booking).start - ADMITTED_FROM


def decide_for(user_id: int, uid: UUID, now: datetime) -> Admission | Refusal:
    """As `decide`, with the account read afresh: it may have been closed meanwhile."""
    user = gate_rows.account(user_id)
    return Refusal(Reason.NO_RIGHT) if user is None else decide(user, uid, now)


def decide(user: User, uid: UUID, now: datetime) -> Admission | Refusal:
    """Whether this account may be in the room of this booking at `now`. Two queries, and a kind's own."""
    return decide_on(user, gate_rows.booked(uid, now), now)


def decide_on(user: User, booked: gate_rows.Booked | None, now: datetime) -> Admission | Refusal:
    """As `decide`, of a booking that was read already."""
    if booked is None or not user.is_active:
        return Refusal(Reason.NO_RIGHT)
    booking, invited = booked
    # A withdrawn school still reads why it may not enter a cancelled room, not a standing one.
    cancelled = booking.state == Booking.State.CANCELLED
    sides = [side for side in invited if cancelled or not side.is_withdrawn]
    posts = _posts(user, now)
    ground = _personal_ground(user, sides, posts) or _ground(user, booking, sides, posts, now)
    if ground is None:
        return Refusal(Reason.NO_RIGHT)
    window = window_of(booking)
    reason = _shut(booking, window, now)
    if reason is not None:
        return Refusal(reason, booking, window)
    if has_waiting_room(booking) and ground.role == "guest" and not _is_admitted(user, booking):
        return Refusal(Reason.WAITING, booking, window)
    return Admission(
        booking=booking,
        window=window,
        user_id=user.pk,
        name=ground.name or user.label,
        organisation=ground.organisation,
        role=ground.role,
        mode=topology.mode_of(booking.kind),
        standing=ground.standing,
        participant=ground.participant,
        location=ground.location,
        expected=max(2, len(sides)),
    )


def _shut(booking: Booking, window: Interval, now: datetime) -> Reason | None:
    """Why the door is closed to everybody, if it is."""
    if not booking.is_live(now):
        return Reason.CANCELLED
    if now < window.start:
        return Reason.TOO_EARLY
    return Reason.ENDED if now >= window.end else None


def _is_admitted(user: User, booking: Booking) -> bool:
    words = Admittance.objects.filter(booking=booking, admitted_at__gte=admitted_from(booking))
    return words.filter(user=user).exists()


def _personal_ground(
    user: User, sides: Sequence[gate_rows.Side], posts: Sequence[Membership]
) -> Ground | None:
    """Whoever is in the booking as a person, while they have a post where they take part from; no
    ground is stronger."""
    places = {post.organisation_id: post.organisation for post in posts}
    for side in sides:
        if side.account_id == user.pk and side.organisation_id in places:
            leads = side.role == Participant.Role.HOST
            standing = Visit.Standing.LEADER if leads else Visit.Standing.PERSON
            role: topology.Role = "host" if leads else "guest"
            return Ground(places[side.organisation_id], role, standing, side.participant)
    return None


def _ground(
    user: User, booking: Booking, sides: Sequence[gate_rows.Side], posts: list[Membership], now: datetime
) -> Ground | None:
    """On which ground this account may enter without being a person of the booking."""
    if booking.visibility == Booking.Visibility.CONFIDENTIAL:
        return None  # no post leads into it, neither a school's nor the organiser's
    schools = {side.organisation_id: side for side in sides if side.person_id is None}
    for post in posts:
        if post.organisation_id in schools and post.role in SCHOOL_ROLES:
            side = _own_side(post, schools, sides)
            return Ground(post.organisation, "guest", Visit.Standing.SCHOOL, side.participant, post.location)
    for post in posts:
        if post.organisation_id == booking.organiser_id and post.role in OBSERVER_ROLES:
            return Ground(post.organisation, "guest", Visit.Standing.OBSERVER)
    finder = _finders.get(booking.kind)
    if finder is not None:
        found = finder(user, booking, [side.participant for side in sides], now)
        if found is not None:
            return found
    return _practice_ground(posts) if booking.kind == Booking.Kind.PRACTICE else None


def _practice_ground(posts: list[Membership]) -> Ground | None:
    """Whoever has a post may try the practice room."""
    if not posts:
        return None
    post = posts[0]
    at_school = post.role in SCHOOL_ROLES
    standing = Visit.Standing.SCHOOL if at_school else Visit.Standing.OBSERVER
    return Ground(post.organisation, "guest", standing, location=post.location)


def _posts(user: User, now: datetime) -> list[Membership]:
    """Posts that hold today, where each organisation's own clocks say what today is."""
    return [
        post
        for post in gate_rows.posts(user)
        if post.holds_on(timegrid.local_date(now, post.organisation.zone))
    ]


def _own_side(
    post: Membership, schools: dict[int, gate_rows.Side], sides: Sequence[gate_rows.Side]
) -> gate_rows.Side:
    """A school with several sides in one booking: the side of the set on which the device stands."""
    for side in sides:
        if (
            side.organisation_id == post.organisation_id
            and post.location_id is not None
            and side.location_id == post.location_id
        ):
            return side
    return schools[post.organisation_id]
