"""Each school's side of a lesson: made with it, and kept true to what became of its booking.

What the core does to a booking (a school leaves, a closure takes its side, everything is called
off) is written into `Reception.state` here. Everything can be run again without harm.
"""

from __future__ import annotations

from collections.abc import Collection

from classrooms.models import Reception
from scheduler.models import Booking, Participant

_OPEN = (Reception.State.PLANNED, Reception.State.CANCELLED, Reception.State.CLOSED)
"""States that follow the booking. The others were decided by people and are left alone."""


def ensure(booking_ids: Collection[int]) -> None:
    """A Reception for every school of these lessons' bookings that has none yet. Two queries.

    A school takes part as a guest without a person.
    """
    missing = Participant.objects.filter(
        booking__in=booking_ids, role=Participant.Role.GUEST, person=None, reception=None
    )
    Reception.objects.bulk_create(
        Reception(lesson_id=p.booking_id, participant=p, school_id=p.organisation_id) for p in missing
    )


def settle(booking_id: int) -> None:
    """Makes each Reception of this booking say what its booking and participant say."""
    receptions = Reception.objects.filter(lesson=booking_id, state__in=_OPEN)
    for reception in receptions.select_related("participant", "lesson__booking"):
        state, reason = _state(reception)
        if (reception.state, reception.reason) != (state, reason):
            reception.state, reception.reason = state, reason
            reception.save(update_fields=["state", "reason"])


def _state(reception: Reception) -> tuple[str, str]:
    participant, booking = reception.participant, reception.lesson.booking
    if participant.withdrawn_at is not None:
        # Only a closure says "closed"; a later look at the same participant must not unsay it.
        is_closed = reception.state == Reception.State.CLOSED
        state = Reception.State.CLOSED if is_closed else Reception.State.CANCELLED
        return state, reception.reason if is_closed else participant.withdraw_reason
    if booking.state == Booking.State.CANCELLED:
        # The core's word for a hold that ran out is no reason that anybody gave.
        ran_out = booking.expires_at is not None and booking.cancel_reason == "expired"
        return Reception.State.CANCELLED, "" if ran_out else booking.cancel_reason
    return Reception.State.PLANNED, ""


def mark_closed(organisation_id: int, booking_ids: Collection[int], reason: str = "") -> None:
    """The school's calendar took its side of these bookings."""
    receptions = Reception.objects.filter(
        school=organisation_id, lesson__in=booking_ids, participant__withdrawn_at__isnull=False
    )
    for reception in receptions.filter(state__in=_OPEN).select_related("participant"):
        reception.state = Reception.State.CLOSED
        reception.reason = reason or reception.participant.withdraw_reason
        reception.save(update_fields=["state", "reason"])
