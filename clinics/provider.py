"""How conferences are told to Today, calendars and notices: as 「カンファレンス」 and nothing more.

Whoever sees the case reads its number beside it, after signing in. What waits for a doctor or an
office stands on their Today, by deadline; nobody else costs a query.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from clinics import access, sides
from clinics.models import CaseParty, Consultation
from clinics.states import State
from realtime.access import window_of
from scheduler import wallclock
from scheduler.models import Booking, Participant, Role
from scheduler.providers import CalendarFacts, Entry, Event, Need, Reader, Seen

ROLES = frozenset({Role.SPECIALIST, Role.LOCAL_DOCTOR, Role.CLINIC_COORDINATOR})
Part = CaseParty.Part
Owner = Consultation.Owner


class ConferenceProvider:
    """For the kind conference."""

    def entries(self, bookings: Sequence[Booking], reader: Reader, now: datetime) -> list[Entry]:
        cases = _cases(bookings, access.visible(reader.user, now))
        own = _sides(bookings, Q(person__user=reader.user))
        with override(reader.language):
            return [_entry(b, cases.get(b.pk), own.get(b.pk), reader, now) for b in bookings]

    def calendar(self, seen: Sequence[Seen], language: str) -> list[Event]:
        bookings = [each.booking for each in seen]
        found = _sides(bookings, Q(pk__in=[each.side_id for each in seen]))
        cases = _cases(bookings, Consultation.objects.all())
        return [_event(b, found.get(b.pk), cases.get(b.pk), language) for b in bookings]

    def calendar_facts(self, booking_ids: Collection[int]) -> Mapping[int, CalendarFacts]:
        return dict.fromkeys(booking_ids, CalendarFacts(sides.TITLE))

    def url(self, booking: Booking) -> str:
        return _url(_cases([booking], Consultation.objects.all()).get(booking.pk))

    def needs(self, reader: Reader, now: datetime) -> Iterable[Need]:
        if not any(post.role in ROLES for post in reader.memberships):
            return []
        with override(reader.language):
            return [_need(case, reader, now) for case in waiting_for(reader, now)]


def waiting_for(reader: Reader, now: datetime) -> QuerySet[Consultation]:
    """The cases whose next step is this reader's, and for an office those that are overdue at anybody's;
    the most urgent deadline first."""
    user = reader.user
    parties = access.standing_parties(now).filter(person__user=user)
    asking = parties.filter(part__in=[Part.REQUESTER, Part.COLLEAGUE, Part.PROXY]).values("consultation")
    offices = [m.organisation_id for m in reader.memberships if m.role == Role.CLINIC_COORDINATOR]
    of_office = Q(service__organisation__in=offices)
    prepared = Q(state=State.DRAFT, requester__user=user) & ~Q(created_by=user)
    mine = (
        prepared
        | Q(pk__in=asking, owner=Owner.REQUESTER) & ~Q(state=State.DRAFT)
        | Q(
            pk__in=parties.filter(part=Part.SPECIALIST).values("consultation"),
            specialist__user=user,
            owner=Owner.SPECIALIST,
        )
        | of_office & Q(owner=Owner.COORDINATOR)
        | of_office & Q(due_at__lte=now)
    )
    # What is booked or running stands in the day itself.
    found = Consultation.objects.open().filter(mine).exclude(state__in=[State.SCHEDULED, State.LIVE])
    return found.select_related("organisation", "service__organisation", "specialist").order_by(
        "due_at", "pk"
    )


@dataclass(frozen=True, slots=True)
class _Case:
    uid: UUID
    number: str


def _cases(bookings: Sequence[Booking], among: QuerySet[Consultation]) -> dict[int, _Case]:
    """By booking: the case of a conference or of an offer's hold."""
    keys = [booking.pk for booking in bookings]
    found: dict[int, _Case] = {}
    for column in ("conference", "offers__booking"):
        rows = among.filter(**{f"{column}__in": keys}).values_list(column, "uid", "number")
        found |= {booking: _Case(uid, number) for booking, uid, number in rows}
    return found


