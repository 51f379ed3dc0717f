"""Calling the centre for help out of a room, and answering such a call."""

from __future__ import annotations

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
from realtime.access import Refusal
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
    decision = access.decide(cast("User", request.user), uid, now)
    if isinstance(decision, Refusal):
        raise Http404
    if request.method == "POST":
        form = HelpForm(request.POST)
        if form.is_valid():
            help_calls.call(decision, HelpCall.Symptom(form.cleaned_data["symptom"]), now=now)
        if "application/json" not in request.headers.get("Accept", ""):
            if form.errors:
                messages.error(request, _("Nobody was told yet: choose what is the matter."))
            return redirect("realtime:by_booking", uid=uid)
        if form.errors:
            return JsonResponse({"errors": form.errors}, status=422)
    language = get_language() or "ja"
    state = help_calls.state_for(decision.booking, decision.organisation.pk, now, language)
    return JsonResponse(
        {
            "open": state.is_open,
            "told": state.told,
            "answered_by": state.answered_by,
            "symptom": state.symptom,
            "at": state.at.isoformat() if state.at else None,
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
    else:
        messages.info(request, _("Somebody else is coming already."))
    return redirect("scheduler:today")
