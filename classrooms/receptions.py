"""Each school's side of a lesson: made with it, and kept true to what became of its booking.

What the core does to a booking (a school leaves, a closure takes its side, everything is called
off) is written into `Reception.state` here. Everything can be run again without harm.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q

from classrooms.models import Reception
from scheduler.models import Booking, BookingChange, Participant

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


def settle_stale() -> int:
    """Settles what a process that was killed after its commit left behind; how many lessons."""
    is_off = Q(participant__withdrawn_at__isnull=False) | Q(lesson__booking__state=Booking.State.CANCELLED)
    says_off = Q(state__in=(Reception.State.CANCELLED, Reception.State.CLOSED))
    stale = Reception.objects.filter((Q(state=Reception.State.PLANNED) & is_off) | (says_off & ~is_off))
    lessons = list(stale.order_by("lesson").values_list("lesson", flat=True).distinct())
    for booking_id in lessons:
        settle(booking_id)
    return len(lessons)


def _state(reception: Reception) -> tuple[str, str]:
    participant, booking = reception.participant, reception.lesson.booking
    if participant.withdrawn_at is not None:
        # Only a closure says "closed"; a later look at the same participant must not unsay it.
        if reception.state == Reception.State.CLOSED:
            return Reception.State.CLOSED, reception.reason
        is_closed = _left_by_closure(participant, participant.withdrawn_at)
        state = Reception.State.CLOSED if is_closed else Reception.State.CANCELLED
        return state, participant.withdraw_reason
    if booking.state == Booking.State.CANCELLED:
        # The core's word for a hold that ran out is no reason that anybody gave.
        ran_out = booking.expires_at is not None and booking.cancel_reason == "expired"
        return Reception.State.CANCELLED, "" if ran_out else booking.cancel_reason
    return Reception.State.PLANNED, ""


def _left_by_closure(participant: Participant, left_at: datetime) -> bool:
    """The history knows, also when `mark_closed` was never called. A closure that ends a lesson with
    its last school is a "cancel" that no request asked for."""
    by_closure = Q(verb="close") | Q(verb="cancel", intention=None)
    return BookingChange.objects.filter(
        by_closure,
        booking=participant.booking_id,
        at=left_at,
        reason=participant.withdraw_reason,
    ).exists()


def mark_closed(organisation_id: int, booking_ids: Collection[int], reason: str = "") -> None:
    """The school's calendar took its side of these bookings."""
    receptions = Reception.objects.filter(
        school=organisation_id, lesson__in=booking_ids, participant__withdrawn_at__isnull=False
    )
    for reception in receptions.filter(state__in=_OPEN).select_related("participant"):
        reception.state = Reception.State.CLOSED
        reception.reason = reason or reception.participant.withdraw_reason
        reception.save(update_fields=["state", "reason"])
