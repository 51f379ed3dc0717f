"""The states of a consultation: who may do what when, and who has the next step until when.

Pure. The rules are the rows of `TRANSITIONS` (domain/telemedicine.md §6.2; each row keeps its number
there), so that paging, rosters and recurring conferences come as further rows. `decide` is asked
under the lock of the case; docs/consultations.md is written from this module.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum


class State(StrEnum):
    """In the order in which a case goes through them."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    NEEDS_INFO = "needs_info"
    TRIAGED = "triaged"
    OFFERED = "offered"
    SCHEDULED = "scheduled"
    NO_SHOW = "no_show"
    LIVE = "live"
    REPORT_DUE = "report_due"
    REPORTED = "reported"
    FOLLOW_UP = "follow_up"
    CLOSED = "closed"
    DECLINED = "declined"
    UNFILLED = "unfilled"
    CANCELLED = "cancelled"


ENDED = frozenset({State.CLOSED, State.DECLINED, State.UNFILLED, State.CANCELLED})


class Actor(StrEnum):
    """As what somebody acts: their part in the case, the office of the hospital that has it, or nobody."""

    REQUESTER = "requester"
    COLLEAGUE = "colleague"
    PROXY = "proxy"
    SPECIALIST = "specialist"
    COORDINATOR = "coordinator"
    SYSTEM = "system"


class Owner(StrEnum):
    REQUESTER = "requester"
    COORDINATOR = "coordinator"
    SPECIALIST = "specialist"
    NOBODY = ""


class Deadline(StrEnum):
    """What `due_at` is reckoned from (clinics.deadlines)."""

    NONE = "none"
    KEEP = "keep"
    RESUME = "resume"
    """As before the question, later by as long as it took."""
    ACKNOWLEDGE = "acknowledge"
    INFORMATION = "information"
    OFFER = "offer"
    CHOOSE = "choose"
    """When the first open offer runs out."""
    COUNTER = "counter"
    CONFERENCE = "conference"
    """When one who has not come is missing."""
    CONFERENCE_END = "conference_end"
    REBOOK = "rebook"
    REPORT = "report"
    READ = "read"
    OUTCOME = "outcome"
    NUDGE = "nudge"


class Event(StrEnum):
    CREATE = "create"
    SAVE = "save"
    SUBMIT = "submit"
    ASK = "ask"
    ANSWER = "answer"
    LAPSE = "lapse"
    ASSIGN = "assign"
    TRIAGE = "triage"
    REDIRECT = "redirect"
    HAND_BACK = "hand_back"
    PROPOSE = "propose"
    COUNTER_PROPOSE = "counter_propose"
    TAKE_UP = "take_up"
    ACCEPT = "accept"
    DECLINE_OFFER = "decline_offer"
    DECLINE_COUNTER = "decline_counter"
    WITHDRAW_OFFER = "withdraw_offer"
    EXPIRE_OFFER = "expire_offer"
    UNFILL = "unfill"
    DECLINE = "decline"
    RESCHEDULE = "reschedule"
    START = "start"
    MISS = "miss"
    REBOOK = "rebook"
    ADD_PARTY = "add_party"
    REMOVE_PARTY = "remove_party"
    ATTACH = "attach"
    DETACH = "detach"
    END = "end"
    SIGN = "sign"
    ACKNOWLEDGE = "acknowledge"
    ALERT = "alert"
    AMEND = "amend"
    RECORD_OUTCOME = "record_outcome"
    NUDGE = "nudge"
    GIVE_UP = "give_up"
    CANCEL = "cancel"


class Guard(StrEnum):
    """A condition that the caller looks up and `decide` asks for. As a row's `when` it chooses the row."""

    FIELDS = "fields"
    CONSENT = "consent"
    URGENCY = "urgency"
    SERVICE = "service"
    REASON = "reason"
    TEXT = "text"
    DUE = "due"
    ELIGIBLE = "eligible"
    FEW_PEOPLE = "few_people"
    FEW_OFFERS = "few_offers"
    AHEAD = "ahead"
    PRESENT = "present"
    DOOR_OPEN = "door_open"
    GRACE_OVER = "grace_over"
    NOT_RUNNING = "not_running"
    ALL_GONE = "all_gone"
    LINES = "lines"
    AUTHOR = "author"
    NEWEST = "newest"
    NUDGED_TWICE = "nudged_twice"
    NOT_ALERTED = "not_alerted"

    ASSIGNED = "assigned"
    OFFERS_LEFT = "offers_left"
    COUNTERED = "countered"
    OUTCOME_KNOWN = "outcome_known"


