"""Who may see which rows, and who may do what. Every view starts here.

`visible_*` answers "which rows", `can_*` answers "may this user": absent and forbidden look the
same to the caller (404). docs/permissions.md lists the public pages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from scheduler.models import Booking, Location, Membership, Organisation, Participant, Role, User

CENTRE_ROLES = frozenset({Role.CENTRE_ADMIN, Role.PLANNER, Role.TEACHER})
BOOKING_ROLES = frozenset({Role.CENTRE_ADMIN, Role.PLANNER, Role.TEACHER})
SCHOOL_OFFICE_ROLES = frozenset({Role.SCHOOL_COORDINATOR, Role.SCHOOL_HEAD})
"""Who acts for a school."""

APART_ROLES = frozenset({Role.STUDENT, Role.BOARD_VIEWER, Role.AUDITOR, Role.SUPPORTER})
"""Whose post opens none of the organisation's rows: they have pages of their own."""
SUPPORT_ROLES = frozenset({Role.SUPPORTER, Role.CENTRE_ADMIN})
"""Who sees the technical state of rooms and devices."""
REGISTER_ROLES = CENTRE_ROLES | SCHOOL_OFFICE_ROLES | {Role.ROOM_STAFF}
"""Who works with lessons' registers and records, each with their own part of them."""

VisibilityGround = Callable[[User, datetime], Q]
_grounds: list[VisibilityGround] = []


def register_ground(ground: VisibilityGround) -> None:
    """A vertical's own ground on which somebody may open bookings, as a condition on Booking.

    Called in `AppConfig.ready()`; never opens a CONFIDENTIAL one. Registering twice is harmless.
    """
    if ground not in _grounds:
        _grounds.append(ground)


OVERRIDE_ROLES = frozenset({Role.CENTRE_ADMIN, Role.PLANNER})


def memberships(user: User, day: date) -> list[Membership]:
    """The user's posts that hold on `day`, with their organisations; empty for an inactive account.

    A centre's role counts at a delivery centre alone: it opens every school's bookings.
    """
    if not user.is_active or not user.is_authenticated:
        return []
    posts = user.memberships.valid_on(day).select_related("organisation", "location")
    return [post for post in posts.order_by("valid_from", "pk") if counts(post)]


def counts(post: Membership) -> bool:
    """Whether this post gives any rights at all, while it holds."""
    return post.role not in CENTRE_ROLES or post.organisation.kind == Organisation.Kind.DELIVERY_CENTRE


def working(posts: Sequence[Membership]) -> list[Membership]:
    """The posts of people who do the organisation's own work, and so see its rows."""
    return [post for post in posts if post.role not in APART_ROLES]


def has_role(user: User, roles: frozenset[Role], day: date) -> bool:
    return any(m.role in roles for m in memberships(user, day))


def visible_organisations(
    user: User, day: date, *, posts: Sequence[Membership] | None = None
) -> QuerySet[Organisation]:
    """The centre's people see every school they deliver to; a school sees itself.

    `posts` spares the query for those that hold on `day`.
    """
    return _organisations_of(memberships(user, day) if posts is None else posts)


def _organisations_of(posts: Sequence[Membership]) -> QuerySet[Organisation]:
    mine = Q(pk__in=[m.organisation_id for m in working(posts)])
    if any(m.role in CENTRE_ROLES for m in posts):
        mine |= Q(kind=Organisation.Kind.HIGH_SCHOOL)
    return Organisation.objects.filter(mine)


def visible_locations(user: User, day: date) -> QuerySet[Location]:
    return Location.objects.filter(organisation__in=visible_organisations(user, day), is_active=True)


def visible_bookings(
    user: User, now: datetime, *, posts: Sequence[Membership] | None = None
) -> QuerySet[Booking]:
    """Bookings this user may open, in every state.

    The centre's people: what the centre organises, and the schools' own lessons. A school's
    people: what their school takes part in. Anybody: where they are a person of the booking and still
    have a post there. CONFIDENTIAL ones: their persons alone. `posts` spares the query for those that
    hold at `now`.
    """
    if not user.is_active:
        return Booking.objects.none()
    if posts is None:
        # A post begins and ends at midnight where people are, not at midnight UTC (9:00 in Japan).
        posts = memberships(user, timezone.localdate(now))
    open_to_all = ~Q(visibility=Booking.Visibility.CONFIDENTIAL)
    places = [m.organisation_id for m in posts]
    in_person = Participant.objects.filter(person__user=user, organisation__in=places)
    seen = Q(pk__in=in_person.values("booking"))
    mine = [m.organisation_id for m in working(posts)]
    seen |= open_to_all & Q(pk__in=Participant.objects.filter(organisation__in=mine).values("booking"))
    if any(m.role in CENTRE_ROLES for m in posts):
        seen |= open_to_all & Q(organiser__in=_organisations_of(posts))
    seen |= open_to_all & on_grounds(user, now)
    if posts:
        # The practice room has no parties: whoever has a post may try sound and picture in it.
        seen |= Q(kind=Booking.Kind.PRACTICE)
    return Booking.objects.filter(seen)


def on_grounds(user: User, now: datetime) -> Q:
    """What the verticals' own grounds open to this account, as a condition on Booking."""
    found = Q(pk__in=())
    for ground in _grounds:
        found |= ground(user, now)
    return found


def can_book(user: User, day: date) -> bool:
    return has_role(user, BOOKING_ROLES, day)


def can_override(user: User, day: date) -> bool:
    return has_role(user, OVERRIDE_ROLES, day)


def can_change(user: User, booking: Booking, day: date) -> bool:
    """Whether it is `changeable`."""
    return changeable(user, Booking.objects.filter(pk=booking.pk), day).exists()


def changeable(user: User, among: QuerySet[Booking], day: date) -> QuerySet[Booking]:
    """Planners and administrators change any booking of their centre; a teacher those they teach or made."""
    posts = memberships(user, day)
    whole = [m.organisation_id for m in posts if m.role in OVERRIDE_ROLES]
    some = [m.organisation_id for m in posts if m.role in BOOKING_ROLES]
    taught = Participant.objects.standing().filter(person__user=user)
    own = Q(created_by=user.pk) | Q(pk__in=taught.values("booking"))
    return among.filter(Q(organiser__in=whole) | Q(organiser__in=some) & own)


def can_withdraw_school(user: User, school: Organisation, booking: Booking, day: date) -> bool:
    """A school's coordinator or head may cancel that school's side; so may whoever may change the booking."""
    if can_change(user, booking, day):
        return True
    posts = memberships(user, day)
    return any(m.organisation_id == school.pk and m.role in SCHOOL_OFFICE_ROLES for m in posts)
