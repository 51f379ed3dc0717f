"""What a lesson's lines say of the receiving rooms: each school's device, and what its staff can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from classrooms import companion
from classrooms.models import Reception
from classrooms.sides import Side
from realtime import access, device_words, devices
from realtime.devices import DeviceState, Spot, State
from scheduler.models import Booking, Role
from scheduler.providers import Reader, Receiving


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """How a school's device stands, in words, and as which chip they are shown."""

    words: str
    chip: str


Found = Mapping[int, DeviceState]
"""The device's state by the side's participant; empty for sides whose lesson is not near."""


def of_bookings(bookings: Sequence[Booking], found: Mapping[int, Sequence[Side]], now: datetime) -> Found:
    """How the devices of these lessons' standing schools stand. Two queries, none when none is near."""
    spots = {
        side.participant_id: Spot(
            booking.pk, side.organisation_id, side.location.pk if side.location else None
        )
        for booking in bookings
        if booking.kind == Booking.Kind.LESSON and _is_near(booking, now)
        for side in found[booking.pk]
        if side.is_school and side.is_standing
    }
    if not spots:
        return {}
    states = devices.states(spots.values(), now)
    return {participant_id: states[spot] for participant_id, spot in spots.items()}


def line(side: Side, found: Found, language: str) -> DeviceLine | None:
    """None where nobody need know yet."""
    state = found.get(side.participant_id)
    if state is None:
        return None
    words = device_words.words(state, side.organisation.zone, language)
    return DeviceLine(words, device_words.CHIPS[state.state])


def beside(
    booking: Booking, side: Side | None, found: Found, reader: Reader, now: datetime
) -> Receiving | None:
    """For the staff of this side's school: its device, and what they can do from a telephone."""
    shown = None if side is None else line(side, found, reader.language)
    if side is None or shown is None or not _is_staff(side, reader):
        return None
    window = access.window_of(booking)
    state = found[side.participant_id]
    can_start = (
        window.start <= now < side.interval.end and state.status is not None and state.state != State.INSIDE
    )
    reception = Reception.objects.filter(participant=side.participant_id).first()
    return Receiving(
        device=shown.words,
        device_state=shown.chip,
        room_url=reverse("realtime:by_booking", args=[booking.uid]),
        start_url=reverse("realtime:start", args=[booking.uid]) if can_start else "",
        staff_url=companion.staff_url(reception.pk) if reception else "",
    )


def _is_near(booking: Booking, now: datetime) -> bool:
    return booking.is_live(now) and booking.start - devices.SHOWN_FROM <= now < booking.end


def _is_staff(side: Side, reader: Reader) -> bool:
    roles = {m.role for m in reader.memberships if m.organisation_id == side.organisation_id}
    return bool(roles & devices.STAFF_ROLES) and Role.DEVICE not in roles
