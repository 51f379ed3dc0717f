"""Calendar feeds: their secret addresses, and what each says now.

An address is a secret of 32 random bytes of which only the hash is kept, so it can be shown once
and never again; it is replaced or revoked, and dies with what it is about. How it is used and what
readers of calendars make of it: docs/calendars.md.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from scheduler import feed_epochs, feed_events, feed_scopes, feed_selections, feed_store, ical, readers
from scheduler.feed_epochs import Epoch
from scheduler.feed_scopes import Subject
from scheduler.feed_selections import Selection
from scheduler.feed_store import ChangedMeanwhileError, LostError
from scheduler.models import Feed, Organisation, User
from scheduler.providers import Reader

SECRET_BYTES = 32
REFRESH = timedelta(minutes=30)
"""How often a reader is asked to look again; unchanged costs it a 304."""
NOTE_READING_EVERY = timedelta(minutes=10)
READS_PER_HOUR = 240
"""A person's telephone, tablet and two desktops at every minute; more is a program gone wrong."""
REMEMBERED = 4096
"""Addresses that a process remembers, a few kB each."""
MANNER_LENGTH = 16
ATTEMPTS = 5
"""How often a calendar is begun again because somebody changed what was being written."""


class FeedError(Exception):
    """Base of what this module refuses."""


class ReplacedError(FeedError):
    """The address that was to be replaced is not the live one any more: a page sent twice."""


class BusyError(FeedError):
    """So much is being changed that no calendar came to an end. Ask again in a minute."""


@dataclass(frozen=True, slots=True)
class Edition:
    """The validators of what a feed says now (RFC 9110 §8.8)."""

    etag: str
    changed_at: datetime
    language: str


@dataclass(frozen=True, slots=True)
class Target:
    """Whose feed, and for whom: what has one live address at most."""

    scope: str
    subject_id: int
    audience: str
    user: User | None = None
    organisation: Organisation | None = None
    language: str = "ja"


def own(user: User) -> Target:
    """The user's own calendar."""
    return Target(Feed.Scope.PERSON, user.pk, Feed.Audience.PERSON, user=user, language=user.language)


def about(subject: Subject, audience: str, language: str) -> Target:
    """The calendar of a school, class … for its staff or for a screen."""
    return Target(subject.scope, subject.pk, audience, organisation=subject.organisation, language=language)


def live(target: Target) -> Feed | None:
    """The address that works, if one was made."""
    return _live(target).first()


def live_about(subjects: Iterable[Subject]) -> dict[tuple[str, int, str], Feed]:
    """The addresses that work by scope, subject and audience; one query for any number."""
    by_scope: dict[str, list[int]] = {}
    for subject in subjects:
        by_scope.setdefault(subject.scope, []).append(subject.pk)
    wanted = Q(pk__in=[])
    for scope, ids in by_scope.items():
        wanted |= Q(scope=scope, subject_id__in=ids)
    found = _light(Feed.objects.filter(wanted, revoked_at=None)).select_related("created_by")
    return {(feed.scope, feed.subject_id, feed.audience): feed for feed in found}


@transaction.atomic
def make(target: Target, *, by: User, instead_of: int | None, now: datetime) -> str:
    """The secret of a new address; the one before, `instead_of`, stops working.

    Raises ReplacedError when the live address is another one than `instead_of`: pressing twice or
    reloading must not silently kill an address that a telephone has just been given.
    """
    # Whoever makes one for the same subject at the same instant waits here and is refused.
    if target.organisation:
        Organisation.objects.select_for_update(no_key=True).get(pk=target.organisation.pk)
    else:
        User.objects.select_for_update(no_key=True).get(pk=target.subject_id)
    standing = live(target)
    if (standing.pk if standing else None) != instead_of:
        raise ReplacedError
    revoke(target, by=by, now=now)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    Feed.objects.create(
        scope=target.scope, subject_id=target.subject_id, audience=target.audience, user=target.user,
        organisation=target.organisation, language=target.language, created_by=by,
        secret_hash=_hash(secret),
    )  # fmt: skip
    return secret


