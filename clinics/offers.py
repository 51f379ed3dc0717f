"""候補: times offered, chosen, proposed by the other side, declined, withdrawn, run out.

An offer of the specialist's side holds both doctors and the chosen rooms by a tentative booking until
its deadline. Accepting one confirms that booking and releases the others in the same transaction;
whoever accepts another at the same moment is told what was chosen.

OfferError
├── TakenError          a time was chosen already; carries the offer that was
├── ExpiredOfferError   its deadline has passed
├── WithdrawnOfferError it was withdrawn or declined
└── OfferConflictError  a time does not fit; carries it with every reason (a bookings.ConflictError)
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db.models import Q
from django.http import HttpRequest

from clinics import access, acts, deadlines, parties, sides
from clinics.announcements import Kind, Telling
from clinics.models import CaseParty, Consultation, Offer
from clinics.states import CaseError, Event, Guard, Reason, Refused, State
from scheduler import bookings
from scheduler.conflicts import Verdict
from scheduler.intervals import Interval
from scheduler.models import Booking, Location, Person, Role, User
from scheduler.transactions import retried

Part = CaseParty.Part
REQUESTING_PARTS = (Part.REQUESTER, Part.COLLEAGUE, Part.PROXY)


class OfferError(CaseError):
    """Base of what becomes of an offer that somebody wants to answer."""


class TakenError(OfferError):
    """Too late: a time is chosen. `chosen` is that offer."""

    def __init__(self, chosen: Offer | None) -> None:
        super().__init__("taken")
        self.chosen = chosen


class ExpiredOfferError(OfferError):
    """Its deadline has passed; the time is free again."""


class WithdrawnOfferError(OfferError):
    """Whoever made it has withdrawn it, or it was declined."""


class OfferConflictError(bookings.ConflictError, OfferError):
    """One of the wished times does not fit. `interval` is that time, `verdict` has every reason."""

    def __init__(self, interval: Interval, verdict: Verdict) -> None:
        super().__init__(verdict)
        self.interval = interval


@retried
def propose(
    case: Consultation,
    times: Sequence[Interval],
    *,
    specialist: Person,
    rooms: Collection[Location] = (),
    by: User,
    now: datetime,
    intention: UUID,
    until: datetime | None = None,
    version: int | None = None,
    request: HttpRequest | None = None,
) -> list[Offer]:
    """Offers for these times, all or none, held until `until` (by default the rule's) or their start.

    Raises OfferConflictError for the first time that does not fit.
    """
    act = acts.begin(
        case, Event.PROPOSE, by=by, now=now, intention=intention, version=version, request=request
    )
    if act.earlier:
        return _of(act, "offers")
    act.must_be_part()
    guards = _guards(act, times, specialist)
    act.decide(*guards)
    case = act.case
    limit = until or _clock(act).after("consultation.offer_held")
    made = [_hold(act, interval, specialist, rooms, limit, intention) for interval in times]
    _take_in(case, specialist, by=by, now=now)
    told = access.people(case, REQUESTING_PARTS, now)
    act.finish(
        "specialist", "triaged_at", facts={"offers": [offer.pk for offer in made]},
        tell=[Telling(Kind.OFFERED, told)],
    )  # fmt: skip
    return made


@retried
def counter_propose(
    case: Consultation,
    times: Sequence[Interval],
    *,
    by: User,
    now: datetime,
    intention: UUID,
    version: int | None = None,
    request: HttpRequest | None = None,
) -> list[Offer]:
    """Times that would suit the requesting side. They hold nothing until somebody takes one up."""
    act = acts.begin(
        case, Event.COUNTER_PROPOSE, by=by, now=now, intention=intention, version=version, request=request
    )
    if act.earlier:
        return _of(act, "offers")
    act.must_be_part()
    act.decide(Guard.COUNTERED, *_guards(act, times, None))
    made = Offer.objects.bulk_create(
        Offer(
            consultation=act.case, side=Offer.Side.REQUESTER, specialist=act.case.specialist,
            start=each.start, end=each.end, expires_at=each.start, proposed_by=by, proposed_at=now,
        )
        for each in times
    )  # fmt: skip
    act.finish(facts={"offers": [offer.pk for offer in made]}, tell=[Telling(Kind.COUNTERED, _advisers(act))])
    return made


@retried
def take_up(
    offer: Offer,
    *,
    specialist: Person,
    rooms: Collection[Location] = (),
    by: User,
    now: datetime,
    intention: UUID,
    until: datetime | None = None,
    request: HttpRequest | None = None,
) -> Offer:
    """The requesting side's proposal becomes an offer that holds its time, for them to accept."""
    act, offer = _on(offer, Event.TAKE_UP, by=by, now=now, intention=intention, request=request)
    if act.earlier:
        return offer
    _must_be_open(act, offer)
    if offer.side != Offer.Side.REQUESTER:
        raise Refused(Reason.TOO_LATE, Event.TAKE_UP)
    wanted = Interval(offer.start, offer.end)
    others = [each for each in acts.open_offers(act.case, now) if each.pk != offer.pk]
    is_countered = any(each.side == Offer.Side.REQUESTER for each in others)
    lost = [] if is_countered else [Guard.COUNTERED]
    act.decide(*_guards(act, [wanted], specialist), lost=lost)
    limit = until or _clock(act).after("consultation.offer_held")
    offer.booking = _held(act, wanted, specialist, rooms, limit, intention)
    offer.side, offer.specialist, offer.expires_at = (
        Offer.Side.SPECIALIST,
        specialist,
        min(limit, offer.start),
    )
    offer.save(update_fields=["booking", "side", "specialist", "expires_at"])
    _take_in(act.case, specialist, by=by, now=now)
    told = access.people(act.case, REQUESTING_PARTS, now)
    act.finish("specialist", "triaged_at", facts={"offers": [offer.pk]}, tell=[Telling(Kind.OFFERED, told)])
    return offer


@retried
def accept(
    offer: Offer,
    *,
    by: User,
    now: datetime,
    intention: UUID,
    request: HttpRequest | None = None,
) -> Consultation:
    """The conference is booked at the offer's time; the other offers are free.

    Raises TakenError, ExpiredOfferError, WithdrawnOfferError; then nothing is changed.
    """
    act, offer = _on(offer, Event.ACCEPT, by=by, now=now, intention=intention, request=request)
    case = act.case
    if act.earlier:
        return case
    _must_be_open(act, offer)
    if offer.booking is None:  # the requesting side's own proposal, which nobody has taken up yet
        raise Refused(Reason.TOO_EARLY, Event.ACCEPT, state=None)
    act.decide(lost=[Guard.COUNTERED])
    _with_those_let_in(offer, by=by, now=now, intention=intention)
    others = [each for each in _locked_open(case) if each.pk != offer.pk]
    case.conference = _confirmed(offer, by=by, now=now, intention=intention)
    case.specialist = offer.specialist
    _settle([offer], Offer.State.ACCEPTED, by=by, now=now)
    _let_go(others, Offer.State.TAKEN, by=by, now=now, intention=intention)
    assert case.service is not None
    losers = _dismissed(case, offer, others, now)
    winners = [offer.specialist.user] if offer.specialist and offer.specialist.user else []
    asking = access.people(case, REQUESTING_PARTS, now)
    return act.finish(
        "conference", "specialist", facts={"offer": offer.pk, "booking": case.conference.pk},
        tell=[
            Telling(Kind.SCHEDULED, [*winners, *asking]),
            Telling(Kind.TAKEN, losers),
            Telling(Kind.SCHEDULED, access.coordinators(case.service.organisation_id, now)),
        ],
    )  # fmt: skip


@retried
def decline(
    case: Consultation,
    *,
    by: User,
    now: datetime,
    intention: UUID,
    only: Offer | None = None,
    version: int | None = None,
    request: HttpRequest | None = None,
) -> Consultation:
    """None of the offered times suits, or not this one (`only`). With the last one the search goes on."""
    event = Event.DECLINE_OFFER
    act = acts.begin(case, event, by=by, now=now, intention=intention, version=version, request=request)
    if act.earlier:
        return act.case
    act.must_be_part()
    act.decide()
    found = _fresh_open(act, only, Offer.Side.SPECIALIST)
    _let_go(found, Offer.State.DECLINED, by=by, now=now, intention=intention)
    act.decide()
    gone = [offer.pk for offer in found]
    return act.finish(facts={"offers": gone}, tell=[Telling(Kind.OFFERS_OVER, _advisers(act))])


@retried
def decline_counter(
    offer: Offer, *, by: User, now: datetime, intention: UUID, request: HttpRequest | None = None
) -> Consultation:
    """The requesting side's proposal does not suit."""
    act, offer = _on(offer, Event.DECLINE_COUNTER, by=by, now=now, intention=intention, request=request)
    if act.earlier:
        return act.case
    _must_be_open(act, offer)
    act.decide()
    _let_go([offer], Offer.State.DECLINED, by=by, now=now, intention=intention)
    act.decide()
    told = access.people(act.case, REQUESTING_PARTS, now)
    return act.finish(facts={"offers": [offer.pk]}, tell=[Telling(Kind.WITHDRAWN, told)])


@retried
def withdraw(
    offer: Offer, *, by: User, now: datetime, intention: UUID, request: HttpRequest | None = None
) -> Consultation:
    """The side that made the offer takes it back; its time is free."""
    act, offer = _on(offer, Event.WITHDRAW_OFFER, by=by, now=now, intention=intention, request=request)
    if act.earlier:
        return act.case
    _must_be_open(act, offer)
    is_asking = act.actors[0].value in REQUESTING_PARTS
    if is_asking != (offer.side == Offer.Side.REQUESTER):
        raise Refused(Reason.NOT_YOURS, Event.WITHDRAW_OFFER)
    act.decide()
    _let_go([offer], Offer.State.WITHDRAWN, by=by, now=now, intention=intention)
    act.decide()
    told = _advisers(act) if is_asking else access.people(act.case, REQUESTING_PARTS, now)
    return act.finish(facts={"offers": [offer.pk]}, tell=[Telling(Kind.WITHDRAWN, told)])


def settle_expired(*, now: datetime, only: Collection[int] | None = None) -> int:
    """Puts the offers in order that have run out (those of the bookings `only`, or all): how many cases."""
    open_ones = Offer.objects.filter(state=Offer.State.OPEN)
    due = open_ones.filter(Q(expires_at__lte=now) | Q(booking__state=Booking.State.CANCELLED))
    if only is not None:
        due = due.filter(booking__in=only)
    cases = list(Consultation.objects.filter(pk__in=due.values("consultation")).order_by("pk"))
    return sum(_expire(case, now=now) for case in cases)


@retried
def _expire(case: Consultation, *, now: datetime) -> bool:
    act = acts.begin(case, Event.EXPIRE_OFFER, by=None, now=now)
    # Read again under the lock: one of them may have been accepted meanwhile.
    gone = [
        offer
        for offer in _locked_open(act.case)
        if offer.expires_at <= now or (offer.booking and offer.booking.state == Booking.State.CANCELLED)
    ]
    if not gone:
        return False
    bookings.expire_holds(now=now, only=[offer.booking_id for offer in gone if offer.booking_id])
    _settle(gone, Offer.State.EXPIRED, by=None, now=now)
    if act.case.state not in {State.OFFERED, State.NEEDS_INFO}:
        return True  # somebody's step came between its end and now, and the case no longer rests on it
    step = act.decide()
    asking = access.people(act.case, REQUESTING_PARTS, now)
    tell = [Telling(Kind.OFFERS_OVER, [*_advisers(act), *asking])] if step.target == "triaged" else []
    act.finish(facts={"offers": [offer.pk for offer in gone]}, tell=tell)
    return True


def release(case: Consultation, *, by: User | None, now: datetime, intention: UUID) -> None:
    """Frees all that the case holds, its conference included; part of a verb that has the case's lock."""
    _let_go(_locked_open(case), Offer.State.WITHDRAWN, by=by, now=now, intention=intention)
    accepted = case.offers.filter(state=Offer.State.ACCEPTED)
    _settle(accepted, Offer.State.WITHDRAWN, by=by, now=now)
    if case.conference is not None:
        _cancelled([case.conference], by=by, now=now, intention=intention)
        case.conference = None


def _on(
    offer: Offer, event: Event, *, by: User, now: datetime, intention: UUID, request: HttpRequest | None
) -> tuple[acts.Act, Offer]:
    """The act on the offer's case, and the offer read under its lock. A stranger is refused."""
    act = acts.begin(offer.consultation, event, by=by, now=now, intention=intention, request=request)
    act.must_be_part()
    fresh = Offer.objects.select_related("booking", "specialist__user").get(pk=offer.pk)
    fresh.consultation = act.case
    return act, fresh


def _must_be_open(act: acts.Act, offer: Offer) -> None:
    if offer.state in {Offer.State.ACCEPTED, Offer.State.TAKEN}:
        chosen = act.case.offers.filter(state=Offer.State.ACCEPTED).select_related("specialist").first()
        raise TakenError(chosen)
    if offer.state in {Offer.State.WITHDRAWN, Offer.State.DECLINED}:
        raise WithdrawnOfferError
    if offer.state == Offer.State.EXPIRED or offer.expires_at <= act.now:
        raise ExpiredOfferError


def _guards(act: acts.Act, times: Sequence[Interval], specialist: Person | None) -> list[Guard]:
    """What of the conditions on offers holds. Without a specialist the requesting side proposes."""
    clock, now = _clock(act), act.now
    side = Offer.Side.SPECIALIST if specialist else Offer.Side.REQUESTER
    open_now = sum(offer.side == side for offer in acts.open_offers(act.case, now))
    horizon = now + timedelta(days=clock.number(deadlines.HORIZON))
    found = []
    if times and open_now + len(times) <= clock.number(deadlines.MOST_OFFERS):
        found.append(Guard.FEW_OFFERS)
    if times and all(now < each.start <= horizon for each in times):
        found.append(Guard.AHEAD)
    service = act.case.service
    if specialist and parties.is_asking(act.case, specialist):
        return found
    if specialist and service and access.has_post(
        specialist, service.organisation_id, {Role.SPECIALIST}, now
    ):  # fmt: skip
        found.append(Guard.ELIGIBLE)
    return found


def _clock(act: acts.Act) -> deadlines.Clock:
    if act.clock is None:
        organisation = act.case.service.organisation if act.case.service else act.case.organisation
        act.clock = deadlines.Clock(organisation, act.now)
    return act.clock


def _hold(
    act: acts.Act, interval: Interval, specialist: Person, rooms: Collection[Location], limit: datetime,
    intention: UUID,
) -> Offer:  # fmt: skip
    booking = _held(act, interval, specialist, rooms, limit, intention)
    assert act.by is not None
    return Offer.objects.create(
        consultation=act.case, side=Offer.Side.SPECIALIST, specialist=specialist, start=interval.start,
        end=interval.end, booking=booking, expires_at=min(limit, interval.start), proposed_by=act.by,
        proposed_at=act.now,
    )  # fmt: skip


def _held(
    act: acts.Act, interval: Interval, specialist: Person, rooms: Collection[Location], limit: datetime,
    intention: UUID,
) -> Booking:  # fmt: skip
    plan = sides.plan(act.case, interval, specialist, rooms)
    key = uuid5(intention, interval.start.isoformat())
    lasting = min(limit, interval.start) - act.now
    try:
        return bookings.hold(plan, by=act.by, now=act.now, intention=key, lasting=lasting)
    except bookings.ConflictError as error:
        raise OfferConflictError(interval, error.verdict) from None


def _take_in(case: Consultation, specialist: Person, *, by: User, now: datetime) -> None:
    """Whoever is offered sees the case; the first one has it."""
    assert case.service is not None
    if not case.parties.filter(person=specialist, until=None).exists():
        CaseParty.objects.create(
            consultation=case, person=specialist, organisation=case.service.organisation,
            part=Part.SPECIALIST, since=now, added_by=by,
        )  # fmt: skip
    case.specialist = case.specialist or specialist
    case.triaged_at = case.triaged_at or now


def _dismissed(case: Consultation, chosen: Offer, others: Sequence[Offer], now: datetime) -> list[User]:
    """Those whose times were not chosen. Who came in by offers alone, of now or before, sees the case no
    more."""
    by_offer = case.changes.filter(event__in=[Event.PROPOSE, Event.TAKE_UP]).values("at")
    came_by_it = case.parties.filter(part=Part.SPECIALIST, until=None, since__in=by_offer)
    came_by_it.exclude(person=chosen.specialist_id).update(until=now)
    lost = [o.specialist for o in others if o.specialist_id != chosen.specialist_id]
    return [specialist.user for specialist in lost if specialist and specialist.user]


def _with_those_let_in(offer: Offer, *, by: User, now: datetime, intention: UUID) -> None:
    assert offer.booking is not None
    try:
        parties.bring_in(offer.consultation, offer.booking, by=by, now=now, intention=intention)
    except bookings.ExpiredError:
        raise ExpiredOfferError from None
    except (bookings.CancelledError, bookings.OverError):
        raise WithdrawnOfferError from None


def _confirmed(offer: Offer, *, by: User, now: datetime, intention: UUID) -> Booking:
    assert offer.booking is not None
    try:
        return bookings.confirm(offer.booking, by=by, now=now, intention=uuid5(intention, "confirm"))
    except bookings.ExpiredError:
        raise ExpiredOfferError from None
    except bookings.CancelledError:
        raise WithdrawnOfferError from None


def _locked_open(case: Consultation) -> list[Offer]:
    """The case's open offers, run out or not, with their bookings locked in the order of the keys."""
    found = list(case.offers.filter(state=Offer.State.OPEN).select_related("booking", "specialist__user"))
    keys = [offer.booking_id for offer in found if offer.booking_id]
    locked = {
        b.pk: b for b in Booking.objects.filter(pk__in=keys).order_by("pk").select_for_update(no_key=True)
    }
    for offer in found:
        if offer.booking_id:
            offer.booking = locked[offer.booking_id]
    return found


def _fresh_open(act: acts.Act, only: Offer | None, side: str) -> list[Offer]:
    if only is None:
        return [offer for offer in _locked_open(act.case) if offer.side == side]
    fresh = act.case.offers.select_related("booking").get(pk=only.pk)
    _must_be_open(act, fresh)
    return [fresh]


def _let_go(
    found: Sequence[Offer], state: Offer.State, *, by: User | None, now: datetime, intention: UUID
) -> None:
    _cancelled([offer.booking for offer in found if offer.booking], by=by, now=now, intention=intention)
    _settle(found, state, by=by, now=now)


def _cancelled(found: Iterable[Booking], *, by: User | None, now: datetime, intention: UUID) -> None:
    for booking in sorted(found, key=lambda each: each.pk):
        if booking.end > now:  # what is over is history, and holds nothing
            bookings.cancel(booking, by=by, now=now, intention=uuid5(intention, f"cancel {booking.pk}"))


def _settle(found: Iterable[Offer], state: Offer.State, *, by: User | None, now: datetime) -> None:
    Offer.objects.filter(pk__in=[offer.pk for offer in found]).update(
        state=state, settled_at=now, settled_by=by
    )


def _of(act: acts.Act, name: str) -> list[Offer]:
    """What this request made when it first came."""
    assert act.earlier is not None
    return list(act.case.offers.filter(pk__in=act.earlier.facts[name]).order_by("pk"))


def _advisers(act: acts.Act) -> list[User]:
    """The specialist's side: whoever has the case, else the office."""
    case = act.case
    if case.specialist is not None and case.specialist.user is not None:
        return [case.specialist.user]
    assert case.service is not None
    return access.coordinators(case.service.organisation_id, act.now)
