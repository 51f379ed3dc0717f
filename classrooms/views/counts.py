"""The counts of a district, for its board of education."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from classrooms import counts_page
from scheduler import readers


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    reader = readers.of_request(request, now)
    found = counts_page.page(reader.memberships, request.GET.get("year", ""), now) if reader else None
    if found is None:
        raise Http404
    return render(request, "classrooms/counts.html", {"page": found})