def _sides(bookings: Sequence[Booking], which: Q) -> dict[int, Participant]:
    """One side per booking, one that stands before one that left."""
    rows = Participant.objects.filter(which, booking__in=[b.pk for b in bookings]).select_related("location")
    ordered = sorted(rows, key=lambda side: side.withdrawn_at is None)
    return {side.booking_id: side for side in ordered}


def _url(case: _Case | None) -> str:
    return reverse("clinics:case", args=[case.uid]) if case else ""


def _entry(
    booking: Booking, case: _Case | None, own: Participant | None, reader: Reader, now: datetime
) -> Entry:
    state = _state(booking, own, now)
    window = window_of(booking)
    is_open = state in {"planned", "soon", "live", "over"} and window.start <= now < window.end
    return Entry(
        booking=booking,
        interval=own.interval if own else booking.interval,
        title=sides.TITLE.in_language(reader.language),
        detail=_("Consultation %(number)s") % {"number": case.number} if case else "",
        period="",
        place=_place(own, reader.language),
        state=state,
        state_words=_state_words(state),
        url=_url(case),
        room_url=reverse("realtime:by_booking", args=[booking.uid]) if is_open else "",
    )


def _state(booking: Booking, own: Participant | None, now: datetime) -> str:
    if booking.state == Booking.State.CANCELLED or (own is not None and own.withdrawn_at is not None):
        return "cancelled"
    if booking.state == Booking.State.TENTATIVE:
        return "held"
    if booking.end <= now:
        return "over"
    if booking.start <= now:
        return "live"
    return "soon" if window_of(booking).start <= now else "planned"


def _state_words(state: str) -> str:
    return {
        "planned": pgettext("conference", "planned"),
        "soon": pgettext("conference", "soon"),
        "live": pgettext("conference", "on now"),
        "over": pgettext("conference", "over"),
        "held": pgettext("conference", "offered"),
        "cancelled": pgettext("conference", "cancelled"),
    }[state]


def _event(booking: Booking, side: Participant | None, case: _Case | None, language: str) -> Event:
    is_gone = side is not None and side.withdrawn_at is not None
    return Event(
        summary=sides.TITLE.in_language(language),
        description="",
        location=_place(side, language),
        interval=side.interval if side else booking.interval,
        is_cancelled=booking.state == Booking.State.CANCELLED or is_gone,
        url=_url(case),
        room_url=reverse("realtime:by_booking", args=[booking.uid]),
    )


def _place(side: Participant | None, language: str) -> str:
    return side.location.label.in_language(language) if side and side.location else ""


def _need(case: Consultation, reader: Reader, now: datetime) -> Need:
    title = _("Consultation %(number)s") % {"number": case.number} if case.number else _("Consultation draft")
    return Need(
        title=_("%(title)s: %(what)s") % {"title": title, "what": _what(case)},
        detail=_deadline(case, reader, now),
        url=reverse("clinics:case", args=[case.uid]),
    )


def _what(case: Consultation) -> str:
    """What the owner does next; for an office that reads of others' delay the same words hold."""
    at_office = case.owner == Owner.COORDINATOR
    asking = case.owner == Owner.REQUESTER
    looking = _("say who takes it and when") if at_office else _("offer times")
    return {
        State.DRAFT: _("look at what was prepared and send it"),
        State.SUBMITTED: _("receive it"),
        State.NEEDS_INFO: _("answer the question"),
        State.TRIAGED: looking,
        State.OFFERED: _("choose a time") if asking else _("answer the proposed times"),
        State.NO_SHOW: _("find another time"),
        State.REPORT_DUE: _("write the advice"),
        State.REPORTED: _("read the advice"),
        State.FOLLOW_UP: _("record the outcome"),
    }.get(State(case.state), "")


def _deadline(case: Consultation, reader: Reader, now: datetime) -> str:
    if case.due_at is None:
        return ""
    when = wallclock.point(case.due_at, case.organisation.zone, reader.language)
    if case.due_at <= now:
        return _("Overdue since %(when)s") % {"when": when}
    return _("Until %(when)s") % {"when": when}
