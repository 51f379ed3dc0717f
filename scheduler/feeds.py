"""A person's calendar feed: its secret address, and what stands in it.

An address is a secret of 32 random bytes of which only the hash is kept, so it can be shown once
and never again; it is replaced or revoked, and dies with the account or its last post. How it is
used and what readers of calendars make of it: docs/calendars.md.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from scheduler import feed_events, ical, readers
from scheduler.models import Feed, User
from scheduler.providers import Reader

SECRET_BYTES = 32
REFRESH = timedelta(minutes=30)
"""How often a reader is asked to look again; unchanged costs it a 304."""
NOTE_READING_EVERY = timedelta(minutes=10)
READS_PER_HOUR = 240
"""A person's telephone, tablet and two desktops at every minute; more is a program gone wrong."""
FORMAT = 1
"""Raised when the same facts begin to be written differently, so that nobody keeps the old bytes."""


class FeedError(Exception):
    """Base of what this module refuses."""


class ReplacedError(FeedError):
    """The address that was to be replaced is not the live one any more: a page sent twice."""


@dataclass(frozen=True, slots=True)
class Edition:
    """The validators of what a feed says now (RFC 9110 §8.8), and the calendar if it was looked at."""

    etag: str
    changed_at: datetime
    calendar: ical.Calendar | None


def live(user: User) -> Feed | None:
    """The user's address that works, if one was made."""
    return Feed.objects.filter(user=user, revoked_at=None).first()


@transaction.atomic
def make(user: User, *, instead_of: int | None, now: datetime) -> str:
    """The secret of a new address; the one before, `instead_of`, stops working.

    Raises ReplacedError when the live address is another one than `instead_of`: pressing twice or
    reloading must not silently kill an address that a telephone has just been given.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    standing = live(user)
    if (standing.pk if standing else None) != instead_of:
        raise ReplacedError
    Feed.objects.filter(user=user, revoked_at=None).update(revoked_at=now)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    Feed.objects.create(user=user, secret_hash=_hash(secret))
    return secret


def revoke(user: User, *, now: datetime) -> None:
    """No address of the user works from now on. Revoking twice is not an error."""
    Feed.objects.filter(user=user, revoked_at=None).update(revoked_at=now)


def address(secret: str) -> str:
    return settings.PUBLIC_URL + reverse("scheduler:feed", args=[secret])


def find(secret: str, *, now: datetime) -> tuple[Feed, Reader] | None:
    """The feed at this address with its reader; None if it never was, was revoked, or its account
    is inactive or holds no post today."""
    feed = Feed.objects.select_related("user").filter(secret_hash=_hash(secret), revoked_at=None).first()
    reader = reader_of(feed, now=now) if feed else None
    return (feed, reader) if feed and reader else None


def reader_of(feed: Feed, *, now: datetime) -> Reader | None:
    """Whose calendar it is, in their language; None when they may read nothing today."""
    reader = readers.of_user(feed.user, now, feed.user.language)
    return reader if reader.memberships else None


def is_within_limit(feed: Feed) -> bool:
    """False when this address was read too often in its hour. Unknown ones are not counted: they
    cost one look-up in an index, and a count by sender would lock out a whole school's proxy."""
    key = f"feed-reads-{feed.pk}"
    cache.add(key, 0, timeout=3600)
    try:
        return cache.incr(key) <= READS_PER_HOUR
    except ValueError:  # it ran out between the two lines
        return True


def edition(feed: Feed, reader: Reader, *, now: datetime) -> Edition:
    """What the feed says at `now`. Cheap while nothing has changed: then no calendar is made.

    The ETag is the hash of every word and time in the calendar: whatever changes what a reader
    sees (a move, another language, an ended post) changes it, and nothing else does. The time of
    the last change is kept with the feed, since a disappearance leaves no row to date it by.
    """
    facts_hash = _digest((feed_events.calendar_name(reader), feed_events.facts(reader, now=now)))
    if feed.facts_hash == facts_hash and feed.content_changed_at is not None:
        return Edition(f'"{feed.content_hash}"', feed.content_changed_at, None)
    calendar = calendar_of(reader, now=now)
    content_hash = _digest(calendar)
    changed_at = _changed_at(feed, content_hash, now)
    Feed.objects.filter(pk=feed.pk).update(
        facts_hash=facts_hash, content_hash=content_hash, content_changed_at=changed_at
    )
    return Edition(f'"{content_hash}"', changed_at, calendar)


def calendar_of(reader: Reader, *, now: datetime) -> ical.Calendar:
    """Everything in it, not yet written as iCalendar. A fixed number of queries."""
    return ical.Calendar(
        name=feed_events.calendar_name(reader),
        zone=reader.memberships[0].organisation.time_zone,
        language=reader.language,
        refresh=REFRESH,
        events=tuple(feed_events.of(reader, now=now)),
    )


def note_reading(feed: Feed, *, now: datetime) -> None:
    """Keeps when it was last read, to within ten minutes."""
    before = now - NOTE_READING_EVERY
    if feed.last_read_at is None or feed.last_read_at <= before:
        stale = Q(last_read_at=None) | Q(last_read_at__lte=before)
        Feed.objects.filter(stale, pk=feed.pk).update(last_read_at=now)


def _changed_at(feed: Feed, content_hash: str, now: datetime) -> datetime:
    before = feed.content_changed_at
    if before is not None and feed.content_hash == content_hash:
        return before
    changed_at = now.replace(microsecond=0)
    # HTTP dates have whole seconds: a second change within one must not look like the first.
    return changed_at if before is None else max(changed_at, before + timedelta(seconds=1))


def _digest(facts: object) -> str:
    return hashlib.sha256(repr((FORMAT, facts)).encode()).hexdigest()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
