"""How times, names and states are written: the same everywhere.

Loaded into every template as builtins. A zone is a ZoneInfo, or anything with a `zone`
(an Organisation); without one, the site's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from django import template
from django.forms import BoundField
from django.templatetags.static import static
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from scheduler import audit_words as words_of_audit
from scheduler import exports, form_words, timegrid, wallclock
from scheduler import names as names_of
from scheduler.providers import Reader

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

_JAPANESE = re.compile(r"[々〆ぁ-ヿ一-鿿㐀-䶿豈-﫿]+(?: [々〆ぁ-ヿ一-鿿㐀-䶿豈-﫿]+)*")


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
def local_part(start: datetime, end: datetime, zone: Any = None) -> str:
    """Of one day: 「13:00から」 where it lasts to the day's end."""
    first, last = (at.astimezone(_zone(zone)).time() for at in (start, end))
    return wallclock.part_of_day(first, last, _language())


@register.simple_tag
def part_of_day(start: time | None, end: time | None) -> str:
    return wallclock.part_of_day(start, end, _language())


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


@register.filter
def typed(words: str) -> str:
    """What people typed, for the reader of another language: its Japanese is marked as such, so that it
    is read aloud and drawn as Japanese."""
    if wallclock.is_japanese(_language()):
        return words
    return mark_safe(_JAPANESE.sub(r'<span lang="ja">\g<0></span>', conditional_escape(words)))  # noqa: S308


@register.filter
def may_export(reader: Reader | None) -> bool:
    """Whether this reader is offered exports of a term."""
    return reader is not None and exports.may_export(reader.memberships)


@register.simple_tag
def audit_words(event: str) -> str:
    return words_of_audit.of(event)


@register.simple_tag
def role_words(role: str) -> str:
    """Of a role as the audit keeps it."""
    return words_of_audit.of_role(role)


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


@register.filter
def names(several: Iterable[Named]) -> str:
    """「利尻・礼文」 or "Rishiri, Rebun"."""
    return names_of.joined((each.in_language(_language()) for each in several), _language())


@register.simple_tag
def chip(words: str, state: str = "planned", sign: str = "") -> SafeString:
    """A state as a word with its sign and colour; an unknown state stays neutral."""
    look, usual = CHIPS.get(state, ("", ""))
    picture = sign or usual
    return format_html(
        '<span class="chip{}">{}{}</span>',
        f" {look}" if look else "",
        icon(picture) if picture else "",
        typed(words[:1].upper() + words[1:]),  # "soon" within a sentence, "Soon" by itself
    )


@register.filter
def problems(field: BoundField) -> list[str]:
    """What is wrong with a field, as it reads beside it."""
    return form_words.at_field(field)


@register.filter
def named_problems(field: BoundField) -> list[str]:
    """What is wrong with a field, as it reads away from it."""
    return form_words.in_summary(field)


@register.simple_tag
def labelled(label: object, words: object) -> str:
    return form_words.named(label, words)


@register.filter
def district(typed: str) -> str:
    """「宗谷」 or "Soya"."""
    return names_of.district(typed).in_language(_language())


@register.simple_tag
def weekday_name(number: int) -> str:
    """「月曜日」 or "Monday" of 0."""
    return str(WEEKDAYS[number])


@register.filter
def is_marked_required(field: BoundField) -> bool:
    """Whether a label says that its field must be filled in: not where every field of the form must,
    and not at a choice that nobody can leave empty."""
    can_be_empty = field.field.widget.use_required_attribute(field.initial)
    has_optional = any(not other.field.required for other in field.form.visible_fields())
    return field.field.required and can_be_empty and has_optional
