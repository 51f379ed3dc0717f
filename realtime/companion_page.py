"""What a telephone beside the receiving room's device shows to the school's staff.

It starts and watches the device and never joins itself: a second microphone in one room howls.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from realtime import access, companions, device_words, devices, help_calls
from realtime.companions import Beside
from realtime.devices import DeviceState, State
from realtime.help_calls import Answer
from realtime.models import HelpCall
from scheduler.models import Booking, Organisation, Participant


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    words: str
    value: str


@dataclass(frozen=True, slots=True)
class CompanionPage:
    """`phase` is early (the door is shut), soon, live, or over (after the school's own end)."""

    side: Participant
    now: datetime
    phase: str
    opens_at: datetime
    is_open: bool
    device: DeviceState
    device_words: str
    device_chip: str
    checks: tuple[Check, ...]
    is_asked: bool
    beside: Beside
    help: Answer
    symptoms: tuple[tuple[str, str], ...]

    @property
    def booking(self) -> Booking:
        return self.side.booking

    @property
    def school(self) -> Organisation:
        return self.side.organisation

    @property
    def zone(self) -> ZoneInfo:
        return self.school.zone

    @property
    def can_start(self) -> bool:
        """There is a device to be told, and it is not there already."""
        knows = self.device.status is not None and self.device.state != State.INSIDE
        return self.is_open and knows and not self.is_asked

    @property
    def can_stand_in(self) -> bool:
        """Nothing in the receiving room could howl, so this computer may take the device's place."""
        return self.is_open and not self.device.is_here


def load(side: Participant, now: datetime, language: str) -> CompanionPage:
    booking = side.booking
    window = access.window_of(booking)
    found = devices.state_of(side, now)
    is_waiting = found.state in {State.WAITING, State.CHECKED, State.PROBLEM}
    return CompanionPage(
        side=side,
        now=now,
        phase=_phase(side, window.start, now),
        opens_at=window.start,
        is_open=window.start <= now < window.end,
        device=found,
        device_words=device_words.words(found, side.organisation.zone, language),
        device_chip=device_words.CHIPS[found.state],
        checks=tuple(_checks(found)) if is_waiting else (),
        is_asked=found.is_asked(booking.pk, now) and found.state != State.INSIDE,
        beside=companions.beside(booking, side, language),
        help=help_calls.state_for(booking, side.organisation_id, now, language),
        symptoms=tuple((s.value, help_calls.symptom_words(s)) for s in HelpCall.Symptom),
    )


def _phase(side: Participant, opens_at: datetime, now: datetime) -> str:
    if now < opens_at:
        return "early"
    if now < side.start:
        return "soon"
    return "live" if now < side.end else "over"


def _checks(found: DeviceState) -> list[Check]:
    values = [(name, str(getattr(found.status, name))) for name in device_words.CHECKS]
    return [
        Check(device_words.check_name(name), device_words.check_words(value), value) for name, value in values
    ]
