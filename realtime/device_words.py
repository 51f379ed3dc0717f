"""How the state of a receiving room's device is written: a word, and its sign."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from realtime.devices import DeviceState, State
from realtime.models import DeviceStatus
from scheduler import wallclock
from scheduler.names import joined

CHIPS = {
    State.NONE: "warn",
    State.GONE: "bad",
    State.WAITING: "waiting",
    State.CHECKED: "ok",
    State.PROBLEM: "warn",
    State.INSIDE: "act",
}
"""The chip of each state (scheduler's `chip`)."""
CHECKS = ("camera", "microphone", "speaker", "line")


def words(found: DeviceState, zone: ZoneInfo, language: str) -> str:
    """「待機中（9:31 確認済み）」, short enough for a chip."""
    at = wallclock.clock(found.since, zone) if found.since else ""
    if found.state == State.PROBLEM:
        return _("check: %(what)s") % {"what": joined(failed(found), language)}
    sentences = {
        State.NONE: pgettext("device", "none entered"),
        State.GONE: pgettext("device", "not connected"),
        State.WAITING: pgettext("device", "waiting"),
        State.CHECKED: pgettext("device", "waiting (checked %(at)s)"),
        State.INSIDE: pgettext("device", "in the room"),
    }
    return sentences[found.state] % {"at": at}


def failed(found: DeviceState) -> list[str]:
    """The names of the checks that failed."""
    if found.status is None:
        return []
    bad = DeviceStatus.Check.BAD
    return [check_name(check) for check in CHECKS if getattr(found.status, check) == bad]


def check_name(check: str) -> str:
    return {
        "camera": pgettext("check", "Camera"),
        "microphone": pgettext("check", "Microphone"),
        "speaker": pgettext("check", "Speaker"),
        "line": pgettext("check", "Line"),
    }[check]


def check_words(value: str) -> str:
    return {
        "": pgettext("check", "not tried yet"),
        "ok": pgettext("check", "works"),
        "bad": pgettext("check", "needs a look"),
    }[value]
