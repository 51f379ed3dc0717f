"""What stands at the top of every page for this reader (and at the bottom of a phone)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from scheduler import permissions, readers
from scheduler.models import Organisation
from scheduler.providers import Reader


@dataclass(frozen=True, slots=True)
class Place:
    """A page that navigation offers. Verticals are known by the name of their address alone."""

    url_name: str
    label: Promise
    icon: str
    is_for: Callable[[Reader], bool]


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    label: Promise
    icon: str
    is_current: bool


def _everybody(reader: Reader) -> bool:
    return True


def _bookers(reader: Reader) -> bool:
    return any(m.role in permissions.BOOKING_ROLES for m in reader.memberships)


BOOK = "classrooms:book"
PLACES = (
    Place("scheduler:today", pgettext_lazy("navigation", "Today"), "today", _everybody),
    Place(BOOK, pgettext_lazy("navigation", "Book"), "book", _bookers),
    Place("scheduler:calendar", pgettext_lazy("navigation", "Calendar"), "calendar", _everybody),
    Place("scheduler:help", _("Help"), "help", _everybody),
)


def links(reader: Reader, path: str) -> list[Link]:
    """The pages that exist and that this reader may open, the current one marked."""
    found = []
    for place in PLACES:
        url = _address(place.url_name)
        if not url or not place.is_for(reader):
            continue
        is_current = path == url or (url != "/" and path.startswith(url))
        found.append(Link(url, place.label, place.icon, is_current))
    return found


def book_url(reader: Reader) -> str:
    """Where this reader books a slot, "" for who may not."""
    return _address(BOOK) if _bookers(reader) else ""


def _address(url_name: str) -> str:
    try:
        return reverse(url_name)
    except NoReverseMatch:  # a service without that vertical
        return ""


def own_place(reader: Reader) -> Organisation | None:
    """Where the reader works, as the header names it."""
    return reader.memberships[0].organisation if reader.memberships else None


def context(request: HttpRequest) -> dict[str, Any]:
    """Context processor: at most one query, shared with the page through `readers.of_request`."""
    reader = readers.of_request(request, timezone.now())
    current = get_language() or settings.LANGUAGE_CODE
    return {
        "nav": links(reader, request.path) if reader else [],
        "nav_reader": reader,
        "nav_organisation": own_place(reader) if reader else None,
        "nav_languages": [(code, name) for code, name in settings.LANGUAGES if not current.startswith(code)],
    }
