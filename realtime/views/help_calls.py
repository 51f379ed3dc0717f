"""Calling the centre for help out of a room, and answering such a call."""

from __future__ import annotations

from datetime import datetime
from typing import cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from realtime import access, help_calls
from realtime.access import Admission, Refusal
from realtime.models import HelpCall
from scheduler import readers
from scheduler.models import User


class HelpForm(forms.Form):
    symptom = forms.ChoiceField(choices=[(s.value, s.value) for s in HelpCall.Symptom])


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def of_room(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Who was told and who comes, as JSON; POST calls. A form without script goes back to the room."""
    now = timezone.now()
    admission = _admission(request, uid, now)
    if request.method == "POST":
        form = HelpForm(request.POST)
        if form.is_valid():
            help_calls.call(admission, HelpCall.Symptom(form.cleaned_data["symptom"]), now=now)
        if not _wants_json(request):
            if form.errors:
                messages.error(request, _("Nobody was told yet: choose what is the matter."))
            return redirect("realtime:by_booking", uid=uid)
        if form.errors:
            return JsonResponse({"errors": form.errors}, status=422)
    return _state(admission, now)


@require_POST
def settle(request: HttpRequest, uid: UUID) -> HttpResponse:
    """ "It is all right now": the call is taken back."""
    now = timezone.now()
    admission = _admission(request, uid, now)
    is_settled = help_calls.settle(admission, by=cast("User", request.user), now=now)
    if _wants_json(request):
        return _state(admission, now)
    if is_settled:
        messages.success(request, _("The call for help was taken back. Nobody need come."))
    return redirect("realtime:by_booking", uid=uid)


def _admission(request: HttpRequest, uid: UUID, now: datetime) -> Admission:
    decision = access.decide(cast("User", request.user), uid, now)
    if isinstance(decision, Refusal):
        raise Http404
    return decision


def _wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def _state(admission: Admission, now: datetime) -> JsonResponse:
    language = get_language() or "ja"
    state = help_calls.state_for(admission.booking, admission.organisation.pk, now, language)
    return JsonResponse(
        {
            "open": state.is_open,
            "told": state.told,
            "answered_by": state.answered_by,
            "symptom": state.symptom,
            "at": state.at.isoformat() if state.at else None,
            "settles": state.is_open and help_calls.may_settle(admission, state.caller_id),
        }
    )


@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """ "I am coming": the caller's page says so."""
    now = timezone.now()
    reader = readers.of_request(request, now)
    if reader is None:
        raise Http404
    found = get_object_or_404(help_calls.reachable(reader, now), pk=pk)
    if help_calls.answer(found, by=reader.user, now=now):
        messages.success(request, _("Whoever called now reads that you are coming."))
    elif HelpCall.objects.filter(pk=found.pk, answered_by=None).exists():
        messages.info(request, _("The call was taken back: nobody need come any more."))
    else:
        messages.info(request, _("Somebody else is coming already."))
    return redirect("scheduler:today")
