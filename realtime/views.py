"""The room's page, and the page that checks camera and microphone."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from realtime import access, room_words
from realtime.access import Admission, Reason, Refusal
from scheduler import wallclock
from scheduler.models import Booking, Organisation, Participant, User


@never_cache
@require_safe
def by_booking(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Opening the page is entering the room; nothing is asked in between."""
    now = timezone.now()
    decision = access.decide(cast("User", request.user), uid, now)
    if isinstance(decision, Refusal):
        return _closed_door(request, decision)
    return render(request, "realtime/room.html", _room(decision, now))


@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """Camera and microphone, chosen and tried without anybody else; `room` leads back."""
    room = request.GET.get("room", "")
    back = reverse("realtime:by_booking", args=[room]) if _is_uid(room) else reverse("scheduler:today")
    return render(request, "realtime/check.html", {"back": back, "is_room": _is_uid(room)})


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


def _room(admission: Admission, now: datetime) -> dict[str, Any]:
    booking = admission.booking
    mine = admission.participant or booking
    sides = list(
        Participant.objects.filter(booking=booking, person=None)
        .standing()
        .exclude(organisation=booking.organiser)
        .select_related("organisation")
    )
    zone = admission.organisation.zone
    return {
        "booking": booking,
        "admission": admission,
        "schools": len(sides),
        "headcount": sum(side.headcount for side in sides),
        "place": admission.participant.location if admission.participant else None,
        "period": admission.participant.period_number if admission.participant else None,
        "page": {
            "socket": f"/ws/rooms/{booking.uid}/",
            "room": str(booking.uid),
            "school": admission.organisation.label.ja if admission.is_school else "",
            "layout": "school" if admission.is_school else "host",
            "language": "ja" if wallclock.is_japanese(get_language() or "ja") else "en",
            "now": now.isoformat(),
            "start": mine.start.isoformat(),
            "end": mine.end.isoformat(),
            "zone": zone.key,
            "timed": booking.kind != Booking.Kind.PRACTICE,
            "ends": [_end(side.organisation, side) for side in sides if side.end < mine.end],
            "icons": static("scheduler/icons.svg"),
            "today": reverse("scheduler:today"),
            "words": room_words.words(booking.kind, leads=admission.role == "host"),
        },
    }


def _end(organisation: Organisation, side: Participant) -> dict[str, str]:
    """A school whose own period ends before the broadcast does."""
    return {"name": organisation.label.in_language(get_language() or "ja"), "end": side.end.isoformat()}
