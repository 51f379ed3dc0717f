"""相談: a doctor's own cases, and the office's queue."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from clinics import access, asking, case_list
from clinics.views import desk
from scheduler.models import Role

AT_HOME = access.DOCTORS | {Role.CLINIC_COORDINATOR}
"""Whose posts open the list, be it empty."""


@never_cache
@require_safe
def own(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    reader = desk.reader_of(request, now)
    if not any(post.role in AT_HOME for post in reader.memberships):
        raise Http404
    askers = asking.askers(reader, now)
    found = case_list.of_reader(reader, now, may_ask=bool(askers))
    hospitals = case_list.offices(reader, now)
    if hospitals and found.is_empty:
        return redirect("clinics:queue")
    context = {"list": found, "hospitals": hospitals, "now": now}
    return render(request, "clinics/list.html", context)


@never_cache
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    reader = desk.reader_of(request, now)
    hospitals = case_list.offices(reader, now)
    if not hospitals:
        raise Http404
    context = {"queue": case_list.queue(hospitals, reader, now), "now": now}
    return render(request, "clinics/queue.html", context)