def revoke(target: Target, *, by: User, now: datetime) -> None:
    """No address of it works from now on. Revoking twice is not an error."""
    _live(target).update(revoked_at=now, revoked_by=by)


def address(secret: str) -> str:
    return settings.PUBLIC_URL + reverse("scheduler:feed", args=[secret])


def find(secret: str, *, now: datetime) -> tuple[Feed, Edition] | None:
    """The feed at this address and what it says; None if it never was, was revoked, or what it is
    about is gone or out of use: an inactive account, one without a post today, a closed room.

    Raises BusyError. Costs one short query while nothing in the database has changed since this
    process was last asked for it, and one more in another process; if something has, its facts are
    read, and words are made for what nobody wrote before.
    """
    secret_hash = _hash(secret)
    remembered = _remembered.get(secret_hash)
    if remembered and (edition := _known(remembered, now)):
        return remembered, edition
    found = _light(Feed.objects.filter(secret_hash=secret_hash, revoked_at=None))
    feed = found.select_related("user").first()
    if feed is None:
        _remembered.pop(secret_hash, None)
        return None
    edition = _known(feed, now) or _made(feed, now=now)
    if edition is None:
        return None
    if len(_remembered) >= REMEMBERED:
        _remembered.clear()
    _remembered[secret_hash] = feed
    return feed, edition


_remembered: dict[str, Feed] = {}
"""By the secret's hash, each with its epoch: revoking is a change as well, so none outlives it."""


def content(feed: Feed, *, now: datetime) -> tuple[Edition, bytes] | None:
    """Its bytes with the validators that belong to them. None and BusyError as in `find`."""
    for _attempt in range(ATTEMPTS):
        columns = ("content_hash", "content_changed_at", "head", "parts")
        content_hash, changed_at, head, parts = Feed.objects.values_list(*columns).get(pk=feed.pk)
        try:
            whole = feed_store.joined(bytes(head), bytes(parts))
        except LostError:
            if _made(feed, now=now, is_lost=True) is None:
                return None
            continue
        assert changed_at is not None, "it was made before it is read"
        return Edition(f'"{content_hash}"', changed_at, _language(feed)), whole
    raise BusyError


def selection_of(feed: Feed, *, now: datetime) -> Selection | None:
    """What the feed has; None when what it is about is gone or out of use."""
    if feed.user is not None:
        reader = readers.of_user(feed.user, now, feed.user.language)
        return feed_selections.of_reader(reader, now=now) if reader.memberships else None
    subject = feed_scopes.find(feed.scope, feed.subject_id)
    if subject is None:
        return None
    is_public = feed.audience == Feed.Audience.PUBLIC
    return feed_selections.of_subject(subject, language=feed.language, is_public=is_public, now=now)


def single(reader: Reader, uid: UUID, *, now: datetime) -> bytes | None:
    """One booking as the reader sees it, by itself; None when they may not open it.

    A date of a series too: with the series' UID, a program would take it for the whole of it.
    """
    selection = feed_selections.of_booking(reader, uid, now=now)
    found = feed_events.items(selection, now=now)
    alone = [replace(item, occurrence=None, series_uid=None) for item in found]
    if not alone:
        return None
    events = tuple(feed_events.written(alone, selection))
    return ical.rendered(ical.Calendar(selection.name, selection.zone, selection.language, REFRESH, events))


def is_within_limit(feed: Feed) -> bool:
    """False when this address was read too often in its hour. Unknown ones are not counted: they
    cost one look-up in an index, and a count by sender would lock out a whole school's proxy."""
    key = f"feed-reads-{feed.pk}"
    try:
        return cache.incr(key) <= READS_PER_HOUR
    except ValueError:  # the first of its hour
        cache.add(key, 1, timeout=3600)
        return True


