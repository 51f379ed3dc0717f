"""The hub of everything that is set up: organisations, rooms, bells, calendars."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from scheduler import setting_places
from scheduler.views.scopes import scope_of


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    _by, scope = scope_of(request, timezone.now())
    return render(request, "scheduler/settings/settings.html", {"places": setting_places.offered(scope)})