class Reason(StrEnum):
    """Why something is refused; `clinics.wording` says it. The others are the guards that do not hold."""

    NOT_YOURS = "not_yours"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    ENDED = "ended"
    WAITING = "waiting"
    """A question must be answered first."""
    FIELDS = "fields"
    CONSENT = "consent"
    URGENCY = "urgency"
    SERVICE = "service"
    REASON = "reason"
    TEXT = "text"
    DUE = "due"
    ELIGIBLE = "eligible"
    FEW_PEOPLE = "few_people"
    FEW_OFFERS = "few_offers"
    AHEAD = "ahead"
    PRESENT = "present"
    DOOR_OPEN = "door_open"
    GRACE_OVER = "grace_over"
    NOT_RUNNING = "not_running"
    ALL_GONE = "all_gone"
    LINES = "lines"
    AUTHOR = "author"
    NEWEST = "newest"
    NUDGED_TWICE = "nudged_twice"
    NOT_ALERTED = "not_alerted"


class CaseError(Exception):
    """Base of what the package refuses. Messages hold codes alone, never what anybody wrote."""


class Refused(CaseError):  # noqa: N818 -- it reads as what happened
    """`event` cannot be; `who` might, and `sources` are the states in which it can be."""

    def __init__(
        self,
        reason: Reason,
        event: Event,
        *,
        state: State | None = None,
        who: frozenset[Actor] = frozenset(),
        sources: tuple[State, ...] = (),
        detail: tuple[str, ...] = (),
    ) -> None:
        super().__init__(f"{event}: {reason}")
        self.reason = reason
        self.event = event
        self.state = state
        self.who = who
        self.sources = sources
        self.detail = detail
        """Names of what is missing, where it is fields."""