def note_reading(feed: Feed, *, now: datetime) -> None:
    """Keeps when it was last read, to within ten minutes."""
    before = now - NOTE_READING_EVERY
    if feed.last_read_at is None or feed.last_read_at <= before:
        stale = Q(last_read_at=None) | Q(last_read_at__lte=before)
        Feed.objects.filter(stale, pk=feed.pk).update(last_read_at=now)
        feed.last_read_at = now


def _known(feed: Feed, now: datetime) -> Edition | None:
    """What it said when last looked at, if it must still say the same."""
    if feed.valid_until is None or feed.valid_until <= now:
        return None
    if not feed.facts_hash.startswith(_manner()):
        return None
    if not feed_epochs.is_current(Epoch(feed.epoch, feed.epoch_changes)):
        return None
    assert feed.content_changed_at is not None, "valid_until is written with it"
    return Edition(f'"{feed.content_hash}"', feed.content_changed_at, _language(feed))


def _made(feed: Feed, *, now: datetime, is_lost: bool = False) -> Edition | None:
    """Looks at the facts, and writes what is new; `is_lost` when stored events were deleted."""
    for _attempt in range(ATTEMPTS):
        try:
            return _attempted(feed, now=now, is_lost=is_lost)
        except ChangedMeanwhileError:
            continue
    raise BusyError


def _attempted(feed: Feed, *, now: datetime, is_lost: bool) -> Edition | None:
    """The ETag is the hash of every byte of the calendar: whatever changes what a reader sees (a
    move, another language, an ended post) changes it, and nothing else does. The time of the last
    change is kept with the feed, since a disappearance leaves no row to date it by."""
    epoch = feed_epochs.taken()
    selection = selection_of(feed, now=now)
    if selection is None:
        return None
    found = feed_events.items(selection, now=now)
    zones = feed_events.zones(found)
    facts = feed_events.digest((selection.name, selection.zone, sorted(zones), [i.key for i in found]))
    facts_hash = _manner() + facts[MANNER_LENGTH:]
    fields: dict[str, object] = {
        "epoch": epoch.first,
        "epoch_changes": epoch.changes,
        "valid_until": feed_selections.changes_by_time(selection, now=now),
    }
    content_hash, changed_at = feed.content_hash, feed.content_changed_at
    if is_lost or feed.facts_hash != facts_hash or changed_at is None:
        parts, digest = feed_store.stored(found, selection, now=now)
        head = ical.head(selection.name, selection.zone, REFRESH, zones)
        content_hash = feed_events.digest((head, digest))
        changed_at = _changed_at(feed, content_hash, now)
        fields |= {
            "facts_hash": facts_hash, "content_hash": content_hash, "content_changed_at": changed_at,
            "head": head, "parts": feed_store.packed(parts),
        }  # fmt: skip
    Feed.objects.filter(pk=feed.pk).update(**fields)
    for name in fields.keys() - {"head", "parts"}:
        setattr(feed, name, fields[name])
    return Edition(f'"{content_hash}"', changed_at, selection.language)


def _manner() -> str:
    """What facts are written with: no epoch ends with an update, nor with another address of the service.

    It stands first in `Feed.facts_hash`, so that asking for it reads nothing.
    """
    return feed_events.digest(settings.PUBLIC_URL)[:MANNER_LENGTH]


def _changed_at(feed: Feed, content_hash: str, now: datetime) -> datetime:
    before = feed.content_changed_at
    if before is not None and feed.content_hash == content_hash:
        return before
    changed_at = now.replace(microsecond=0)
    # HTTP dates have whole seconds: a second change within one must not look like the first.
    return changed_at if before is None else max(changed_at, before + timedelta(seconds=1))


def _language(feed: Feed) -> str:
    return feed.user.language if feed.user else feed.language


def _light(feeds: QuerySet[Feed]) -> QuerySet[Feed]:
    """Without the two columns that grow with the calendar."""
    return feeds.defer("head", "parts")


def _live(target: Target) -> QuerySet[Feed]:
    return _light(
        Feed.objects.filter(
            scope=target.scope, subject_id=target.subject_id, audience=target.audience, revoked_at=None
        )
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
