"""What time does by itself: questions nobody answered, advice unwritten or unread, outcomes missing.

Safe to run as often as one likes; each reminder is told once.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from clinics import access, acts, consultations
from clinics.announcements import Kind, Telling
from clinics.models import CaseParty, Consultation
from clinics.states import Event, Guard, State
from scheduler.transactions import retried

Part = CaseParty.Part
NUDGES = 2
"""After so many reminders the case is closed with its outcome unknown."""
ASKING = (Part.REQUESTER, Part.COLLEAGUE, Part.PROXY)


def remind(*, now: datetime) -> int:
    """How many cases whose deadline has passed were moved on or had somebody reminded."""
    wanted = [State.NEEDS_INFO, State.REPORT_DUE, State.REPORTED, State.FOLLOW_UP]
    due = Consultation.objects.filter(state__in=wanted, due_at__lte=now).order_by("pk")
    return sum(_remind(case, now=now) for case in due)


def _remind(case: Consultation, *, now: datetime) -> bool:
    if case.state == State.NEEDS_INFO:
        return acts.is_done(partial(consultations.lapse, case, now=now))
    if case.state == State.FOLLOW_UP:
        verb = nudge if _nudges(case) < NUDGES else give_up
        return acts.is_done(partial(verb, case, now=now))
    return acts.is_done(partial(alert, case, now=now))


@retried
def alert(case: Consultation, *, now: datetime) -> Consultation:
    """Advice that is not written, or not read, by its time: whoever owes it and the office are told once."""
    act = acts.begin(case, Event.ALERT, by=None, now=now)
    case = act.case
    act.decide(*([] if _is_alerted(case) else [Guard.NOT_ALERTED]))
    assert case.service is not None
    office = access.coordinators(case.service.organisation_id, now)
    if case.state == State.REPORT_DUE:
        tell = Telling(Kind.UNWRITTEN, [*access.people(case, [Part.SPECIALIST], now), *office])
    else:
        tell = Telling(Kind.UNREAD, [*access.people(case, ASKING, now), *office])
    return act.finish(tell=[tell])


@retried
def nudge(case: Consultation, *, now: datetime) -> Consultation:
    """The requesting side is asked once more what came of it."""
    act = acts.begin(case, Event.NUDGE, by=None, now=now)
    act.decide()
    return act.finish(tell=[Telling(Kind.NUDGED, access.people(act.case, ASKING, now))])


@retried
def give_up(case: Consultation, *, now: datetime) -> Consultation:
    """Closed with its outcome unknown."""
    act = acts.begin(case, Event.GIVE_UP, by=None, now=now)
    act.decide(*([Guard.NUDGED_TWICE] if _nudges(act.case) >= NUDGES else []))
    return act.finish()


def _nudges(case: Consultation) -> int:
    """Since the advice was last read."""
    changes = case.changes.order_by("-pk").values_list("event", flat=True)
    count = 0
    for event in changes:
        if event == Event.ACKNOWLEDGE:
            break
        count += event == Event.NUDGE
    return count


def _is_alerted(case: Consultation) -> bool:
    """Since the case came into its state."""
    for event, before, after in case.changes.order_by("-pk").values_list("event", "before", "after"):
        if event == Event.ALERT:
            return True
        if before != after or event == Event.AMEND:
            return False
    return False
