"""What a notice says: who, what, when, in the recipient's language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduler import providers, wallclock
from scheduler.models import Notice
from scheduler.names import Name


@dataclass(frozen=True, slots=True)
class Words:
    """`subject` names no course, school or person: it stands on locked screens and in mail logs.

    `when` is "" for what has no time.
    """

    subject: str
    sentence: str
    title: str
    when: str
    before: str = ""


WordsOf = Callable[[Notice, str], Words]
UrlOf = Callable[[Notice], str]
_registered: dict[str, tuple[WordsOf, UrlOf]] = {}


def register(kind: str, words: WordsOf, address: UrlOf) -> None:
    """A vertical's own kind of notice; called in `AppConfig.ready()`. `words` asks the database nothing."""
    _registered[kind] = (words, address)


def of(notice: Notice, *, language: str) -> Words:
    """The notice in `language`; no query."""
    if notice.kind in _registered:
        return _registered[notice.kind][0](notice, language)
    with translation.override(language):
        facts = _Facts(notice.params, language)
        subject, sentence = _SENTENCES.get(notice.kind, _of_a_later_release)(facts)
        before = facts.when("before") if "before" in notice.params else ""
        return Words(
            subject=subject % {"day": facts.day},
            sentence=sentence,
            title=facts.title,
            when=facts.when("after"),
            before=before,
        )


def url(notice: Notice) -> str:
    """The path of what the notice is about, the list of notices if it has no page."""
    if notice.kind in _registered:
        return _registered[notice.kind][1](notice)
    if notice.booking is None or notice.booking.kind not in providers.registered():
        return list_url()
    return providers.of(notice.booking.kind).url(notice.booking) or list_url()


def list_url() -> str:
    return reverse("scheduler:notices")


class _Facts:
    """A notice's params, read in one language."""

    def __init__(self, params: dict[str, Any], language: str) -> None:
        self._params = params
        self._language = language
        self.dates = int(params.get("dates", 0))

    @property
    def title(self) -> str:
        return self.name("title") or _("An appointment")

    @property
    def day(self) -> str:
        start, _end = self._span("after")
        return wallclock.day(start.astimezone(self._zone).date(), self._language)

    def name(self, key: str) -> str:
        found: Sequence[str] | None = self._params.get(key)
        return Name(*found).in_language(self._language) if found else ""

    def when(self, key: str) -> str:
        """11月26日（木）9:45–10:40; the zone is named to whoever is not where the booking is made."""
        start, end = self._span(key)
        words = wallclock.moment(start, end, self._zone, self._language)
        zone = self._params["zone"]
        return (
            words
            if zone == self._params["home_zone"]
            else _("%(when)s (%(zone)s time)")
            % {
                "when": words,
                "zone": zone,
            }
        )

    @property
    def words(self) -> dict[str, object]:
        """Of which booking it tells, and who did it ("" where nobody is named)."""
        return {"by": self.name("by"), "title": self.title, "when": self.when("after")}

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self._params["zone"])

    def _span(self, key: str) -> tuple[datetime, datetime]:
        start, end = self._params[key]
        return datetime.fromisoformat(start), datetime.fromisoformat(end)


def _booked(facts: _Facts) -> tuple[str, str]:
    words = facts.words
    if words["by"]:
        return _("Lesson booked: %(day)s"), _("%(by)s booked “%(title)s” for %(when)s.") % words
    return _("Lesson booked: %(day)s"), _("“%(title)s” is booked for %(when)s.") % words


def _series_booked(facts: _Facts) -> tuple[str, str]:
    words = {**facts.words, "dates": facts.dates}
    sentence = ngettext(
        "%(by)s booked “%(title)s” on %(dates)d date, from %(when)s.",
        "%(by)s booked “%(title)s” on %(dates)d dates, the first on %(when)s.",
        facts.dates,
    )
    return _("Lessons booked, from: %(day)s"), sentence % words


def _moved(facts: _Facts) -> tuple[str, str]:
    words = {
        "by": facts.name("by"),
        "title": facts.title,
        "before": facts.when("before"),
        "after": facts.when("after"),
    }
    subject = _("Lesson moved to: %(day)s")
    if words["by"]:
        return subject, _("%(by)s moved “%(title)s” from %(before)s to %(after)s.") % words
    return subject, _("“%(title)s” was moved from %(before)s to %(after)s.") % words


def _cancelled(facts: _Facts) -> tuple[str, str]:
    words = facts.words
    if words["by"]:
        return _("Lesson cancelled: %(day)s"), _("%(by)s cancelled “%(title)s” on %(when)s.") % words
    return _("Lesson cancelled: %(day)s"), _("“%(title)s” on %(when)s is cancelled.") % words


def _series_cancelled(facts: _Facts) -> tuple[str, str]:
    words = {**facts.words, "dates": facts.dates}
    sentence = _("%(by)s cancelled “%(title)s” on %(dates)d dates, the first on %(when)s.")
    return _("Lessons cancelled, from: %(day)s"), sentence % words


def _withdrawn(facts: _Facts) -> tuple[str, str]:
    words = {**facts.words, "school": facts.name("school")}
    subject = _("One school leaves a lesson: %(day)s")
    if words["by"]:
        return subject, _(
            "%(by)s cancelled %(school)s’s side of “%(title)s” on %(when)s. The other schools’ stands."
        ) % words
    return subject, _(
        "%(school)s’s side of “%(title)s” on %(when)s is cancelled. The other schools’ stands."
    ) % words


def _closed(facts: _Facts) -> tuple[str, str]:
    words = {
        "school": facts.name("school"),
        "closure": facts.name("closure") or _("school closed"),
        "title": facts.title,
        "when": facts.when("after"),
    }
    return _("A school closes: %(day)s"), _(
        "%(school)s is closed (%(closure)s), so its side of “%(title)s” on %(when)s is cancelled."
    ) % words


def _help_called(facts: _Facts) -> tuple[str, str]:
    words = {**facts.words, "symptom": facts.name("symptom")}
    return _("Help is wanted: %(day)s"), _(
        "%(by)s calls for help in “%(title)s” on %(when)s: %(symptom)s. Say on Today that you are coming."
    ) % words


def _of_a_later_release(facts: _Facts) -> tuple[str, str]:
    """While processes of two releases run side by side, or after going back to the older."""
    words = facts.words
    return _("Something has changed: %(day)s"), _("“%(title)s” on %(when)s has changed. Open it.") % words


_SENTENCES: dict[str, Callable[[_Facts], tuple[str, str]]] = {
    "lesson_booked": _booked,
    "series_booked": _series_booked,
    "lesson_moved": _moved,
    "lesson_cancelled": _cancelled,
    "series_cancelled": _series_cancelled,
    "school_withdrawn": _withdrawn,
    "school_closed": _closed,
    "help_called": _help_called,
}
