"""How times, names and states are written: the same everywhere.

Loaded into every template as builtins. A zone is a ZoneInfo, or anything with a `zone`
(an Organisation); without one, the site's.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from scheduler import timegrid, wallclock

register = template.Library()

CHIPS = {
    # state: (class, icon)
    "planned": ("", ""),
    "soon": ("act", "clock"),
    "live": ("live", "live"),
    "over": ("", "check"),
    "held": ("warn", "clock"),
    "cancelled": ("", "cross"),
    "closed": ("warn", "warning"),
    "moved": ("act", "arrow-right"),
    "ok": ("ok", "check"),
    "warn": ("warn", "warning"),
    "bad": ("bad", "error"),
    "act": ("act", "info"),
    "waiting": ("", "clock"),
}


class Named(Protocol):
    """A `Name`, or anything else that can be read in two languages."""

    def in_language(self, language: str) -> str: ...


def _language() -> str:
    return get_language() or "ja"


def _zone(source: Any) -> ZoneInfo:
    if isinstance(source, ZoneInfo):
        return source
    zone = getattr(source, "zone", None)
    if isinstance(zone, ZoneInfo):
        return zone
    return ZoneInfo(timezone.get_default_timezone_name())


@register.simple_tag
def local_range(start: datetime, end: datetime, zone: Any = None) -> str:
    return wallclock.clock_range(start, end, _zone(zone), _language())


@register.simple_tag
def local_moment(start: datetime, end: datetime, zone: Any = None) -> str:
    return wallclock.moment(start, end, _zone(zone), _language())


@register.simple_tag
def local_point(at: datetime, zone: Any = None) -> str:
    return wallclock.point(at, _zone(zone), _language())


@register.simple_tag
def local_time(at: datetime, zone: Any = None) -> str:
    return wallclock.clock(at, _zone(zone))


@register.simple_tag
def spoken_now(now: datetime, zone: Any = None) -> str:
    """「午前9時33分現在」; its words are those that countdown.js fills in later."""
    words = wallclock.spoken_clock(now, _zone(zone), _language())
    return gettext("as of %(time)s") % {"time": words}


@register.simple_tag
def local_date(day: date | datetime, zone: Any = None, *, year: bool = False) -> str:
    on = timegrid.local_date(day, _zone(zone)) if isinstance(day, datetime) else day
    return wallclock.day(on, _language(), year=year)


@register.filter
def school_year(year: int) -> str:
    """令和8年度 of the year 2026."""
    return wallclock.school_year_label(year, _language())


@register.filter
def in_language(name: Named | str | None) -> str:
    """A Name, or a row's label, for the reader."""
    if name is None or isinstance(name, str):
        return name or ""
    return name.in_language(_language())


@register.simple_tag
def icon(name: str, size: int = 18) -> SafeString:
    """A picture from the sprite; silent for screen readers, since its word stands beside it."""
    return format_html(
        '<svg class="ico" width="{}" height="{}" aria-hidden="true" focusable="false">'
        '<use href="{}#{}"></use></svg>',
        size,
        size,
        static("scheduler/icons.svg"),
        name,
    )


@register.simple_tag
def chip(words: str, state: str = "planned", sign: str = "") -> SafeString:
    """A state as a word with its sign and colour; an unknown state stays neutral."""
    look, usual = CHIPS.get(state, ("", ""))
    picture = sign or usual
    return format_html(
        '<span class="chip{}">{}{}</span>',
        f" {look}" if look else "",
        icon(picture) if picture else "",
        words[:1].upper() + words[1:],  # "soon" within a sentence, "Soon" by itself
    )
