"""見られる人: more specialists, or a second doctor of the clinic, before the conference or in it."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from uuid import UUID, uuid5

from django.db.models import Q
from django.http import HttpRequest

from clinics import access, acts, sides
from clinics.announcements import Kind, Telling
from clinics.models import CaseParty, Consultation, Offer
from clinics.states import Actor, Event, Guard, State
from realtime import topology
from scheduler import bookings
from scheduler.models import Booking, Organisation, Participant, Person, Role, User
from scheduler.transactions import retried

Part = CaseParty.Part


@retried
def add_party(
    case: Consultation,
    person: Person,
    *,
    by: User,
    now: datetime,
    intention: UUID,
    request: HttpRequest | None = None,
) -> Consultation:
    """The person sees the case from now on, and takes part in its conference if that is booked.

    Each side brings its own doctors, the office either's. Before the conference begins the person's
    time is held (`bookings.ConflictError` when it is not free); into a running one they are called.
    """
    act = acts.begin(case, Event.ADD_PARTY, by=by, now=now, intention=intention, request=request)
    if act.earlier:
        return act.case
    act.must_be_part()
    case = act.case
    part, organisation = _part_of(case, person, now)
    guards = [Guard.ELIGIBLE] if part and part in _may_bring(act.actors) else []
    act.decide(*guards, *([Guard.FEW_PEOPLE] if _has_room(case) else []))
    assert part is not None
    if not case.parties.filter(person=person, until=None).exists():
        CaseParty.objects.create(
            consultation=case, person=person, organisation=organisation, part=part, since=now, added_by=by
        )
    if _takes_place(case, now):
        _invite(case, person, organisation, by=by, now=now, intention=intention)
    told = [person.user] if person.user else []
    return act.finish(facts={"person": person.pk, "part": part}, tell=[Telling(Kind.INVITED, told)])


@retried
def remove_party(
    party: CaseParty,
    *,
    by: User,
    now: datetime,
    intention: UUID,
    request: HttpRequest | None = None,
) -> Consultation:
    """The person sees the case no more and is out of its conference.

    Not the requesting doctor, and not a specialist who has the case or has offered times: that one is
    replaced, or the times withdrawn, first. Times that are held for the others hold them no more.
    """
    act = acts.begin(
        party.consultation, Event.REMOVE_PARTY, by=by, now=now, intention=intention, request=request
    )
    if act.earlier:
        return act.case
    act.must_be_part()
    case = act.case
    mine = case.offers.filter(state=Offer.State.OPEN, specialist=party.person_id)
    is_needed = party.part == Part.REQUESTER or party.person_id == case.specialist_id or mine.exists()
    may = party.part in _may_bring(act.actors) or party.person.user_id == by.pk
    act.decide(*([Guard.ELIGIBLE] if may and not is_needed else []))
    case.parties.filter(pk=party.pk, until=None).update(until=now)
    booked = [case.conference_id] if _takes_place(case, now) else []
    held = case.offers.filter(state=Offer.State.OPEN, expires_at__gt=now).values("booking")
    taking_part = Participant.objects.standing().filter(
        Q(booking__in=booked) | Q(booking__in=held), person=party.person_id
    )
    for each in taking_part.select_related("booking").order_by("booking"):
        key = uuid5(intention, f"withdraw {each.booking_id}")
        with suppress(bookings.CancelledError, bookings.OverError):  # nobody takes part in that any more
            bookings.withdraw(each, by=by, now=now, intention=key)
    return act.finish(facts={"person": party.person_id, "part": party.part})


def bring_in(case: Consultation, booking: Booking, *, by: User, now: datetime, intention: UUID) -> None:
    """Those who were let in before the time was settled take part in it as well: held where they are free,
    else invited. Part of a verb that has the case's lock, before it locks any booking."""
    let_in = case.changes.filter(event=Event.ADD_PARTY).values("at")
    by_offer = case.changes.filter(event__in=[Event.PROPOSE, Event.TAKE_UP]).values("at")
    inside = booking.participants.standing().filter(person__isnull=False).values("person")
    found = (
        case.parties.filter(until=None, since__in=let_in, part__in=[Part.COLLEAGUE, Part.SPECIALIST])
        .exclude(person__in=inside)
        .exclude(part=Part.SPECIALIST, since__in=by_offer)
    )
    for party in found.select_related("person", "organisation").order_by("pk"):
        for is_held in (True, False):
            plan = sides.with_guest(booking, party.person, party.organisation, is_held=is_held)
            key = uuid5(intention, f"bring in {party.pk} {is_held}")
            try:
                booking = bookings.move(booking, plan, by=by, now=now, intention=key)
            except bookings.ConflictError:
                continue
            break


def is_asking(case: Consultation, person: Person) -> bool:
    """Whether the person stands on the requesting side; nobody advises themselves."""
    return case.parties.filter(person=person, until=None).exclude(part=Part.SPECIALIST).exists()


def candidates(case: Consultation, now: datetime) -> tuple[list[Person], list[Person]]:
    """Who could be let in besides: specialists of the hospital that has it, doctors of the clinic."""
    inside = case.parties.filter(until=None).values("person")
    hospital = (
        access.specialists(case.service.organisation_id, now) if case.service else Person.objects.none()
    )
    clinic = access.doctors(case.organisation_id, now)
    return list(hospital.exclude(pk__in=inside)), list(clinic.exclude(pk__in=inside))


def _part_of(case: Consultation, person: Person, now: datetime) -> tuple[str | None, Organisation]:
    if case.service and access.has_post(person, case.service.organisation_id, {Role.SPECIALIST}, now):
        return Part.SPECIALIST.value, case.service.organisation
    if access.has_post(person, case.organisation_id, access.DOCTORS, now):
        return Part.COLLEAGUE.value, case.organisation
    return None, case.organisation


def _may_bring(actors: list[Actor]) -> set[str]:
    found: set[str] = set()
    if {Actor.SPECIALIST, Actor.COORDINATOR} & set(actors):
        found.add(Part.SPECIALIST)
    if {Actor.REQUESTER, Actor.COLLEAGUE, Actor.COORDINATOR} & set(actors):
        found |= {Part.COLLEAGUE, Part.PROXY}
    return found


def _has_room(case: Consultation) -> bool:
    """Everybody sends to everybody, so a conference has few doctors."""
    inside = case.parties.filter(until=None).exclude(part=Part.PROXY).count()
    return inside < topology.MOST_IN_CONFERENCE


def _takes_place(case: Consultation, now: datetime) -> bool:
    booking = case.conference
    if booking is None or case.state not in {State.SCHEDULED, State.LIVE}:
        return False
    return booking.end > now and booking.is_live(now)


def _invite(
    case: Consultation,
    person: Person,
    organisation: Organisation,
    *,
    by: User,
    now: datetime,
    intention: UUID,
) -> None:
    booking = case.conference
    assert booking is not None
    if booking.participants.standing().filter(person=person).exists():
        return
    plan = sides.with_guest(booking, person, organisation, is_held=case.state != State.LIVE)
    bookings.move(
        Booking.objects.get(pk=booking.pk), plan, by=by, now=now, intention=uuid5(intention, "invite")
    )
