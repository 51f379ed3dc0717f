"""The conference as it runs: when it begins and ends, who did not come, and finding another time.

Who was in the room is what `realtime` witnessed (Visit). `watch` looks every minute; the specialist
may press 開始 and 終了 as well, as when they talk by telephone instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest

from clinics import access, acts, deadlines, offers
from clinics.announcements import Kind, Telling
from clinics.models import CaseParty, Consultation
from clinics.states import Event, Guard, State
from realtime.access import OPENS_BEFORE
from realtime.models import Visit
from scheduler.models import Participant, User
from scheduler.transactions import retried

Part = CaseParty.Part
EVERYBODY = (Part.REQUESTER, Part.COLLEAGUE, Part.PROXY, Part.SPECIALIST)


@dataclass(frozen=True, slots=True)
class Attendance:
    """Who was in the room so far. `together_at` is when both sides were there first."""

    advising: bool
    asking: bool
    is_somebody_inside: bool
    together_at: datetime | None
    left_at: datetime | None
    """When the last one left, once nobody is inside."""

    @property
    def missing(self) -> str:
        """requester, specialist, both, or "" when both sides came."""
        if not self.advising and not self.asking:
            return "both"
        return "" if self.advising and self.asking else ("requester" if self.advising else "specialist")


def attendance(case: Consultation, now: datetime) -> Attendance:
    """One query."""
    rows = list(
        Visit.objects.filter(booking=case.conference_id, participant__isnull=False)
        .values_list("participant__role", "started_at", "last_beat_at", "ended_at")
        .order_by("started_at")
    )  # fmt: skip
    stays = [(role, start, now if ended is None else max(beat, start)) for role, start, beat, ended in rows]
    hosts = [(start, end) for role, start, end in stays if role == Participant.Role.HOST]
    guests = [(start, end) for role, start, end in stays if role == Participant.Role.GUEST]
    together = [max(h[0], g[0]) for h in hosts for g in guests if h[0] <= g[1] and g[0] <= h[1]]
    inside = any(ended is None for *_rest, ended in rows)
    ends = [end for _role, _start, end in stays]
    return Attendance(
        advising=bool(hosts), asking=bool(guests), is_somebody_inside=inside,
        together_at=min(together, default=None), left_at=None if inside else max(ends, default=None),
    )  # fmt: skip


@retried
def start(
    case: Consultation,
    *,
    by: User | None,
    now: datetime,
    intention: UUID | None = None,
    request: HttpRequest | None = None,
) -> Consultation:
    """It runs: both sides are in the room, or the specialist says so from when the door is open."""
    act = acts.begin(case, Event.START, by=by, now=now, intention=intention, request=request)
    if act.earlier:
        return act.case
    act.must_be_part()
    seen = attendance(act.case, now)
    booking = act.case.conference
    is_open = booking is not None and now >= booking.start - OPENS_BEFORE
    guards = [*([Guard.PRESENT] if seen.together_at else []), *([Guard.DOOR_OPEN] if is_open else [])]
    act.decide(*guards)
    return act.finish(facts={"at": (seen.together_at or now).isoformat()})


@retried
def end(
    case: Consultation,
    *,
    by: User | None,
    now: datetime,
    intention: UUID | None = None,
    request: HttpRequest | None = None,
) -> Consultation:
    """It is over, by the specialist's word, or when its time is over and everybody has left."""
    act = acts.begin(case, Event.END, by=by, now=now, intention=intention, request=request)
    if act.earlier:
        return act.case
    act.must_be_part()
    seen = attendance(act.case, now)
    booking = act.case.conference
    is_over = booking is not None and booking.end <= now and not seen.is_somebody_inside
    act.decide(*([Guard.ALL_GONE] if is_over else []))
    at = min(seen.left_at or now, now)
    specialist = act.case.specialist
    told = [specialist.user] if specialist and specialist.user else []
    return act.finish(facts={"at": at.isoformat()}, tell=[Telling(Kind.REPORT_DUE, told)])


