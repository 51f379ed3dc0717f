"""What can be set up, as the hub lists it. A vertical adds its own page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from scheduler import audit_words, listings
from scheduler.bell_lists import BellListing
from scheduler.location_lists import LocationListing
from scheduler.organisation_lists import OrganisationListing
from scheduler.school_day_lists import SchoolDayListing
from scheduler.setting_permissions import Scope


@dataclass(frozen=True, slots=True)
class SettingPlace:
    url_name: str
    label: Promise
    explained: Promise
    icon: str
    is_for: Callable[[Scope], bool] = bool
    position: int = 0


_places = [
    SettingPlace(
        "scheduler:school_days",
        _("Calendar days and closures"),
        _("Events, closed days, short days, weekday swaps"),
        "calendar",
        position=10,
    ),
    SettingPlace(
        "scheduler:bells", _("Bell tables"),
        _("When each period begins and ends, and each weekday's day type"),
        "clock", position=20,
    ),
    SettingPlace(
        "scheduler:locations",
        _("Rooms, sets and lines"),
        _("Studios, receiving sets, conference rooms, lines"),
        "screen",
        lambda scope: scope.is_whole,
        position=30,
    ),
    SettingPlace(
        "scheduler:locations",
        _("Receiving sets and rooms"),
        _("What the school's lessons are received in"),
        "screen",
        lambda scope: not scope.is_whole,
        position=30,
    ),
    SettingPlace(
        "scheduler:organisations",
        _("Organisations"),
        _("Schools, hospitals, clinics, boards: names, codes, districts"),
        "list",
        lambda scope: scope.is_whole,
        position=50,
    ),
]  # fmt: skip


def register(place: SettingPlace) -> None:
    """Called in `AppConfig.ready()`; registering twice is harmless."""
    if all(known.url_name != place.url_name for known in _places):
        _places.append(place)


def connect() -> None:
    """Once, when the service starts: the core's own lists, and what the audit says of them."""
    listings.register(BellListing())
    listings.register(SchoolDayListing())
    listings.register(LocationListing())
    listings.register(OrganisationListing())
    audit_words.register(
        {
            "bells.add": pgettext_lazy("audit event", "bell table entered"),
            "bells.remove": pgettext_lazy("audit event", "bell table taken out"),
            "bells.week": pgettext_lazy("audit event", "week's day types changed"),
            "calendar_day.add": pgettext_lazy("audit event", "calendar day entered"),
            "calendar_day.withdraw": pgettext_lazy("audit event", "calendar day taken out"),
            "location.create": pgettext_lazy("audit event", "place entered"),
            "location.update": pgettext_lazy("audit event", "place corrected"),
            "organisation.create": pgettext_lazy("audit event", "organisation entered"),
            "organisation.update": pgettext_lazy("audit event", "organisation corrected"),
            "list.import": pgettext_lazy("audit event", "list read in"),
            "list.export": pgettext_lazy("audit event", "list exported"),
        },
        {
            "bells": pgettext_lazy("audit object", "bell table"),
            "calendar_day": pgettext_lazy("audit object", "calendar day"),
            "location": pgettext_lazy("audit object", "place"),
            "list": pgettext_lazy("audit object", "list"),
        },
    )


def offered(scope: Scope) -> list[SettingPlace]:
    return sorted((place for place in _places if place.is_for(scope)), key=lambda place: place.position)
