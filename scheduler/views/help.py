"""困ったとき: what to do when camera, sound or line fails, and whom to ring."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from scheduler.models import Organisation


@login_not_required
def page(request: HttpRequest) -> HttpResponse:
    """Public: whoever cannot sign in needs it most. It names the centres and their telephones."""
    centres = Organisation.objects.filter(kind=Organisation.Kind.DELIVERY_CENTRE).exclude(telephone="")
    return render(request, "scheduler/help.html", {"centres": centres})
