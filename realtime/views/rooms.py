"""The room's page, and the page that checks camera, microphone, speaker and line."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID

import segno
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from realtime import (
    access,
    check_words,
    companion_page,
    companions,
    devices,
    room_words,
    topology,
    waiting_page,
)
from realtime.access import Admission, Reason, Refusal
from scheduler import wallclock
from scheduler.models import Booking, Organisation, Participant, User


@never_cache
@require_safe
def by_booking(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Opening the page is entering the room; nothing is asked in between.

    A school's staff get the page beside their room's device instead, unless they say that this
    computer shall take its place (`join=1`).
    """
    now = timezone.now()
    user = cast("User", request.user)
    side = None if "join" in request.GET else devices.staff_side(user, uid, now)
    if side is not None:
        page = companion_page.load(side, now, get_language() or "ja")
        return render(request, "realtime/companion.html", {"page": page})
    decision = access.decide(user, uid, now)
    if isinstance(decision, Refusal):
        if decision.reason is Reason.WAITING and decision.booking is not None:
            return _waiting_room(request, decision.booking, now)
        return _closed_door(request, decision)
    return render(request, "realtime/room.html", _room(request, decision, now))


@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """Camera and microphone, chosen and tried without anybody else; `room` leads back."""
    room = request.GET.get("room", "")
    back = reverse("realtime:by_booking", args=[room]) if _is_uid(room) else reverse("scheduler:today")
    facts = {"back": back, "is_room": _is_uid(room), "facts": _check_facts()}
    return render(request, "realtime/check.html", facts)


def _check_facts() -> dict[str, Any]:
    """For the script of the four checks."""
    return {
        "line": reverse("realtime:line"),
        "icons": static("scheduler/icons.svg"),
        "words": check_words.words(),
    }


def _waiting_room(request: HttpRequest, booking: Booking, now: datetime) -> HttpResponse:
    facts = _check_facts() | {
        "waiting": reverse("realtime:waiting", args=[booking.uid]),
        "ticks": static("realtime/ticks.js"),
    }
    page = waiting_page.load(booking, cast("User", request.user), now)
    return render(request, "realtime/waiting.html", {"page": page, "facts": facts})


def _is_uid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _closed_door(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    if refusal.reason is Reason.NO_RIGHT or refusal.booking is None or refusal.window is None:
        raise Http404
    booking = refusal.booking
    facts = {
        "reason": refusal.reason.value,
        "booking": booking,
        "opens_at": refusal.window.start,
        "zone": booking.organiser.zone,
    }
    status = 200 if refusal.reason is Reason.TOO_EARLY else 410
    return render(request, "realtime/closed_door.html", facts, status=status)


def _room(request: HttpRequest, admission: Admission, now: datetime) -> dict[str, Any]:
    booking = admission.booking
    mine = admission.participant or booking
    sides = list(
        Participant.objects.filter(booking=booking, person=None)
        .standing()
        .exclude(organisation=booking.organiser)
        .select_related("organisation")
    )
    zone = admission.organisation.zone
    language = get_language() or "ja"
    beside = companions.beside(booking, admission.participant, language)
    is_device = devices.post_of(cast("User", request.user), now) is not None
    return {
        "booking": booking,
        "admission": admission,
        "schools": len(sides),
        "headcount": sum(side.headcount for side in sides),
        "place": admission.participant.location if admission.participant else None,
        "period": admission.participant.period_number if admission.participant else None,
        "register_code": _code(beside.register_url) if admission.is_school and beside.register_url else "",
        "page": {
            "socket": f"/ws/rooms/{booking.uid}/",
            "room": str(booking.uid),
            "school": admission.organisation.label.ja if admission.is_school else "",
            "observes": admission.is_observer,
            "layout": "school" if admission.is_school else "host",
            "language": "ja" if wallclock.is_japanese(language) else "en",
            "now": now.isoformat(),
            "start": mine.start.isoformat(),
            "end": mine.end.isoformat(),
            "zone": zone.key,
            "timed": booking.kind != Booking.Kind.PRACTICE,
            "ends": [_end(side.organisation, side) for side in sides if side.end < mine.end],
            "icons": static("scheduler/icons.svg"),
            "today": reverse("realtime:device" if is_device else "scheduler:today"),
            "status": reverse("realtime:device_status") if is_device else "",
            "register": beside.register_url,
            "help": reverse("realtime:help", args=[booking.uid]),
            "door": _door(admission),
            "csrf": get_token(request),
            "telephone": booking.organiser.telephone,
            "words": room_words.words(booking.kind, leads=admission.role == "host"),
        },
    }


def _door(admission: Admission) -> dict[str, str | int] | None:
    """What whoever leads needs to let others in; None where the door is open to all, or is another's."""
    if admission.role != "host" or not access.has_waiting_room(admission.booking):
        return None
    ways = {name: reverse(f"realtime:{name}", args=[admission.uid]) for name in ("door", "admit", "return")}
    return {**ways, "ticks": static("realtime/ticks.js"), "most": topology.MOST_IN_CONFERENCE}


def _end(organisation: Organisation, side: Participant) -> dict[str, str]:
    """A school whose own period ends before the broadcast does."""
    return {"name": organisation.label.in_language(get_language() or "ja"), "end": side.end.isoformat()}


def _code(path: str) -> SafeString:
    """A page's address as a QR picture, for whoever stands before a display without a keyboard."""
    picture = segno.make(f"{settings.PUBLIC_URL}{path}", error="m")
    # Made of digits by segno alone: nothing of the address enters the markup as text.
    return mark_safe(picture.svg_inline(border=4, omitsize=True))  # noqa: S308
