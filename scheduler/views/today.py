"""今日: everybody's first page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from scheduler import navigation, readers, today


def page(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    reader = readers.of_request(request, now)
    assert reader is not None  # LoginRequiredMiddleware lets nobody else in
    if home := navigation.home_url(reader):
        return HttpResponseRedirect(home)
    day = today.asked_day(request.GET.get("date", ""), reader, now)
    return render(request, "scheduler/today.html", {"page": today.page(reader, day, now)})
