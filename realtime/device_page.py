"""What the waiting page of a receiving room's device shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from realtime import access, companions, devices
from realtime.companions import Beside
from scheduler.models import Booking, Membership, Organisation, Participant
from scheduler.names import joined

CHECKS_FROM = timedelta(minutes=20)
"""So long before the lesson the device keeps checking by itself."""


@dataclass(frozen=True, slots=True)
class Coming:
    """The next lesson of this device's own side; `is_open`: its room may be entered now."""

    side: Participant
    teacher: str
    partners: str
    beside: Beside
    is_open: bool
    opens_at: datetime
    checks_from: datetime

    @property
    def booking(self) -> Booking:
        return self.side.booking


@dataclass(frozen=True, slots=True)
class DevicePage:
    post: Membership
    now: datetime
    coming: Coming | None

    @property
    def school(self) -> Organisation:
        return self.post.organisation

    @property
    def zone(self) -> ZoneInfo:
        return self.school.zone

    @property
    def is_today(self) -> bool:
        """The next lesson is near enough to count the minutes."""
        return self.coming is not None and self.coming.side.start - self.now < timedelta(hours=12)


def load(post: Membership, now: datetime, language: str) -> DevicePage:
    side = devices.next_side(post, now)
    return DevicePage(post, now, None if side is None else _coming(side, now, language))


def _coming(side: Participant, now: datetime, language: str) -> Coming:
    others = side.booking.participants.standing().exclude(pk=side.pk)
    others = others.select_related("organisation", "person")
    window = access.window_of(side.booking)
    return Coming(
        side=side,
        teacher=joined(
            (
                _("%(name)s (teacher)") % {"name": one.person.label.in_language(language)}
                for one in others
                if one.person is not None and one.role == Participant.Role.HOST
            ),
            language,
        ),
        partners=joined(
            (
                one.organisation.label.in_language(language)
                for one in others
                if one.person is None and one.role == Participant.Role.GUEST
            ),
            language,
        ),
        beside=companions.beside(side.booking, side, language),
        is_open=window.start <= now < window.end,
        opens_at=window.start,
        checks_from=side.start - CHECKS_FROM,
    )
