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

from scheduler import audit_search, members, permissions, readers, setting_permissions
from scheduler.models import Organisation, Role
from scheduler.providers import Reader

_WITHOUT_LESSONS = permissions.APART_ROLES - {Role.STUDENT}


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
    is_tab: bool
    """Whether it is one of the few under the thumb on a phone; the others stand at its page's foot."""


def _everybody(reader: Reader) -> bool:
    return True


def _lesson_people(reader: Reader) -> bool:
    """Everybody but those whose posts all have pages of their own instead of lessons."""
    return not reader.memberships or any(m.role not in _WITHOUT_LESSONS for m in reader.memberships)


def _bookers(reader: Reader) -> bool:
    return any(m.role in permissions.BOOKING_ROLES for m in reader.memberships)


def _doctors(reader: Reader) -> bool:
    """Doctors who ask or answer, and the offices that bring them together."""
    doctors = {Role.LOCAL_DOCTOR, Role.SPECIALIST, Role.CLINIC_COORDINATOR}
    return any(m.role in doctors for m in reader.memberships)


def _registrars(reader: Reader) -> bool:
    return any(m.role in permissions.REGISTER_ROLES for m in reader.memberships)


def _givers(reader: Reader) -> bool:
    return bool(members.mandate(reader.memberships))


def _setters(reader: Reader) -> bool:
    return bool(setting_permissions.scope(reader.memberships))


def _auditors(reader: Reader) -> bool:
    return any(m.role in audit_search.READER_ROLES for m in reader.memberships)


def _counters(reader: Reader) -> bool:
    return any(m.role == Role.BOARD_VIEWER for m in reader.memberships)


def _supporters(reader: Reader) -> bool:
    return any(m.role in permissions.SUPPORT_ROLES for m in reader.memberships)


BOOK = "classrooms:book"
PLACES = (
    Place("scheduler:today", pgettext_lazy("navigation", "Today"), "today", _lesson_people),
    Place(BOOK, pgettext_lazy("navigation", "Book"), "book", _bookers),
    Place("clinics:list", pgettext_lazy("navigation", "Consultations"), "chat", _doctors),
    Place("classrooms:registers", pgettext_lazy("navigation", "Attendance"), "check", _registrars),
    Place("classrooms:records", pgettext_lazy("navigation", "Records"), "document", _registrars),
    Place("scheduler:calendar", pgettext_lazy("navigation", "Calendar"), "calendar", _lesson_people),
    Place("classrooms:counts", pgettext_lazy("navigation", "Counts"), "list", _counters),
    Place("realtime:status", pgettext_lazy("navigation", "Rooms"), "line", _supporters),
    Place("scheduler:people", pgettext_lazy("navigation", "People"), "people", _givers),
    Place("scheduler:settings", _("Settings"), "settings", _setters),
    Place("scheduler:audit", pgettext_lazy("navigation", "Audit"), "list", _auditors),
    Place("scheduler:help", _("Help"), "help", _everybody),
)


TABS = 4
"""How many words fit side by side at 360 px."""
_AFTER_TABS = frozenset({"classrooms:records", "scheduler:people", "scheduler:settings", "scheduler:audit"})
"""Work for a desk: the last to be given a tab."""


def links(reader: Reader, path: str) -> list[Link]:
    """The pages that exist and that this reader may open, the current one marked."""
    offered = {place: url for place in PLACES if (url := _address(place.url_name)) and place.is_for(reader)}
    # Today and help always, between them what stands first in the list.
    first, *middle, last = offered
    tabs = {first, *sorted(middle, key=lambda place: place.url_name in _AFTER_TABS)[: TABS - 2], last}
    return [
        Link(
            url=url,
            label=place.label,
            icon=place.icon,
            is_current=path == url or (url != "/" and path.startswith(url)),
            is_tab=place in tabs,
        )
        for place, url in offered.items()
    ]


def home_url(reader: Reader) -> str:
    """The first page of who has no lessons, "" for everybody else, whose first page is Today."""
    if _lesson_people(reader):
        return ""
    return next((url for place in PLACES if place.is_for(reader) and (url := _address(place.url_name))), "")


def book_url(reader: Reader) -> str:
    """Where this reader books a slot, "" for who may not."""
    return _address(BOOK) if _bookers(reader) else ""


def device_url(reader: Reader) -> str:
    """Where a receiving room's device waits for its lessons, "" for everybody else."""
    is_device = any(m.role == Role.DEVICE for m in reader.memberships)
    return _address("realtime:device") if is_device else ""


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
