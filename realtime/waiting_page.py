"""What somebody reads who waits to be let into a conference: for whom, since when, until about when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from realtime import admittances
from realtime.models import Visit
from scheduler.models import Booking, Participant, User

HOST_HEARD_FOR = timedelta(seconds=20)
"""A beat comes every 5 seconds and is written at once; after this nobody is said to be there."""


@dataclass(frozen=True, slots=True)
class WaitingPage:
    booking: Booking
    hosts: tuple[Participant, ...]
    """Who lets in; empty for a reader who is no person of the booking."""
    is_host_here: bool
    since: datetime
    now: datetime
    zone: ZoneInfo

    @property
    def is_late(self) -> bool:
        return self.now >= self.booking.start


def load(booking: Booking, user: User, now: datetime) -> WaitingPage:
    """Being read is knocking."""
    sides = Participant.objects.standing().filter(booking=booking, person__isnull=False)
    people = list(sides.select_related("person", "organisation").order_by("pk"))
    own = next((side for side in people if side.person and side.person.user_id == user.pk), None)
    leaders = Visit.objects.filter(
        booking=booking, standing=Visit.Standing.LEADER, ended_at=None, last_beat_at__gt=now - HOST_HEARD_FOR
    )
    return WaitingPage(
        booking=booking,
        hosts=tuple(side for side in people if own and side.role == Participant.Role.HOST),
        is_host_here=leaders.exists(),
        since=admittances.knock(booking, user, now=now),
        now=now,
        zone=(own.organisation if own else booking.organiser).zone,
    )