@retried
def miss(
    case: Consultation,
    *,
    by: User | None,
    now: datetime,
    intention: UUID | None = None,
    request: HttpRequest | None = None,
) -> Consultation:
    """It did not begin within the grace; the record says which side was missing."""
    act = acts.begin(case, Event.MISS, by=by, now=now, intention=intention, request=request)
    if act.earlier:
        return act.case
    act.must_be_part()
    act.decide(*([Guard.GRACE_OVER] if act.case.conference and now >= _missed_at(act.case, now) else []))
    seen = attendance(act.case, now)
    assert act.case.service is not None
    told = [
        *access.coordinators(act.case.service.organisation_id, now),
        *access.people(act.case, EVERYBODY, now),
    ]
    return act.finish(facts={"missing": seen.missing or "together"}, tell=[Telling(Kind.MISSED, told)])


@retried
def reschedule(
    case: Consultation,
    *,
    by: User,
    now: datetime,
    intention: UUID,
    reason: str,
    version: int | None = None,
    request: HttpRequest | None = None,
) -> Consultation:
    """The booked time is free again and another one is looked for."""
    act = acts.begin(
        case, Event.RESCHEDULE, by=by, now=now, intention=intention, version=version, request=request
    )
    if act.earlier:
        return act.case
    act.must_be_part()
    seen = attendance(act.case, now)
    runs = seen.together_at is not None and seen.is_somebody_inside
    guards = [*([Guard.REASON] if reason.strip() else []), *([] if runs else [Guard.NOT_RUNNING])]
    act.decide(*guards)
    return _look_anew(act, by=by, now=now, intention=intention, reason=reason.strip())


@retried
def rebook(
    case: Consultation, *, by: User, now: datetime, intention: UUID, request: HttpRequest | None = None
) -> Consultation:
    """It did not take place: another time is looked for."""
    act = acts.begin(case, Event.REBOOK, by=by, now=now, intention=intention, request=request)
    if act.earlier:
        return act.case
    act.decide()
    return _look_anew(act, by=by, now=now, intention=intention, reason="")


def watch(*, now: datetime) -> int:
    """Begins, misses and ends what the clock and the room say; how many cases changed. Run every minute."""
    soon = Consultation.objects.filter(
        state__in=[State.SCHEDULED, State.NO_SHOW], conference__start__lte=now + OPENS_BEFORE,
    )  # fmt: skip
    running = Consultation.objects.filter(state=State.LIVE, conference__end__lte=now)
    changed = 0
    for case in _read(soon):
        seen = attendance(case, now)
        if seen.together_at:
            changed += acts.is_done(partial(start, case, by=None, now=now))
        elif case.state == State.SCHEDULED and now >= _missed_at(case, now):
            changed += acts.is_done(partial(miss, case, by=None, now=now))
    for case in _read(running):
        if not attendance(case, now).is_somebody_inside:
            changed += acts.is_done(partial(end, case, by=None, now=now))
    return changed


def _read(cases: QuerySet[Consultation]) -> Iterable[Consultation]:
    return cases.select_related("conference", "service__organisation").order_by("pk")


def _missed_at(case: Consultation, now: datetime) -> datetime:
    assert case.conference is not None
    assert case.service is not None
    return deadlines.Clock(case.service.organisation, now).after(deadlines.GRACE, case.conference.start)


def _look_anew(act: acts.Act, *, by: User, now: datetime, intention: UUID, reason: str) -> Consultation:
    case = act.case
    before = case.conference
    offers.release(case, by=by, now=now, intention=intention)
    assert case.service is not None
    told = [*access.people(case, EVERYBODY, now), *access.coordinators(case.service.organisation_id, now)]
    facts = {"booking": before.pk, "start": before.start.isoformat()} if before else {}
    return act.finish("conference", reason=reason, facts=facts, tell=[Telling(Kind.RESCHEDULED, told)])
