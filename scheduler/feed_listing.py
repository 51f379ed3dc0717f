"""The calendars of schools, classes, rooms, studios and sections that a reader may make, as listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import timezone
from django.utils.translation import pgettext

from scheduler import feed_scopes, feeds
from scheduler.feed_scopes import Subject
from scheduler.models import Feed
from scheduler.providers import Reader

FOLDED_FROM = 6
"""More than so many of one kind are folded until somebody looks for one."""


@dataclass(frozen=True, slots=True)
class Line:
    """One subject with its addresses that work, or None; first for its staff, then for screens."""

    subject: Subject
    staff: Feed | None
    public: Feed | None

    @property
    def choices(self) -> tuple[tuple[str, Feed | None], ...]:
        return ((Feed.Audience.STAFF, self.staff), (Feed.Audience.PUBLIC, self.public))


@dataclass(frozen=True, slots=True)
class Group:
    """All of one kind. `live` counts the addresses that work."""

    scope: str
    title: str
    lines: tuple[Line, ...]
    live: int
    is_open: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """`total` subjects in all, of which `groups` have those that `query` finds."""

    groups: tuple[Group, ...]
    query: str
    total: int

    @property
    def is_searchable(self) -> bool:
        return self.total > FOLDED_FROM


def of(reader: Reader, query: str, day: date) -> Listing:
    """Two queries and one per kind, for any number of them."""
    subjects = feed_scopes.managed(reader.memberships, day)
    wanted = query.strip().casefold()
    found = [subject for subject in subjects if _matches(subject, wanted)]
    known = feeds.live_about(found)
    lines = [_line(subject, known) for subject in found]
    titles = scope_titles()
    groups = [
        _group(scope, titles[scope], [line for line in lines if line.subject.scope == scope], bool(wanted))
        for scope in dict.fromkeys(subject.scope for subject in found)
    ]
    return Listing(tuple(groups), query.strip(), len(subjects))


def managed(reader: Reader, scope: str, subject_id: int | None) -> Subject | None:
    """That subject, if the reader decides about its calendars today."""
    subjects = feed_scopes.managed(reader.memberships, timezone.localdate())
    return next((s for s in subjects if (s.scope, s.pk) == (scope, subject_id)), None)


def scope_titles() -> dict[str, str]:
    return {
        Feed.Scope.SCHOOL: pgettext("calendars of", "School"),
        Feed.Scope.CLASS: pgettext("calendars of", "Classes"),
        Feed.Scope.SECTION: pgettext("calendars of", "Sections"),
        Feed.Scope.STUDIO: pgettext("calendars of", "Studios"),
        Feed.Scope.ROOM: pgettext("calendars of", "Receiving rooms"),
    }


def _matches(subject: Subject, wanted: str) -> bool:
    words = (subject.name.ja, subject.name.en, subject.kana)
    return any(wanted in word.casefold() for word in words)


def _line(subject: Subject, known: dict[tuple[str, int, str], Feed]) -> Line:
    return Line(
        subject,
        known.get((subject.scope, subject.pk, Feed.Audience.STAFF)),
        known.get((subject.scope, subject.pk, Feed.Audience.PUBLIC)),
    )


def _group(scope: str, title: str, lines: Sequence[Line], is_searched: bool) -> Group:
    live = sum(bool(line.staff) + bool(line.public) for line in lines)
    return Group(scope, title, tuple(lines), live, is_searched or len(lines) <= FOLDED_FROM)
