"""Drafts that are open in two windows: what a page was made of, and what is told when that has changed.

A page carries a `token` of the words it was made of. Kept words that have another one meanwhile are
not written over unseen: the page shows them beside what was typed, and counts at the next press.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Model
from django.utils.translation import gettext as _

from clinics.states import CaseError
from scheduler import timegrid, wallclock


class StaleDraftError(CaseError):
    """Other words were kept at `at`, after the page was made; nothing is written."""

    def __init__(self, at: datetime) -> None:
        super().__init__("stale draft")
        self.at = at


@dataclass(frozen=True, slots=True)
class Changed:
    """What the page says: a sentence, and label and words of each field that is kept otherwise."""

    words: str
    kept: tuple[tuple[str, str], ...]


def token(values: Mapping[str, object]) -> str:
    """The same for the same words, wherever they were read."""
    told = sorted((name, repr(_plain(value))) for name, value in values.items())
    return sha256(repr(told).encode()).hexdigest()[:16]


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.timestamp()
    return value.pk if isinstance(value, Model) else value


def changed(
    error: StaleDraftError, typed: forms.Form, kept: forms.Form, zone: ZoneInfo, language: str, now: datetime
) -> Changed:
    """`typed` is the form that was sent, `kept` the same one unbound, of what is kept now."""
    is_today = timegrid.local_date(error.at, zone) == timegrid.local_date(now, zone)
    at = wallclock.clock(error.at, zone) if is_today else wallclock.point(error.at, zone, language)
    words = _("This draft was changed in another window at %(time)s. Nothing was written over.")
    return Changed(words % {"time": at}, tuple(_differences(typed, kept)))


def _differences(typed: forms.Form, kept: forms.Form) -> Iterator[tuple[str, str]]:
    for name in typed.fields:
        one, other = typed[name], kept[name]
        value = _written(other.value())
        if not one.is_hidden and value != _written(one.value()):
            choices = getattr(other.field, "choices", ())
            labels = {str(key): str(label) for key, label in choices}
            yield str(other.label), labels.get(value, value)


def _written(value: object) -> str:
    return "" if value is None else str(value).replace("\r\n", "\n")
