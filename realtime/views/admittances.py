"""At the door of a conference: the knocking of whoever waits, and the host's word."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from realtime import access, admittances, waiting_page
from realtime.access import Admission, Reason, Refusal
from realtime.admittances import Caller
from scheduler import wallclock
from scheduler.models import User


@never_cache
@require_safe
def waiting(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The state of whoever waits, and their knock. 204: the room's own page now has something else to say."""
    now = timezone.now()
    user = cast("User", request.user)
    decision = access.decide(user, uid, now)
    if isinstance(decision, Refusal) and decision.reason is Reason.NO_RIGHT:
        raise Http404
    if isinstance(decision, Admission) or decision.reason is not Reason.WAITING or decision.booking is None:
        return HttpResponse(status=204)
    page = waiting_page.load(decision.booking, user, now)
    return render(request, "realtime/waiting_state.html", {"page": page})


@never_cache
@require_safe
def door(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Who waits and who was let in, as JSON, for whoever leads."""
    return _state(_led(request, uid))


@require_POST
def admit(request: HttpRequest, uid: UUID) -> HttpResponse:
    led = _led(request, uid)
    by = cast("User", request.user)
    admittances.admit(led.booking, request.POST.getlist("key"), by=by, now=timezone.now())
    return _answer(request, led)


@require_POST
def send_back(request: HttpRequest, uid: UUID) -> HttpResponse:
    led = _led(request, uid)
    by = cast("User", request.user)
    admittances.send_back(led.booking, request.POST.getlist("key"), by=by, now=timezone.now())
    return _answer(request, led)


def _led(request: HttpRequest, uid: UUID) -> Admission:
    decision = access.decide(cast("User", request.user), uid, timezone.now())
    if isinstance(decision, Refusal) or decision.role != "host":
        raise Http404
    if not access.has_waiting_room(decision.booking):
        raise Http404
    return decision


def _answer(request: HttpRequest, led: Admission) -> HttpResponse:
    if "application/json" in request.headers.get("Accept", ""):
        return _state(led)
    return redirect("realtime:by_booking", uid=led.uid)


def _state(led: Admission) -> JsonResponse:
    booking = led.booking
    waits = admittances.callers(booking, admittances.waiting(booking, timezone.now()))
    inside = admittances.callers(booking, admittances.admitted(booking))
    return JsonResponse(
        {"waiting": [_facts(one, led) for one in waits], "admitted": [_facts(one, led) for one in inside]}
    )


def _facts(caller: Caller, led: Admission) -> dict[str, str]:
    language = get_language() or "ja"
    return {
        "key": caller.key,
        "name": caller.name.in_language(language),
        "org": caller.organisation.in_language(language),
        "since": wallclock.clock(caller.since, led.organisation.zone),
    }
