"""One consultation as its page shows it to one reader: where it stands, the one next thing, what is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from clinics import access, acts, advice, asking, attachments, case_steps, states, wording
from clinics.asking import Telephone
from clinics.case_steps import Step
from clinics.models import Advice, Attachment, CaseParty, Consultation, Offer, Outcome, Question
from clinics.states import Actor, Event
from clinics.wording import Due
from realtime.access import CLOSES_AFTER, OPENS_BEFORE
from scheduler import wallclock
from scheduler.models import Organisation, Person
from scheduler.providers import Reader

State = Consultation.State
REQUESTING = frozenset({Actor.REQUESTER, Actor.COLLEAGUE, Actor.PROXY})
ARRANGED = frozenset({State.SUBMITTED, State.NEEDS_INFO, State.TRIAGED, State.OFFERED, State.NO_SHOW})
"""While a time is looked for, the wished one matters."""
ADVISING = frozenset({Actor.SPECIALIST, Actor.COORDINATOR})


@dataclass(frozen=True, slots=True)
class OfferLine:
    """A time that can still be answered."""

    offer: Offer
    when: str
    who: str
    button: str
    """「25日 13:00 にする」."""


@dataclass(frozen=True, slots=True)
class Seer:
    """One line of those who may see the case."""

    name: str
    part: str
    party: CaseParty | None
    may_remove: bool


@dataclass(frozen=True, slots=True)
class Happening:
    at: datetime
    words: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Todo:
    """What this reader sees first. `kind` names the part of the page that is drawn."""

    kind: str
    title: str
    lead: str


@dataclass(frozen=True, slots=True)
class CasePage:
    case: Consultation
    zone: ZoneInfo
    now: datetime
    actors: Sequence[Actor]
    can: frozenset[str]
    """Names of the events that the reader may try."""
    title: str
    steps: Sequence[Step]
    todo: Todo
    due: Due | None
    wish: str
    telephones: Sequence[Telephone]
    offers: Sequence[OfferLine]
    counters: Sequence[OfferLine]
    questions: Sequence[Question]
    open_question: Question | None
    attachments: Sequence[Attachment]
    advice: Advice | None
    has_read: bool
    outcome: Outcome | None
    seers: Sequence[Seer]
    readings: int
    history: Sequence[Happening]
    room_opens_at: datetime | None
    is_room_open: bool
    specialists: Sequence[Person]
    """Whom the office can choose."""

    @property
    def is_ended(self) -> bool:
        return self.case.state in Consultation.ENDED

    @property
    def is_asking(self) -> bool:
        return bool(REQUESTING & set(self.actors))

    @property
    def is_office(self) -> bool:
        return Actor.COORDINATOR in self.actors

    @property
    def is_specialist(self) -> bool:
        return Actor.SPECIALIST in self.actors

    @property
    def is_urgent(self) -> bool:
        return self.case.urgency == "now" and not self.is_ended

    @property
    def is_mine(self) -> bool:
        """The next step is the reader's."""
        return case_steps.is_owned(self.case, self.actors)

    @property
    def hospital(self) -> Organisation | None:
        return self.case.service.organisation if self.case.service else None


def load(case: Consultation, actors: Sequence[Actor], reader: Reader, now: datetime) -> CasePage:
    """The page; the number of queries does not grow with offers, people or changes."""
    language, zone = reader.language, case.organisation.zone
    lines = _offer_lines(case, now, zone, language)
    signed = advice.newest(case)
    questions = list(case.questions.select_related("asked_by", "answered_by"))
    booking = case.conference
    opens = booking.start - OPENS_BEFORE if booking else None
    may = states.possible(states.State(case.state), actors)
    may_choose = Actor.COORDINATOR in actors and case.service is not None
    return CasePage(
        case=case, zone=zone, now=now, actors=actors, can=frozenset(event.value for event in may),
        title=title(case, language), steps=case_steps.steps(case, zone, language),
        todo=_todo(case, actors), due=wording.due(case.due_at, now, zone, language),
        wish=wording.wish(case, language) if case.state in ARRANGED else "",
        telephones=asking.telephones(case),
        offers=[line for line in lines if line.offer.side == Offer.Side.SPECIALIST],
        counters=[line for line in lines if line.offer.side == Offer.Side.REQUESTER],
        questions=questions, open_question=next((q for q in questions if q.answered_at is None), None),
        attachments=list(attachments.standing(case)), advice=signed,
        has_read=bool(signed and signed.receipts.filter(user=reader.user).exists()),
        outcome=case.outcomes.select_related("by").last(), seers=_seers(case, actors, may, reader, now),
        readings=access.readings(case).count(), history=_history(case, language),
        room_opens_at=opens,
        is_room_open=bool(booking and opens and opens <= now < booking.end + CLOSES_AFTER),
        specialists=list(access.specialists(case.service.organisation_id, now))
        if may_choose and case.service else [],
    )  # fmt: skip


def title(case: Consultation, language: str) -> str:
    """「皮膚科への相談」: inside the page alone, never in a tab."""
    if case.specialty is None:
        return _("Consultation with the coordination office")
    return _("Consultation with %(specialty)s") % {"specialty": case.specialty.label.in_language(language)}


