"""The way of a consultation in six steps: 依頼→受付→日時を選ぶ→カンファレンス→助言→その後の経過."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import pgettext

from clinics.models import CaseChange, Consultation
from clinics.states import Actor
from scheduler import wallclock

State = Consultation.State
Owner = Consultation.Owner
_AT: dict[str, int] = {
    State.DRAFT: 0,
    State.SUBMITTED: 1,
    State.TRIAGED: 2,
    State.OFFERED: 2,
    State.NO_SHOW: 2,
    State.SCHEDULED: 3,
    State.LIVE: 3,
    State.REPORT_DUE: 4,
    State.REPORTED: 4,
    State.FOLLOW_UP: 5,
    State.CLOSED: 6,
}


@dataclass(frozen=True, slots=True)
class Step:
    """`state` is done, current or ahead; `said` tells when, and for the first ones by whom."""

    name: str
    state: str
    said: str


def steps(case: Consultation, zone: ZoneInfo, language: str) -> list[Step]:
    reached = _reached(case)
    times = _times(case)
    names = (
        pgettext("step", "Request"), pgettext("step", "Reception"), pgettext("step", "Choose a time"),
        pgettext("step", "Conference"), pgettext("step", "Advice"), pgettext("step", "Outcome"),
    )  # fmt: skip
    found = []
    for index, name in enumerate(names):
        state = "done" if index < reached else "current" if index == reached else "ahead"
        if case.state in Consultation.ENDED and state != "done":
            state = "ahead"
        found.append(Step(name, state, _said(times.get(index), zone, language)))
    return found


def _reached(case: Consultation) -> int:
    state = case.back_to if case.state == State.NEEDS_INFO and case.back_to else case.state
    if state in _AT:
        return _AT[state]
    # Ended before its time: as far as it came.
    return 2 if case.triaged_at else 1 if case.submitted_at else 0


def _times(case: Consultation) -> dict[int, datetime]:
    """When each step was done, or will be: the conference's time is known before it is held."""
    last = {change.event: change.at for change in CaseChange.objects.filter(consultation=case)}
    found = {
        0: case.submitted_at,
        1: case.triaged_at,
        2: last.get("accept") if case.conference_id else None,
        3: case.conference.start if case.conference else None,
        4: last.get("amend") or last.get("sign"),
        5: last.get("record_outcome"),
    }
    return {index: at for index, at in found.items() if at is not None}


def _said(at: datetime | None, zone: ZoneInfo, language: str) -> str:
    if at is None:
        return ""
    local = at.astimezone(zone)
    if wallclock.is_japanese(language):
        return f"{local.month}/{local.day} {wallclock.clock(at, zone)}"
    return f"{local.day} {wallclock.MONTHS_EN[local.month - 1]}, {wallclock.clock(at, zone)}"


def is_owned(case: Consultation, actors: Sequence[Actor]) -> bool:
    """Whether the next step is up to somebody who acts as these."""
    sides = {
        Owner.REQUESTER.value: {Actor.REQUESTER, Actor.COLLEAGUE, Actor.PROXY},
        Owner.COORDINATOR.value: {Actor.COORDINATOR},
        Owner.SPECIALIST.value: {Actor.SPECIALIST},
    }
    return bool(sides.get(case.owner, set()) & set(actors))
