"""The state of rooms and devices, for the technical support."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from realtime import status_page
from scheduler import permissions, readers


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    reader = readers.of_request(request, now)
    if reader is None or not any(post.role in permissions.SUPPORT_ROLES for post in reader.memberships):
        raise Http404
    return render(request, "realtime/status.html", {"page": status_page.page(reader, now)})