def _offer_lines(case: Consultation, now: datetime, zone: ZoneInfo, language: str) -> list[OfferLine]:
    found = [
        offer for offer in acts.open_offers(case, now) if offer.specialist_id or offer.booking_id is None
    ]
    people = {p.pk: p for p in Person.objects.filter(pk__in=[o.specialist_id for o in found])}
    return [_offer_line(case, offer, people, zone, language) for offer in found]


def _offer_line(
    case: Consultation, offer: Offer, people: dict[int, Person], zone: ZoneInfo, language: str
) -> OfferLine:
    day, clock = offer.start.astimezone(zone).day, wallclock.clock(offer.start, zone)
    hospital = case.service.organisation.label.in_language(language) if case.service else ""
    person = people[offer.specialist_id].label.in_language(language) if offer.specialist_id else ""
    who = " ".join(each for each in (hospital, person) if each)
    return OfferLine(
        offer=offer,
        when=wallclock.moment(offer.start, offer.end, zone, language),
        who=who if offer.side == Offer.Side.SPECIALIST else case.organisation.label.in_language(language),
        button=_("Take %(day)s, %(clock)s") % {"day": day, "clock": clock},
    )


def _seers(
    case: Consultation, actors: Sequence[Actor], may: frozenset[Event], reader: Reader, now: datetime
) -> list[Seer]:
    rows = access.standing_parties(now).filter(consultation=case).select_related("person", "organisation")
    is_side = {True: bool(REQUESTING & set(actors)), False: bool(ADVISING & set(actors))}
    found = []
    for party in rows:
        is_asking = party.part != CaseParty.Part.SPECIALIST
        is_needed = party.part == CaseParty.Part.REQUESTER or party.person_id == case.specialist_id
        may_remove = (
            Event.REMOVE_PARTY in may and not is_needed
            and (is_side[is_asking] or party.person.user_id == reader.user.pk)
        )  # fmt: skip
        name = party.person.label.in_language(reader.language)
        found.append(Seer(name, str(party.get_part_display()), party, may_remove))
    if case.service is not None:
        hospital = case.service.organisation.label.in_language(reader.language)
        found.append(Seer(hospital, _("coordination office"), None, may_remove=False))
    return found


def _history(case: Consultation, language: str) -> list[Happening]:
    """Newest first; what was typed again and again into the draft is not told."""
    changes = case.changes.exclude(event=Event.SAVE.value).select_related("by").order_by("-pk")
    return [
        Happening(
            at=change.at,
            words=wording.happened(change.event),
            by=change.by.label.in_language(language) if change.by else "",
            reason=change.reason,
        )
        for change in changes
    ]


def _todo(case: Consultation, actors: Sequence[Actor]) -> Todo:
    state = State(case.state)
    mine = case_steps.is_owned(case, actors)
    if mine:
        return _mine(state, case)
    return _others(state, case)


def _mine(state: Consultation.State, case: Consultation) -> Todo:
    is_choosing = case.owner == Consultation.Owner.REQUESTER
    kinds = {
        State.SUBMITTED: Todo("receive", _("A request has arrived"), _("Choose who looks at it.")),
        State.NEEDS_INFO: Todo("answer", _("A question has arrived"), _("It goes on as soon as you answer.")),
        State.TRIAGED: Todo(
            "propose", _("Propose times"), _("Both doctors’ time is held until the deadline.")
        ),
        State.OFFERED: Todo(
            "choose",
            _("Times have arrived from the specialist"),
            _("What you choose is booked for both doctors and the room at once."),
        )
        if is_choosing
        else Todo(
            "take_up",
            _("The requesting side proposes times"),
            _("Take one up and it is held for both; they then confirm it."),
        ),
        State.SCHEDULED: Todo("meet", _("The conference is booked"), ""),
        State.LIVE: Todo("meet", _("The conference is running"), ""),
        State.NO_SHOW: Todo("rebook", _("The conference did not take place"), ""),
        State.REPORT_DUE: Todo(
            "write", _("Write the advice"), _("Four short fields. It is kept as you write.")
        ),
        State.REPORTED: Todo("read", _("The advice has arrived"), _("Read it and say that you have.")),
        State.FOLLOW_UP: Todo("outcome", _("How did it go on?"), _("Two taps are enough.")),
    }
    return kinds[state]


def _others(state: Consultation.State, case: Consultation) -> Todo:
    kinds = {
        State.SUBMITTED: Todo("wait", _("The coordination office is looking at it"), ""),
        State.NEEDS_INFO: Todo("wait", _("Waiting for the answer to the question"), ""),
        State.TRIAGED: Todo("wait", _("A time is being looked for"), ""),
        State.OFFERED: Todo("offered", _("Times are offered"), ""),
        State.SCHEDULED: Todo("meet", _("The conference is booked"), ""),
        State.LIVE: Todo("meet", _("The conference is running"), ""),
        State.NO_SHOW: Todo("rebook", _("The conference did not take place"), ""),
        State.REPORT_DUE: Todo("wait", _("The specialist is writing the advice"), ""),
        State.REPORTED: Todo("advised", _("The advice waits to be read"), ""),
        State.FOLLOW_UP: Todo("advised", _("The outcome will be recorded"), ""),
        State.CLOSED: Todo("advised", _("This consultation is closed"), ""),
        State.DECLINED: Todo("ended", _("The request was declined"), ""),
        State.UNFILLED: Todo("ended", _("Nobody was available"), ""),
        State.CANCELLED: Todo("ended", _("The request was withdrawn"), ""),
    }
    return kinds.get(state, Todo("wait", "", ""))
