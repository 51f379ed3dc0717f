"""The waiting page of a receiving room's device, and the staff's press that starts it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from realtime import access, check_words, device_page, device_words, devices
from realtime.devices import Report
from realtime.models import DeviceStatus
from scheduler.models import Membership, User

SIGNED_IN_FOR = timedelta(days=90)
"""From the last day on which the device was used: longer than a summer's holidays."""
OLDEST_CHECK_S = 30 * 24 * 3600


class ReportForm(forms.Form):
    """What a device sends: its checks and how many seconds ago they were made, or the room it is in."""

    room = forms.UUIDField(required=False)
    camera = forms.ChoiceField(choices=DeviceStatus.Check.choices, required=False)
    microphone = forms.ChoiceField(choices=DeviceStatus.Check.choices, required=False)
    speaker = forms.ChoiceField(choices=DeviceStatus.Check.choices, required=False)
    line = forms.ChoiceField(choices=DeviceStatus.Check.choices, required=False)
    age = forms.FloatField(min_value=0, max_value=OLDEST_CHECK_S, required=False)


@never_cache
@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """What comes next in this receiving room, its checks, and the one button into the lesson."""
    now = timezone.now()
    post = _device(request, now)
    page = device_page.load(post, now, get_language() or "ja")
    facts = {
        "status": reverse("realtime:device_status"),
        "line": reverse("realtime:line"),
        "csrf": get_token(request),
        "icons": static("scheduler/icons.svg"),
        "words": check_words.words(),
    }
    return render(request, "realtime/device.html", {"page": page, "facts": facts})


@require_POST
def status(request: HttpRequest) -> HttpResponse:
    """The device says how it is, as JSON, and is answered what to do."""
    now = timezone.now()
    post = _device(request, now)
    said = _read(request.body)
    if said is None:
        return HttpResponseBadRequest()
    _stay_signed_in(request, now)
    orders = devices.report(post, said, now=now)
    waits = reverse("realtime:device") if orders.wait else ""
    enters = reverse("realtime:by_booking", args=[orders.enter]) if orders.enter else ""
    return JsonResponse({"go": enters or waits, "every": orders.every_s * 1000, "at": now.isoformat()})


@never_cache
@require_safe
def line(request: HttpRequest) -> HttpResponse:
    """An empty answer: how long it takes is the check of the line."""
    return HttpResponse(status=204)


@require_POST
def start(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The school's staff send their room's device into the lesson."""
    now = timezone.now()
    user = cast("User", request.user)
    side = devices.staff_side(user, uid, now)
    if side is None:
        raise Http404
    if not access.window_of(side.booking).start <= now < access.window_of(side.booking).end:
        messages.error(request, _("The device was not told: the room is not open now."))
    elif not devices.ask_to_start(side, by=user, now=now):
        messages.error(
            request, _("The device was not told: it has never been connected. Open its waiting page on it.")
        )
    return redirect("realtime:by_booking", uid=uid)


def _device(request: HttpRequest, now: datetime) -> Membership:
    post = devices.post_of(cast("User", request.user), now)
    if post is None:
        raise Http404
    return post


def _read(body: bytes) -> Report | None:
    """None for what no device of ours says."""
    try:
        # As a fraction a number of any length is one that the form refuses.
        said: Any = json.loads(body, parse_int=float)
    except (ValueError, RecursionError):
        return None
    form = ReportForm(said if isinstance(said, dict) else {"room": "?"})
    if not form.is_valid():
        return None
    facts = form.cleaned_data
    age = None if facts["age"] is None else timedelta(seconds=facts["age"])
    return Report({name: facts[name] for name in device_words.CHECKS}, age=age, room=facts["room"])


def _stay_signed_in(request: HttpRequest, now: datetime) -> None:
    """A device that is used every day is never asked for its password; once a day is often enough."""
    today = now.date().isoformat()
    if request.session.get("device_seen_on") != today:
        request.session["device_seen_on"] = today
        request.session.set_expiry(int(SIGNED_IN_FOR.total_seconds()))