class Goes(Enum):
    """Targets that are no state of their own."""

    STAYS = "stays"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class Row:
    """One transition. Of several that fit, the first whose `when` holds is taken."""

    number: str
    event: Event
    sources: tuple[State | None, ...]
    target: State | Goes
    who: frozenset[Actor]
    needs: tuple[Guard, ...] = ()
    when: frozenset[Guard] = frozenset()
    owner: Owner | None = None
    deadline: Deadline | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What `decide` must know: where the case is, and which conditions hold."""

    state: State | None
    back_to: State | None = None
    holds: frozenset[Guard] = frozenset()
    missing: tuple[str, ...] = ()
    """Names of required fields that are empty."""


@dataclass(frozen=True, slots=True)
class Step:
    target: State
    owner: Owner
    deadline_kind: Deadline


REQUESTER = frozenset({Actor.REQUESTER})
REQUESTING = frozenset({Actor.REQUESTER, Actor.COLLEAGUE, Actor.PROXY})
REQUESTING_DOCTORS = frozenset({Actor.REQUESTER, Actor.COLLEAGUE})
PREPARING = frozenset({Actor.REQUESTER, Actor.PROXY})
ADVISING = frozenset({Actor.SPECIALIST, Actor.COORDINATOR})
SPECIALIST = frozenset({Actor.SPECIALIST})
COORDINATOR = frozenset({Actor.COORDINATOR})
SYSTEM = frozenset({Actor.SYSTEM})
S = State
AFTER_DRAFT = tuple(s for s in State if s not in ENDED and s != State.DRAFT)
BEFORE_LIVE = (S.SUBMITTED, S.NEEDS_INFO, S.TRIAGED, S.OFFERED, S.SCHEDULED, S.NO_SHOW)

TRANSITIONS: tuple[Row, ...] = (
    Row("T1", Event.CREATE, (None,), S.DRAFT, PREPARING),
    Row("T1", Event.SAVE, (S.DRAFT,), Goes.STAYS, PREPARING),
    Row("T2", Event.SUBMIT, (S.DRAFT,), S.SUBMITTED, REQUESTER,
        (Guard.FIELDS, Guard.URGENCY, Guard.CONSENT, Guard.SERVICE)),
    Row("T4", Event.ASK, (S.SUBMITTED, S.TRIAGED, S.OFFERED), S.NEEDS_INFO, ADVISING, (Guard.TEXT,)),
    Row("T5", Event.ANSWER, (S.NEEDS_INFO,), Goes.BACK, REQUESTING, (Guard.TEXT,), deadline=Deadline.RESUME),
    Row("T6", Event.LAPSE, (S.NEEDS_INFO,), Goes.BACK, SYSTEM, (Guard.DUE,), owner=Owner.COORDINATOR),
    Row("T7", Event.ASSIGN, (S.SUBMITTED,), S.TRIAGED, COORDINATOR, (Guard.ELIGIBLE,)),
    Row("T7", Event.ASSIGN, (S.TRIAGED,), Goes.STAYS, ADVISING, (Guard.ELIGIBLE,)),
    Row("T7", Event.TRIAGE, (S.SUBMITTED, S.TRIAGED), Goes.STAYS, COORDINATOR, (Guard.REASON,)),
    Row("T7", Event.REDIRECT, (S.SUBMITTED, S.TRIAGED), S.SUBMITTED, COORDINATOR,
        (Guard.SERVICE, Guard.REASON)),
    Row("T32", Event.ASSIGN, (S.REPORT_DUE,), Goes.STAYS, COORDINATOR, (Guard.ELIGIBLE,)),
    Row("T32", Event.HAND_BACK, (S.TRIAGED,), Goes.STAYS, SPECIALIST, owner=Owner.COORDINATOR),
    Row("T9", Event.PROPOSE, (S.TRIAGED, S.OFFERED), S.OFFERED, ADVISING,
        (Guard.FEW_OFFERS, Guard.ELIGIBLE, Guard.AHEAD)),
    Row("T12", Event.COUNTER_PROPOSE, (S.TRIAGED, S.OFFERED), S.OFFERED, REQUESTING,
        (Guard.FEW_OFFERS, Guard.AHEAD)),
    Row("T12", Event.TAKE_UP, (S.OFFERED,), S.OFFERED, ADVISING,
        (Guard.FEW_OFFERS, Guard.ELIGIBLE, Guard.AHEAD)),
    Row("T12", Event.DECLINE_COUNTER, (S.OFFERED,), S.OFFERED, ADVISING,
        when=frozenset({Guard.OFFERS_LEFT})),
    Row("T12", Event.DECLINE_COUNTER, (S.OFFERED,), S.TRIAGED, ADVISING),
    Row("T13", Event.ACCEPT, (S.OFFERED,), S.SCHEDULED, REQUESTING),
    Row("T14", Event.DECLINE_OFFER, (S.OFFERED,), S.OFFERED, REQUESTING, when=frozenset({Guard.OFFERS_LEFT})),
    Row("T14", Event.DECLINE_OFFER, (S.OFFERED,), S.TRIAGED, REQUESTING),
    Row("T14", Event.WITHDRAW_OFFER, (S.OFFERED,), S.OFFERED, ADVISING | REQUESTING,
        when=frozenset({Guard.OFFERS_LEFT})),
    Row("T14", Event.WITHDRAW_OFFER, (S.OFFERED,), S.TRIAGED, ADVISING | REQUESTING),
    Row("T14", Event.EXPIRE_OFFER, (S.OFFERED,), S.OFFERED, SYSTEM, when=frozenset({Guard.OFFERS_LEFT})),
    Row("T14", Event.EXPIRE_OFFER, (S.OFFERED,), S.TRIAGED, SYSTEM, owner=Owner.COORDINATOR),
    Row("T14", Event.EXPIRE_OFFER, (S.NEEDS_INFO,), Goes.STAYS, SYSTEM),
    Row("T15", Event.UNFILL, (S.TRIAGED, S.OFFERED), S.UNFILLED, COORDINATOR, (Guard.REASON,)),
    Row("T16", Event.DECLINE, (S.SUBMITTED, S.TRIAGED), S.DECLINED, COORDINATOR, (Guard.REASON,)),
    Row("T22", Event.RESCHEDULE, (S.SCHEDULED,), S.TRIAGED, ADVISING | REQUESTING,
        (Guard.REASON, Guard.NOT_RUNNING)),
    Row("T23", Event.START, (S.SCHEDULED, S.NO_SHOW), S.LIVE, SYSTEM, (Guard.PRESENT,)),
    Row("T23", Event.START, (S.SCHEDULED,), S.LIVE, SPECIALIST, (Guard.DOOR_OPEN,)),
    Row("T24", Event.MISS, (S.SCHEDULED,), S.NO_SHOW, SYSTEM | COORDINATOR, (Guard.GRACE_OVER,)),
    Row("T25", Event.REBOOK, (S.NO_SHOW,), S.TRIAGED, ADVISING | REQUESTING),
    Row("T27", Event.ADD_PARTY, AFTER_DRAFT, Goes.STAYS, ADVISING | REQUESTING_DOCTORS,
        (Guard.ELIGIBLE, Guard.FEW_PEOPLE)),
    Row("T27", Event.REMOVE_PARTY, AFTER_DRAFT, Goes.STAYS, ADVISING | REQUESTING_DOCTORS, (Guard.ELIGIBLE,)),
    Row("R2", Event.ATTACH, (S.DRAFT, *AFTER_DRAFT), Goes.STAYS, REQUESTING),
    Row("R2", Event.DETACH, (S.DRAFT, *AFTER_DRAFT), Goes.STAYS, REQUESTING),
    Row("T29", Event.END, (S.LIVE,), S.REPORT_DUE, SPECIALIST),
    Row("T29", Event.END, (S.LIVE,), S.REPORT_DUE, SYSTEM, (Guard.ALL_GONE,)),
    Row("T30", Event.SIGN, (S.REPORT_DUE,), S.REPORTED, SPECIALIST, (Guard.AUTHOR, Guard.LINES)),
    Row("T33", Event.ACKNOWLEDGE, (S.REPORTED,), S.CLOSED, REQUESTING_DOCTORS, (Guard.NEWEST,),
        when=frozenset({Guard.OUTCOME_KNOWN})),
    Row("T33", Event.ACKNOWLEDGE, (S.REPORTED,), S.FOLLOW_UP, REQUESTING_DOCTORS, (Guard.NEWEST,)),
    Row("T34", Event.ALERT, (S.REPORTED, S.REPORT_DUE), Goes.STAYS, SYSTEM, (Guard.DUE, Guard.NOT_ALERTED)),
    Row("T36", Event.AMEND, (S.REPORTED, S.FOLLOW_UP, S.CLOSED), S.REPORTED, SPECIALIST,
        (Guard.AUTHOR, Guard.LINES, Guard.REASON)),
    Row("T37", Event.RECORD_OUTCOME, (S.FOLLOW_UP, S.CLOSED), S.CLOSED, REQUESTING),
    Row("T38", Event.NUDGE, (S.FOLLOW_UP,), Goes.STAYS, SYSTEM, (Guard.DUE,), deadline=Deadline.NUDGE),
    Row("T38", Event.GIVE_UP, (S.FOLLOW_UP,), S.CLOSED, SYSTEM, (Guard.DUE, Guard.NUDGED_TWICE)),
    Row("T40", Event.CANCEL, (S.DRAFT,), S.CANCELLED, PREPARING),
    Row("T40", Event.CANCEL, BEFORE_LIVE, S.CANCELLED, REQUESTER | COORDINATOR, (Guard.REASON,)),
)  # fmt: skip

_OWNERS: dict[State, Owner] = {
    S.DRAFT: Owner.REQUESTER,
    S.SUBMITTED: Owner.COORDINATOR,
    S.NEEDS_INFO: Owner.REQUESTER,
    S.SCHEDULED: Owner.SPECIALIST,
    S.NO_SHOW: Owner.COORDINATOR,
    S.LIVE: Owner.SPECIALIST,
    S.REPORT_DUE: Owner.SPECIALIST,
    S.REPORTED: Owner.REQUESTER,
    S.FOLLOW_UP: Owner.REQUESTER,
}
_DEADLINES: dict[State, Deadline] = {
    S.DRAFT: Deadline.NONE,
    S.SUBMITTED: Deadline.ACKNOWLEDGE,
    S.NEEDS_INFO: Deadline.INFORMATION,
    S.TRIAGED: Deadline.OFFER,
    S.SCHEDULED: Deadline.CONFERENCE,
    S.NO_SHOW: Deadline.REBOOK,
    S.LIVE: Deadline.CONFERENCE_END,
    S.REPORT_DUE: Deadline.REPORT,
    S.REPORTED: Deadline.READ,
    S.FOLLOW_UP: Deadline.OUTCOME,
}


def owner_of(state: State, holds: frozenset[Guard]) -> Owner:
    """Who has the next step; NOBODY exactly for a case that has ended."""
    if state in ENDED:
        return Owner.NOBODY
    adviser = Owner.SPECIALIST if Guard.ASSIGNED in holds else Owner.COORDINATOR
    if state == State.TRIAGED:
        return adviser
    if state == State.OFFERED:
        return adviser if Guard.COUNTERED in holds else Owner.REQUESTER
    return _OWNERS[state]


def deadline_of(state: State, holds: frozenset[Guard]) -> Deadline:
    """What the next step's deadline is reckoned from; NONE for drafts and for what has ended."""
    if state in ENDED:
        return Deadline.NONE
    if state == State.OFFERED:
        return Deadline.COUNTER if Guard.COUNTERED in holds else Deadline.CHOOSE
    return _DEADLINES[state]


