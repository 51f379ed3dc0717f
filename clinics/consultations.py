"""The verbs of a consultation from draft to its end, but for offers, conference and advice.

Each gives the case as it is afterwards, or raises a `states.CaseError` and changes nothing. `by` is
who acts; as what, the case itself says (clinics.access). `intention` is the key of the request: twice
is once. `version` is the case's as the page showed it; a page made before a change is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from clinics import access, acts, deadlines, drafts, offers, parties, states
from clinics.announcements import Kind, Telling
from clinics.models import CaseParty, Consultation, Numbering, Question, Service, Specialty, Urgency
from clinics.states import Event, Guard, Reason, Refused
from scheduler.models import Organisation, Person, Resource, Role, User
from scheduler.transactions import retried

Part = CaseParty.Part
REQUESTING_PARTS = (Part.REQUESTER, Part.COLLEAGUE, Part.PROXY)
ASKED = (
    "specialty", "urgency", "answer_by", "question", "age_band", "sex", "local_number", "patient_present",
    "consent_basis", "consent_at", "summary", "callback",
)  # fmt: skip
"""The columns that the requesting side fills in."""
REQUIRED = {
    Urgency.NOW: ("question", "age_band", "sex", "callback"),
    Urgency.TODAY: ("question", "age_band", "sex", "callback", "local_number", "patient_present"),
    Urgency.ROUTINE: ("question", "age_band", "sex", "local_number", "patient_present", "summary"),
}
"""The alarm goes out with four fields; the rest may follow (domain/telemedicine.md R1, R2)."""


@retried
def create(
    requester: Person,
    organisation: Organisation,
    *,
    by: User,
    now: datetime,
    intention: UUID,
    fields: Mapping[str, Any] | None = None,
    request: HttpRequest | None = None,
) -> Consultation:
    """A draft of `requester`'s, written by themselves or by a coordinator of their clinic.

    `intention` becomes the draft's own uid, so the same request again finds it.
    """
    earlier = Consultation.objects.filter(uid=intention).first()
    if earlier is not None:
        if earlier.created_by_id != by.pk:
            raise acts.IntentionError
        return earlier
    if not access.has_post(requester, organisation.pk, access.DOCTORS, now):
        raise Refused(Reason.ELIGIBLE, Event.CREATE)
    is_own = requester.user_id == by.pk
    if not is_own and not access.offices_of(by, now).filter(organisation=organisation).exists():
        raise Refused(Reason.NOT_YOURS, Event.CREATE, who=states.PREPARING)
    case = Consultation(
        uid=intention, organisation=organisation, requester=requester, created_by=by, created_at=now
    )
    _fill(case, fields or {})
    case.save()
    _join(case, requester, organisation, Part.REQUESTER, by=by, now=now)
    if not is_own:
        _join(case, _person_of(by, organisation), organisation, Part.PROXY, by=by, now=now)
    actor = states.Actor.REQUESTER if is_own else states.Actor.PROXY
    act = acts.Act(case, Event.CREATE, by, [actor], now, intention, request)
    act.step, act.actor = states.decide(states.Facts(None), Event.CREATE, actor), actor
    return act.finish()


@retried
def save_draft(
    case: Consultation,
    fields: Mapping[str, Any],
    *,
    by: User,
    now: datetime,
    shown: str | None = None,
    request: HttpRequest | None = None,
) -> Consultation:
    """The draft with these columns (of `ASKED`) as they are, be they complete or not.

    Saved again and again while somebody types, so only a change is written down. `shown` is the
    `draft_token` of what the page was made of; raises drafts.StaleDraftError.
    """
    act = acts.begin(case, Event.SAVE, by=by, now=now, request=request)
    act.decide()
    kept = draft_token(act.case)
    if not _fill(act.case, fields):
        return act.case
    if shown is not None and shown != kept:
        raise _stale(act.case)
    return act.finish(*fields)


def _stale(case: Consultation) -> drafts.StaleDraftError:
    keeping = case.changes.filter(event__in=[Event.CREATE.value, Event.SAVE.value])
    return drafts.StaleDraftError(keeping.latest("pk").at)


def draft_token(case: Consultation) -> str:
    return drafts.token({name: getattr(case, name) for name in ASKED})


@retried
def submit(
    case: Consultation,
    *,
    by: User,
    now: datetime,
    intention: UUID,
    shown: str | None = None,
    version: int | None = None,
    request: HttpRequest | None = None,
) -> Consultation:
    """Sent, with its number, to the office of the hospital that answers for the specialty.

    `shown` as in `save_draft`: nothing goes out that its sender was not shown.
    """
    act = acts.begin(
        case, Event.SUBMIT, by=by, now=now, intention=intention, version=version, request=request
    )
    if act.earlier:
        return act.case
    case = act.case
    missing = missing_fields(case)
    service = service_for(case.specialty)
    guards = [
        *([] if missing else [Guard.FIELDS]),
        *([Guard.CONSENT] if case.consent_basis else []),
        *([Guard.URGENCY] if case.urgency else []),
        *([Guard.SERVICE] if service else []),
    ]
    act.decide(*guards, missing=missing)
    if shown is not None and shown != draft_token(case):
        raise _stale(case)
    assert service is not None
    case.service, case.submitted_at = service, now
    case.consent_at = case.consent_at or now
    case.answer_by = case.answer_by or deadlines.propose(case.urgency, service.organisation, now)
    case.number = _next_number()
    return act.finish(
        "service", "submitted_at", "consent_at", "answer_by", "number",
        facts={"service": service.pk, "urgency": case.urgency, "consent": case.consent_basis},
        tell=[Telling(Kind.SUBMITTED, access.coordinators(service.organisation_id, now))],
    )  # fmt: skip


@retried
def ask(
    case: Consultation,
    text: str,
    *,
    by: User,
    now: datetime,
    intention: UUID,
    version: int | None = None,
    request: HttpRequest | None = None,
) -> Consultation:
    """A question back; the clock stands still until it is answered."""
    act = acts.begin(case, Event.ASK, by=by, now=now, intention=intention, version=version, request=request)
    if act.earlier:
        return act.case
    act.decide(*given(text, Guard.TEXT))
    Question.objects.create(consultation=act.case, text=text.strip(), asked_by=by, asked_at=now)
    due = act.case.due_at.isoformat() if act.case.due_at else ""
    asked = access.people(act.case, REQUESTING_PARTS, now)
    return act.finish(facts={"due": due}, tell=[Telling(Kind.ASKED, asked)])


@retried
def answer(
    case: Consultation,
    text: str,
    *,
    by: User,
    now: datetime,
    intention: UUID,
    request: HttpRequest | None = None,
) -> Consultation:
    """The open question answered; the case goes on where it stood, its deadline later by the pause."""
    act = acts.begin(case, Event.ANSWER, by=by, now=now, intention=intention, request=request)
    if act.earlier:
        return act.case
    act.decide(*given(text, Guard.TEXT))
    question = act.case.questions.filter(answered_at=None).select_related("asked_by").last()
    tell = []
    if question is not None:
        question.answer, question.answered_by, question.answered_at = text.strip(), by, now
        question.save(update_fields=["answer", "answered_by", "answered_at"])
        tell = [Telling(Kind.ANSWERED, [question.asked_by])]
    return act.finish(tell=tell)


@retried
def lapse(case: Consultation, *, now: datetime) -> Consultation:
    """The question was not answered in time: the case goes back to the office."""
    act = acts.begin(case, Event.LAPSE, by=None, now=now)
    act.decide()
    assert act.case.service is not None
    office = access.coordinators(act.case.service.organisation_id, now)
    asking = access.people(act.case, REQUESTING_PARTS, now)
    return act.finish(tell=[Telling(Kind.LAPSED, [*office, *asking])])


@retried
def assign(
    case: Consultation,
    specialist: Person,
    *,
    by: User,
    now: datetime,
    intention: UUID,
    version: int | None = None,
    request: HttpRequest | None = None,
) -> Consultation:
    """The specialist has the case from now on and sees it; a specialist takes it only themselves."""
    act = acts.begin(
        case, Event.ASSIGN, by=by, now=now, intention=intention, version=version, request=request
    )
    if act.earlier:
        return act.case
    act.must_be_part()
    assert act.case.service is not None or act.case.state == states.State.DRAFT
    hospital = act.case.service.organisation if act.case.service else act.case.organisation
    may_take = states.Actor.COORDINATOR in act.actors or specialist.user_id == by.pk
    fits = may_take and access.has_post(specialist, hospital.pk, {Role.SPECIALIST}, now)
    fits = fits and not parties.is_asking(act.case, specialist)
    act.decide(Guard.ASSIGNED, *([Guard.ELIGIBLE] if fits else []))
    _join(act.case, specialist, hospital, Part.SPECIALIST, by=by, now=now)
    act.case.specialist = specialist
    act.case.triaged_at = act.case.triaged_at or now
    told = [specialist.user] if specialist.user else []
    return act.finish(
        "specialist", "triaged_at", facts={"specialist": specialist.pk}, tell=[Telling(Kind.ASSIGNED, told)]
    )


@retried
def triage(
    case: Consultation,
    *,
    by: User,
    now: datetime,
    intention: UUID,
    specialty: Specialty | None = None,
    urgency: str = "",
    reason: str,
    version: int | None = None,
    request: HttpRequest | None = None,
) -> Consultation:
    """Another specialty of the same hospital, or another urgency, with a reason that the requester reads."""
    act = acts.begin(
        case, Event.TRIAGE, by=by, now=now, intention=intention, version=version, request=request
    )
    if act.earlier:
        return act.case
    step = act.decide(*given(reason, Guard.REASON))
    case = act.case
    before = {"specialty_before": case.specialty_id, "urgency_before": case.urgency}
    if urgency and urgency != case.urgency:
        case.urgency = Urgency(urgency).value
        assert case.service is not None
        case.answer_by = deadlines.propose(case.urgency, case.service.organisation, now)
    if specialty is not None and specialty != case.specialty:
        assert case.service is not None
        case.specialty = specialty
        case.service = (
            _services(specialty).filter(organisation=case.service.organisation_id).first() or case.service
        )
    due = deadlines.due(case, states.deadline_of(step.target, frozenset()), now)
    return act.finish(
        "specialty", "urgency", "answer_by", "service", reason=reason.strip(), due_at=due,
        facts={**before, "specialty": case.specialty_id, "urgency": case.urgency},
        tell=[Telling(Kind.TRIAGED, access.people(case, REQUESTING_PARTS, now))],
    )  # fmt: skip


@retried
def redirect(
    case: Consultation,
    service: Service,
    *,
    by: User,
    now: datetime,
    intention: UUID,
    reason: str,
    version: int | None = None,
    request: HttpRequest | None = None,
) -> Consultation:
    """Passed on to another service; whoever had it at the first one sees it no more."""
    act = acts.begin(
        case, Event.REDIRECT, by=by, now=now, intention=intention, version=version, request=request
    )
    if act.earlier:
        return act.case
    fits = service.is_active and service.pk != act.case.service_id
    act.decide(*given(reason, Guard.REASON), *([Guard.SERVICE] if fits else []), lost=[Guard.ASSIGNED])
    case = act.case
    before = case.service_id
    case.parties.filter(part=Part.SPECIALIST, until=None).update(until=now)
    case.service, case.specialist = service, None
    case.specialty = service.specialty or case.specialty
    told = [*access.coordinators(service.organisation_id, now), *access.people(case, REQUESTING_PARTS, now)]
    return act.finish(
        "service", "specialist", "specialty", reason=reason.strip(),
        facts={"service_before": before, "service": service.pk}, tell=[Telling(Kind.REDIRECTED, told)],
    )  # fmt: skip


@retried
def hand_back(
    case: Consultation, *, by: User, now: datetime, intention: UUID, request: HttpRequest | None = None
) -> Consultation:
    """The specialist cannot take it; no reason is asked. The office looks for another."""
    act = acts.begin(case, Event.HAND_BACK, by=by, now=now, intention=intention, request=request)
    if act.earlier:
        return act.case
    act.decide()
    case = act.case
    case.parties.filter(part=Part.SPECIALIST, person__user=by, until=None).update(until=now)
    left = case.parties.filter(part=Part.SPECIALIST, until=None).exists()
    if case.specialist and case.specialist.user_id == by.pk:
        case.specialist = None
    assert case.service is not None
    office = access.coordinators(case.service.organisation_id, now)
    return act.finish("specialist", facts={"left": left}, tell=[Telling(Kind.HANDED_BACK, office)])


@retried
def decline(
    case: Consultation,
    *,
    by: User,
    now: datetime,
    intention: UUID,
    reason: str,
    version: int | None = None,
    request: HttpRequest | None = None,
) -> Consultation:
    """Not suitable here, with a reason and where to turn instead."""
    act = acts.begin(
        case, Event.DECLINE, by=by, now=now, intention=intention, version=version, request=request
    )
    return _ended(act, Kind.DECLINED, reason)


@retried
def unfill(
    case: Consultation,
    *,
    by: User,
    now: datetime,
    intention: UUID,
    reason: str,
    version: int | None = None,
    request: HttpRequest | None = None,
) -> Consultation:
    """Nobody is available; `reason` says what else can be done."""
    act = acts.begin(
        case, Event.UNFILL, by=by, now=now, intention=intention, version=version, request=request
    )
    return _ended(act, Kind.UNFILLED, reason)


@retried
def cancel(
    case: Consultation,
    *,
    by: User,
    now: datetime,
    intention: UUID,
    reason: str = "",
    version: int | None = None,
    request: HttpRequest | None = None,
) -> Consultation:
    """Withdrawn before the conference: what was held or booked is free again. A draft needs no reason."""
    act = acts.begin(
        case, Event.CANCEL, by=by, now=now, intention=intention, version=version, request=request
    )
    return _ended(act, Kind.CANCELLED, reason)


def _ended(act: acts.Act, kind: Kind, reason: str) -> Consultation:
    if act.earlier:
        return act.case
    act.decide(*given(reason, Guard.REASON))
    told = access.people(act.case, [*REQUESTING_PARTS, Part.SPECIALIST], act.now)
    if act.case.service:
        told += access.coordinators(act.case.service.organisation_id, act.now)
    told = told if act.case.number else []
    assert act.by is not None
    assert act.intention is not None
    offers.release(act.case, by=act.by, now=act.now, intention=act.intention)
    act.case.end_reason = reason.strip()
    return act.finish("end_reason", "conference", reason=reason.strip(), tell=[Telling(kind, told)])


def missing_fields(case: Consultation) -> tuple[str, ...]:
    """Names of the columns that must be filled in before it can be sent."""
    wanted = REQUIRED.get(Urgency(case.urgency)) if case.urgency else REQUIRED[Urgency.ROUTINE]
    return tuple(name for name in wanted or () if getattr(case, name) in {None, ""})


def service_for(specialty: Specialty | None) -> Service | None:
    """Who is asked: the specialty's service, or an office when there is none or nobody knows."""
    own = _services(specialty).first() if specialty else None
    return own or _services(None).first()


