"""Who may open the pages of people."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404, HttpRequest

from scheduler import members, readers
from scheduler.members import Mandate
from scheduler.models import User


def holder_of(request: HttpRequest, now: datetime) -> tuple[User, Mandate]:
    """Who asks, and for whom they may act; for everybody else the page does not exist."""
    reader = readers.of_request(request, now)
    holder = members.mandate(reader.memberships) if reader else Mandate()
    if reader is None or not holder:
        raise Http404
    return reader.user, holder