def decide(facts: Facts, event: Event, actor: Actor | None, table: Sequence[Row] = TRANSITIONS) -> Step:
    """Where `event` by `actor` leads, with the next owner and deadline. Raises Refused with the reason."""
    rows = [row for row in table if row.event == event]
    here = [row for row in rows if facts.state in row.sources]
    who = frozenset(each for row in here or rows for each in row.who)
    sources = tuple(state for state in State if any(state in row.sources for row in rows))
    if actor is None or (here and actor not in who):
        raise Refused(Reason.NOT_YOURS, event, state=facts.state, who=who, sources=sources)
    if not here:
        raise Refused(_why_not_here(facts.state, sources), event, state=facts.state, who=who, sources=sources)
    row = next(row for row in here if actor in row.who and row.when <= facts.holds)
    for guard in row.needs:
        if guard not in facts.holds:
            raise Refused(
                Reason(guard.value), event, state=facts.state, who=who, sources=sources, detail=facts.missing
            )
    return _step(row, facts)


def possible(state: State, actors: Iterable[Actor], table: Sequence[Row] = TRANSITIONS) -> frozenset[Event]:
    """What these may do in this state, whatever the guards say: for showing buttons."""
    mine = frozenset(actors)
    return frozenset(row.event for row in table if state in row.sources and row.who & mine)


def _step(row: Row, facts: Facts) -> Step:
    if row.target is Goes.STAYS:
        assert facts.state is not None, "nothing stays that was not there"
        target = facts.state
    elif row.target is Goes.BACK:
        assert facts.back_to is not None, "a question knows where its answer leads"
        target = facts.back_to
    else:
        assert isinstance(row.target, State)
        target = row.target
    owner = row.owner or owner_of(target, facts.holds)
    stays = row.target is Goes.STAYS
    deadline = row.deadline or (Deadline.KEEP if stays else deadline_of(target, facts.holds))
    return Step(target, owner, deadline)


def _why_not_here(state: State | None, sources: Sequence[State]) -> Reason:
    if state in ENDED:
        return Reason.ENDED
    if state == State.NEEDS_INFO:
        return Reason.WAITING
    order = list(State)
    now = order.index(state) if state else -1
    return Reason.TOO_EARLY if any(order.index(source) > now for source in sources) else Reason.TOO_LATE
