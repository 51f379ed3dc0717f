"""候補: proposing times, choosing one, taking them back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from clinics import access, free_times, offers, states, wording
from clinics.forms import KeyForm, TimesForm
from clinics.models import Consultation, Offer
from clinics.offers import OfferConflictError
from clinics.states import Actor, CaseError, Event, Reason, Refused, State
from clinics.views import cases, desk
from clinics.views.desk import Opened
from scheduler import wallclock
from scheduler.models import Location, Person, Resource

USUAL_MINUTES = 20


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Either side's page: the specialist's offers hold their times, the requester's wishes hold none."""
    opened = desk.opened(request, uid)
    possible = states.possible(State(opened.case.state), opened.actors)
    event = Event.PROPOSE if Event.PROPOSE in possible else Event.COUNTER_PROPOSE
    if event not in possible:
        return opened.refused(Refused(Reason.TOO_LATE, event))
    form = _form(opened, event, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        if "intention" in form.errors and form.is_bound:
            raise Http404
        return _shown(opened, event, form)
    try:
        _do(opened, event, form)
    except OfferConflictError as error:
        zone, language = opened.case.organisation.zone, opened.reader.language
        return _shown(
            opened, event, form, said=opened.said(error), obstacles=wording.obstacles(error, zone, language)
        )
    except CaseError as error:
        form.add_error(None, opened.said(error))
        return _shown(opened, event, form)
    done = (
        _("The times are offered and held. The requesting side is told.")
        if event == Event.PROPOSE
        else _("Your times are proposed. You are told when one is taken up.")
    )
    messages.success(request, done)
    return opened.back()


def _form(opened: Opened, event: Event, data: Any) -> TimesForm:
    case = opened.case
    specialists, rooms = ([], []) if event == Event.COUNTER_PROPOSE else (_specialists(opened), _rooms(case))
    wanted = next((p for p in specialists if p.pk == case.specialist_id), next(iter(specialists), None))
    person = wanted or case.specialist
    people = [case.requester_id, *([person.pk] if person else [])]
    hospitals = [case.organisation, *([case.service.organisation] if case.service else [])]
    minutes = case.service.minutes if case.service else USUAL_MINUTES
    free = free_times.nearest(hospitals, people, minutes, opened.now)
    usual = {"intention": uuid4(), "version": case.version, "specialist": wanted.pk if wanted else None}
    zone = case.organisation.zone
    return TimesForm(
        data, zone=zone, minutes=minutes, free=free, specialists=specialists, rooms=rooms, initial=usual
    )


def _specialists(opened: Opened) -> list[Person]:
    """A specialist offers their own time; the office anybody's there."""
    assert opened.case.service is not None
    found = list(access.specialists(opened.case.service.organisation_id, opened.now))
    if Actor.COORDINATOR in opened.actors:
        return found
    return [person for person in found if person.user_id == opened.user.pk]


def _rooms(case: Consultation) -> list[Location]:
    hospitals = [case.organisation_id, *([case.service.organisation_id] if case.service else [])]
    kind = Resource.Kind.CONFERENCE_ROOM
    return list(Location.objects.filter(organisation__in=hospitals, kind=kind, is_active=True))


def _do(opened: Opened, event: Event, form: TimesForm) -> None:
    values = form.cleaned_data
    given: dict[str, Any] = {
        "by": opened.user, "now": opened.now, "intention": values["intention"],
        "version": values["version"], "request": opened.request,
    }  # fmt: skip
    if event == Event.COUNTER_PROPOSE:
        offers.counter_propose(opened.case, form.times, **given)
        return
    chosen = {int(pk) for pk in values.get("rooms", [])}
    rooms = [room for room in _rooms(opened.case) if room.pk in chosen]
    specialist = values.get("specialist") or opened.case.specialist
    if specialist is None:
        raise Refused(Reason.ELIGIBLE, event)
    offers.propose(opened.case, form.times, specialist=specialist, rooms=rooms, **given)


def _shown(opened: Opened, event: Event, form: TimesForm, **refusal: Any) -> HttpResponse:
    zone, language = opened.case.organisation.zone, opened.reader.language
    form.renew(Consultation.objects.get(pk=opened.case.pk).version)
    context = {
        "opened": opened,
        "form": form,
        "is_wish": event == Event.COUNTER_PROPOSE,
        "free": [_free(text, form.minutes, zone, language) for text, _label in _choices(form)],
        "ticked": form.ticked("free"),
        "typed": [form[f"start_{n}"] for n in range(1, 4)],
        **refusal,
    }
    status = 409 if refusal else 422 if form.errors else 200
    return render(opened.request, "clinics/times.html", context, status=status)


def _choices(form: TimesForm) -> list[tuple[str, str]]:
    return list(form.fields["free"].choices)  # type: ignore[attr-defined]  # a choice field


def _free(text: str, minutes: int, zone: ZoneInfo, language: str) -> dict[str, str]:
    start = datetime.fromisoformat(text)
    words = wallclock.moment(start, start + timedelta(minutes=minutes), zone, language)
    return {"value": text, "words": words}


@never_cache
@require_POST
def accept(request: HttpRequest, uid: UUID, offer: UUID) -> HttpResponse:
    opened, found, key = _pressed(request, uid, offer)
    try:
        offers.accept(found, by=opened.user, now=opened.now, intention=key, request=request)
    except CaseError as error:
        return opened.refused(error)
    zone = opened.case.organisation.zone
    when = wallclock.moment(found.start, found.end, zone, opened.reader.language)
    messages.success(
        request, _("The conference is booked for %(when)s. Both doctors are told.") % {"when": when}
    )
    return opened.back()


@never_cache
@require_POST
def withdraw(request: HttpRequest, uid: UUID, offer: UUID) -> HttpResponse:
    opened, found, key = _pressed(request, uid, offer)
    try:
        offers.withdraw(found, by=opened.user, now=opened.now, intention=key, request=request)
    except CaseError as error:
        return opened.refused(error)
    messages.success(request, _("The time is withdrawn and free again."))
    return opened.back()


@never_cache
@require_POST
def decline_counter(request: HttpRequest, uid: UUID, offer: UUID) -> HttpResponse:
    opened, found, key = _pressed(request, uid, offer)
    try:
        offers.decline_counter(found, by=opened.user, now=opened.now, intention=key, request=request)
    except CaseError as error:
        return opened.refused(error)
    messages.success(request, _("Declined. The requesting side is told."))
    return opened.back()


@never_cache
@require_POST
def take_up(request: HttpRequest, uid: UUID, offer: UUID) -> HttpResponse:
    opened, found, key = _pressed(request, uid, offer)
    choices = _specialists(opened) if opened.case.service else []
    wanted = request.POST.get("person", "")
    specialist = next((p for p in choices if str(p.pk) == wanted), next(iter(choices), None))
    if specialist is None:
        return opened.refused(Refused(Reason.NOT_YOURS, Event.TAKE_UP))
    try:
        offers.take_up(
            found, specialist=specialist, by=opened.user, now=opened.now, intention=key, request=request
        )
    except OfferConflictError as error:
        return cases.not_free(opened, error)
    except CaseError as error:
        return opened.refused(error)
    messages.success(request, _("The time is held for both. The requesting side confirms it."))
    return opened.back()


def _pressed(request: HttpRequest, uid: UUID, offer: UUID) -> tuple[Opened, Offer, UUID]:
    opened = desk.opened(request, uid)
    found: Offer = get_object_or_404(_offers(opened.case), uid=offer)
    form = KeyForm(request.POST)
    if not form.is_valid():
        raise Http404
    return opened, found, form.cleaned_data["intention"]


def _offers(case: Consultation) -> QuerySet[Offer]:
    return case.offers.select_related("consultation", "booking")
