"""What every verb of consultations shares: lock the case → decide → write → audit → announce.

Locks are taken in one order everywhere: the case, then what `scheduler.bookings` locks (resources by
key, then bookings by key), then the numbering, and last the end of the audit's chain. Nobody locks
a case who holds one of those.

states.CaseError
├── states.Refused        the rules say no; carries the reason
├── StaleError            the page was made of an older version of the case
├── IntentionError        the key of this request was used for another one
└── offers.OfferError     what became of an offer, see there
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest

from clinics import access, announcements, deadlines, states
from clinics.models import CaseChange, Consultation, Offer
from clinics.signals import case_changed
from clinics.states import Actor, CaseError, Deadline, Event, Facts, Guard, Refused, State, Step
from scheduler import audit
from scheduler.models import AuditEntry, User

WRITTEN = ("state", "back_to", "owner", "due_at", "paused_at", "version", "ended_at")


class StaleError(CaseError):
    """Somebody else changed the case after the page was made; `case` is as it is now."""

    def __init__(self, case: Consultation) -> None:
        super().__init__("stale")
        self.case = case


class IntentionError(CaseError):
    """The key of this request was used before, for another case, verb or person."""


@dataclass(slots=True)
class Act:
    """One request on one locked case."""

    case: Consultation
    event: Event
    by: User | None
    actors: list[Actor]
    now: datetime
    intention: UUID | None
    request: HttpRequest | None
    earlier: CaseChange | None = None
    """What this request did when it first came; the verb then gives its first answer."""
    actor: Actor | None = None
    step: Step | None = None
    clock: deadlines.Clock | None = field(default=None, repr=False)

    def must_be_part(self) -> None:
        """Strangers are refused before anything is told of the case."""
        if not self.actors:
            raise Refused(states.Reason.NOT_YOURS, self.event)

    def decide(self, *guards: Guard, missing: tuple[str, ...] = (), lost: Iterable[Guard] = ()) -> Step:
        """The step, as the first of the actor's parts that may take it. `guards` hold besides those
        that the rows tell; `lost` do not although the rows tell so."""
        holds = (holds_of(self.case, self.now) | set(guards)) - set(lost)
        back_to = State(self.case.back_to) if self.case.back_to else None
        if back_to == State.OFFERED and not open_offers(self.case, self.now):
            back_to = State.TRIAGED
        facts = Facts(State(self.case.state), back_to, frozenset(holds), missing)
        refusal: Refused | None = None
        tried: Sequence[Actor | None] = self.actors or [None]
        for actor in tried:
            try:
                self.step, self.actor = states.decide(facts, self.event, actor), actor
            except Refused as error:
                # A part that may do it some day explains more than one that never may.
                if refusal is None or refusal.reason == states.Reason.NOT_YOURS:
                    refusal = error
            else:
                return self.step
        assert refusal is not None
        raise refusal

    def finish(
        self,
        *changed: str,
        reason: str = "",
        facts: Mapping[str, object] | None = None,
        tell: Iterable[announcements.Telling] = (),
        due_at: datetime | None = None,
    ) -> Consultation:
        """Writes the step with the case's `changed` columns, appends it to the history, tells whom it
        concerns, and puts it on the audit."""
        assert self.step is not None
        assert self.actor is not None
        case, step, before = self.case, self.step, self.case.state
        case.due_at = due_at or self._due(step)
        case.state, case.owner = step.target.value, step.owner.value
        if step.target == State.NEEDS_INFO:
            if before != State.NEEDS_INFO:
                case.back_to, case.paused_at = before, self.now
        else:
            case.back_to, case.paused_at = "", None
        case.ended_at = self.now if step.target in states.ENDED else None
        case.version += 1
        case.save(update_fields=sorted({*changed, *WRITTEN}))
        change = self._append(before, reason, dict(facts or {}))
        announcements.tell_all(case, change, tell, by=self.by, now=self.now)
        self._audit(before, dict(facts or {}))
        transaction.on_commit(
            partial(case_changed.send_robust, sender=Consultation, case_id=case.pk, event=self.event.value)
        )
        return case

    def _due(self, step: Step) -> datetime | None:
        case = self.case
        first = min((o.expires_at for o in open_offers(case, self.now)), default=None)
        if step.target == State.OFFERED and step.deadline_kind in {Deadline.RESUME, Deadline.CHOOSE}:
            return first
        if step.deadline_kind == Deadline.RESUME:
            before = self._due_before_question()
            assert case.paused_at is not None
            return before + (self.now - case.paused_at) if before else first
        return deadlines.due(case, step.deadline_kind, self.now, clock=self.clock)

    def _due_before_question(self) -> datetime | None:
        asked = self.case.changes.filter(event=Event.ASK.value).order_by("-pk").first()
        due = asked.facts.get("due") if asked else None
        return datetime.fromisoformat(due) if isinstance(due, str) else None

    def _append(self, before: str, reason: str, facts: dict[str, object]) -> CaseChange:
        assert self.actor is not None
        return CaseChange.objects.create(
            consultation=self.case, event=self.event.value, before=before, after=self.case.state,
            at=self.now, by=self.by, actor=self.actor.value, reason=reason, facts=facts,
            intention=self.intention,
        )  # fmt: skip

    def _audit(self, before: str, facts: dict[str, object]) -> None:
        assert self.actor is not None
        case, actor = self.case, self.actor
        action = AuditEntry.Action.CREATE if self.event == Event.CREATE else AuditEntry.Action.UPDATE
        audit.record(
            action,
            f"consultation.{self.event.value}",
            by=self.by,
            now=self.now,
            object_type="consultation",
            object_key=str(case.uid),
            case_key=case.number,
            role=actor.value,
            organisation_id=access.side_of(case, actor),
            on_behalf_of=case.requester.user if actor == Actor.PROXY else None,
            facts={**facts, "before": before, "after": case.state},
            request=self.request,
        )


def begin(
    case: Consultation,
    event: Event,
    *,
    by: User | None,
    now: datetime,
    intention: UUID | None = None,
    version: int | None = None,
    request: HttpRequest | None = None,
) -> Act:
    """The act on the case, locked and read afresh. Without `by` the system acts."""
    locked = Consultation.objects.select_for_update(no_key=True, of=("self",)).get(pk=case.pk)
    earlier = _earlier(locked, event, by, intention)
    actors = [Actor.SYSTEM] if by is None else access.parts_of(by, locked, now)
    act = Act(locked, event, by, actors, now, intention, request, earlier)
    if earlier is None and version is not None and version != locked.version:
        act.must_be_part()
        raise StaleError(locked)
    return act


def is_done(verb: Callable[[], object]) -> bool:
    """Whether the system's step could be taken. Between looking and locking somebody may have been faster."""
    try:
        verb()
    except Refused:
        return False
    return True


def _earlier(case: Consultation, event: Event, by: User | None, intention: UUID | None) -> CaseChange | None:
    if intention is None:
        return None
    found = CaseChange.objects.filter(intention=intention).first()
    if found is None:
        return None
    if (found.consultation_id, found.event, found.by_id) != (case.pk, event.value, by.pk if by else None):
        raise IntentionError
    return found


def open_offers(case: Consultation, now: datetime) -> list[Offer]:
    """Offers that can still be answered at `now`, the requester's own among them."""
    found = case.offers.filter(state=Offer.State.OPEN, expires_at__gt=now)
    return list(found.select_related("booking"))


def holds_of(case: Consultation, now: datetime) -> set[Guard]:
    """The conditions that can be read off the case's own rows."""
    holds = set()
    if case.specialist_id is not None:
        holds.add(Guard.ASSIGNED)
    if case.due_at is not None and case.due_at <= now:
        holds.add(Guard.DUE)
    offers = open_offers(case, now)
    if offers:
        holds.add(Guard.OFFERS_LEFT)
    if any(offer.side == Offer.Side.REQUESTER for offer in offers):
        holds.add(Guard.COUNTERED)
    if case.outcomes.exists():
        holds.add(Guard.OUTCOME_KNOWN)
    return holds