def given(text: str, guard: Guard) -> list[Guard]:
    return [guard] if text.strip() else []


def _services(specialty: Specialty | None) -> QuerySet[Service]:
    return Service.objects.filter(Q(specialty=specialty), is_active=True).order_by("organisation", "pk")


def _fill(case: Consultation, fields: Mapping[str, Any]) -> bool:
    """Whether anything changed. ValueError names a column that is not the requester's."""
    if unknown := set(fields) - set(ASKED):
        raise ValueError(f"no columns of the request: {sorted(unknown)}")
    changed = False
    for name, value in fields.items():
        if getattr(case, name) != value:
            setattr(case, name, value)
            changed = True
    return changed


def _next_number() -> str:
    """R-0001, R-0002 …: each once, because the row is locked until the transaction ends."""
    row = Numbering.objects.select_for_update(no_key=True).order_by("pk").first()
    if row is None:
        row = Numbering.objects.create(pk=1, last=0)
    row.last += 1
    row.save(update_fields=["last"])
    return f"R-{row.last:04d}"


def _join(
    case: Consultation, person: Person, organisation: Organisation, part: str, *, by: User, now: datetime
) -> None:
    """The person may see the case from now on; coming in twice is no error."""
    if not case.parties.filter(person=person, until=None).exists():
        CaseParty.objects.create(
            consultation=case, person=person, organisation=organisation, part=part, since=now, added_by=by
        )


def _person_of(user: User, organisation: Organisation) -> Person:
    person, _made = Person.objects.get_or_create(
        user=user,
        defaults={
            "kind": Resource.Kind.PERSON, "organisation": organisation,
            "name": user.name, "name_en": user.name_en,
        },
    )  # fmt: skip
    return person
