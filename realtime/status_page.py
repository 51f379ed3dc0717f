"""The technical state of rooms and devices, for whoever supports them: no person's name, and a lesson's
title for those alone who may open the lesson.

What a conference of doctors is stays with its persons; that one is running, and how well, does not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from realtime.access import CLOSES_AFTER, OPENS_BEFORE
from realtime.models import DeviceStatus, HelpCall, Visit
from realtime.protocol import AWAY_AFTER_S
from scheduler import logs, permissions, providers
from scheduler.models import Booking, Membership, Participant, Role
from scheduler.names import Name, joined
from scheduler.providers import Entry, Reader

_FAILED = (Visit.EndReason.TIMEOUT, Visit.EndReason.SERVER)
_NO_ROOM_OF_THEIR_OWN = (Booking.Kind.LOCAL, Booking.Kind.PRACTICE)
"""Listed only while somebody is in it."""
DEVICE_SILENT_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Leg:
    """One connection. `place` is empty in a confidential room."""

    place: Name
    standing: str
    since: datetime
    is_away: bool
    gaps: int
    """How often it was lost and came back, or did not."""


@dataclass(frozen=True, slots=True)
class RoomState:
    key: str
    """The beginning of the booking's key, by which the log names it."""
    kind: str
    start: datetime
    end: datetime
    expected: int
    schools: str
    """"" in a confidential room."""
    legs: tuple[Leg, ...]
    open_calls: int
    title: str = ""
    url: str = ""
    """Of the lesson's page; both empty for whoever may not open it."""


@dataclass(frozen=True, slots=True)
class Device:
    place: Name
    status: DeviceStatus
    is_silent: bool


@dataclass(frozen=True, slots=True)
class Page:
    now: datetime
    rooms: tuple[RoomState, ...]
    devices: tuple[Device, ...]
    unseen_devices: int
    """How many receiving sets' accounts never said anything."""
    warnings: int
    errors: int
    """Lines of the log of the process that answered, since it began."""


def page(reader: Reader, now: datetime) -> Page:
    """As many queries, whatever is open."""
    rows = DeviceStatus.objects.filter(user__is_active=True).order_by("pk").select_related("user")
    statuses = {status.user_id: status for status in rows}
    today = Membership.objects.valid_on(timezone.localdate(now)).filter(role=Role.DEVICE)
    posts = list(today.select_related("organisation", "location").order_by("organisation__code", "pk"))
    return Page(
        now=now,
        rooms=tuple(_rooms(reader, now)),
        devices=tuple(
            Device(
                _place(post),
                statuses[post.user_id],
                statuses[post.user_id].seen_at < now - DEVICE_SILENT_AFTER,
            )
            for post in posts
            if post.user_id in statuses
        ),
        unseen_devices=sum(post.user_id not in statuses for post in posts),
        warnings=logs.written["warning"],
        errors=logs.written["error"] + logs.written["critical"],
    )


def _place(post: Membership) -> Name:
    place = post.organisation.label
    if post.location is None:
        return place
    return Name(
        f"{place.ja} {post.location.name}", f"{place.in_language('en')} {post.location.name_en}".strip()
    )


def _rooms(reader: Reader, now: datetime) -> list[RoomState]:
    is_open = Q(start__lte=now + OPENS_BEFORE, end__gt=now - CLOSES_AFTER, state=Booking.State.CONFIRMED)
    visited = Q(pk__in=Visit.objects.filter(ended_at=None).values("booking"))
    found = Booking.objects.filter((is_open & ~Q(kind__in=_NO_ROOM_OF_THEIR_OWN)) | visited).order_by(
        "start", "pk"
    )
    bookings = list(found.prefetch_related("participants__organisation"))
    visits: dict[int, list[Visit]] = defaultdict(list)
    recent = Visit.objects.filter(booking__in=bookings, last_beat_at__gt=now - timedelta(hours=12))
    for visit in recent.select_related("organisation").order_by("started_at"):
        visits[visit.booking_id].append(visit)
    calls: dict[int, int] = defaultdict(int)
    for call in HelpCall.objects.filter(booking__in=bookings, answered_at=None):
        calls[call.booking_id] += 1
    rooms = [
        _room(booking, visits[booking.pk], calls[booking.pk], reader.language, now) for booking in bookings
    ]
    entries = _entries(bookings, reader, now)
    return [
        replace(room, title=entry.title, url=entry.url) if (entry := entries.get(booking.pk)) else room
        for room, booking in zip(rooms, bookings, strict=True)
    ]


def _entries(bookings: Sequence[Booking], reader: Reader, now: datetime) -> dict[int, Entry]:
    """The lessons that this reader may open, by key."""
    seen = permissions.visible_bookings(reader.user, now, posts=reader.memberships)
    keys = set(seen.filter(pk__in=[one.pk for one in bookings]).values_list("pk", flat=True))
    lessons = [one for one in bookings if one.pk in keys and one.kind == Booking.Kind.LESSON]
    if not lessons:
        return {}
    return {
        entry.booking.pk: entry for entry in providers.of(Booking.Kind.LESSON).entries(lessons, reader, now)
    }


def _schools(booking: Booking, sides: Sequence[Participant], language: str) -> str:
    others = [side.organisation.label for side in sides if side.organisation_id != booking.organiser_id]
    return joined(dict.fromkeys(school.in_language(language) for school in others), language)


def _room(
    booking: Booking, visits: Sequence[Visit], open_calls: int, language: str, now: datetime
) -> RoomState:
    is_confidential = booking.visibility == Booking.Visibility.CONFIDENTIAL
    sides = [side for side in booking.participants.all() if side.withdrawn_at is None]
    gaps: dict[str, int] = defaultdict(int)
    for visit in visits:
        gaps[visit.peer] += visit.ended_at is not None and visit.end_reason in _FAILED
    return RoomState(
        key=str(booking.uid)[:8],
        kind=booking.get_kind_display(),
        start=booking.start,
        end=booking.end,
        expected=len(sides),
        schools="" if is_confidential else _schools(booking, sides, language),
        legs=tuple(
            Leg(
                place=Name("") if is_confidential else visit.organisation.label,
                standing=visit.standing,
                since=visit.started_at,
                is_away=visit.last_beat_at < now - timedelta(seconds=AWAY_AFTER_S + 15),
                gaps=gaps[visit.peer],
            )
            for visit in visits
            if visit.ended_at is None
        ),
        open_calls=open_calls,
    )
