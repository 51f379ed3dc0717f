"""The one gate: who may enter which room, and when.

Asked once when a page or a socket comes, and again when the booking changes. Absent and
forbidden are the same answer, so nobody learns which rooms exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from realtime import topology
from scheduler import timegrid
from scheduler.intervals import Interval
from scheduler.models import Booking, Membership, Organisation, Participant, Role, User
from scheduler.names import Name

OPENS_BEFORE = timedelta(minutes=20)
CLOSES_AFTER = timedelta(minutes=10)
SCHOOL_ROLES = frozenset({Role.ROOM_STAFF, Role.DEVICE, Role.SCHOOL_COORDINATOR})
OBSERVER_ROLES = frozenset({Role.CENTRE_ADMIN, Role.PLANNER})


class Reason(StrEnum):
    NO_RIGHT = "no-right"
    """There is no such room, or it is none of theirs."""
    TOO_EARLY = "too-early"
    ENDED = "ended"
    CANCELLED = "cancelled"


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
    is_school: bool
    """The party is a school's room: it gets the page for the large display."""
    participant: Participant | None
    """The side on which they stand; an observer has none."""
    expected: int
    """How many peers this room is planned for."""

    @property
    def uid(self) -> UUID:
        return self.booking.uid


@dataclass(frozen=True, slots=True)
class _Standing:
    organisation: Organisation
    role: topology.Role
    participant: Participant | None = None
    is_school: bool = False


def window_of(booking: Booking) -> Interval:
    """When the room's door is open; whoever is inside at the end may stay."""
    return Interval(booking.start - OPENS_BEFORE, booking.end + CLOSES_AFTER)


def decide_for(user_id: int, uid: UUID, now: datetime) -> Admission | Refusal:
    """As `decide`, with the account read afresh: it may have been closed meanwhile."""
    user = User.objects.filter(pk=user_id).first()
    return Refusal(Reason.NO_RIGHT) if user is None else decide(user, uid, now)


def decide(user: User, uid: UUID, now: datetime) -> Admission | Refusal:
    """Whether this account may be in the room of this booking at `now`. Four queries at most."""
    if not user.is_active:
        return Refusal(Reason.NO_RIGHT)
    booking = Booking.objects.select_related("organiser").filter(uid=uid).first()
    if booking is None:
        return Refusal(Reason.NO_RIGHT)
    # A withdrawn school still reads why it may not enter a cancelled room, not a standing one.
    cancelled = booking.state == Booking.State.CANCELLED
    sides = Participant.objects.filter(booking=booking).select_related("organisation", "person", "location")
    participants = list(sides if cancelled else sides.standing())
    standing = _standing(user, booking, participants, now)
    if standing is None:
        return Refusal(Reason.NO_RIGHT)
    window = window_of(booking)
    reason = _shut(booking, window, now)
    if reason is not None:
        return Refusal(reason, booking, window)
    return Admission(
        booking=booking,
        window=window,
        user_id=user.pk,
        name=Name(user.name, user.name_en or user.name),
        organisation=standing.organisation,
        role=standing.role,
        mode=topology.mode_of(booking.kind),
        is_school=standing.is_school,
        participant=standing.participant,
        expected=max(2, len(participants)),
    )


def _shut(booking: Booking, window: Interval, now: datetime) -> Reason | None:
    """Why the door is closed to everybody, if it is."""
    if not booking.is_live(now):
        return Reason.CANCELLED
    if now < window.start:
        return Reason.TOO_EARLY
    return Reason.ENDED if now >= window.end else None


def _standing(
    user: User, booking: Booking, participants: list[Participant], now: datetime
) -> _Standing | None:
    """On which ground this account may enter, the strongest first."""
    for participant in participants:
        if participant.person is not None and participant.person.user_id == user.pk:
            role: topology.Role = "host" if participant.role == Participant.Role.HOST else "guest"
            return _Standing(participant.organisation, role, participant)
    if booking.visibility == Booking.Visibility.CONFIDENTIAL:
        return None  # no post leads into it, neither a school's nor the organiser's
    posts = _posts(user, now)
    schools = {side.organisation_id: side for side in participants if side.person_id is None}
    for post in posts:
        side = schools.get(post.organisation_id)
        if side is not None and post.role in SCHOOL_ROLES:
            return _Standing(post.organisation, "guest", _own_side(post, schools, participants), True)
    for post in posts:
        if post.organisation_id == booking.organiser_id and post.role in OBSERVER_ROLES:
            return _Standing(post.organisation, "guest")
    if booking.kind == Booking.Kind.PRACTICE and posts:
        post = posts[0]
        return _Standing(post.organisation, "guest", is_school=post.role in SCHOOL_ROLES)
    return None


def _posts(user: User, now: datetime) -> list[Membership]:
    """Posts that hold today, where each organisation's own clocks say what today is."""
    posts = user.memberships.select_related("organisation").order_by("valid_from", "pk")
    return [post for post in posts if _holds_on(post, timegrid.local_date(now, post.organisation.zone))]


def _holds_on(post: Membership, day: date) -> bool:
    return post.valid_from <= day and (post.valid_until is None or day < post.valid_until)


def _own_side(
    post: Membership, schools: dict[int, Participant], participants: list[Participant]
) -> Participant:
    """A school with several sides in one booking: the side of the set on which the device stands."""
    for side in participants:
        if (
            side.organisation_id == post.organisation_id
            and post.location_id is not None
            and side.location_id == post.location_id
        ):
            return side
    return schools[post.organisation_id]
