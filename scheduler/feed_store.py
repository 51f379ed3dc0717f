"""Events as stored bytes: found by their keys, written once where they are missing, joined.

A key names every fact that the bytes are made of, so that a row is never stale and two writers of
one key write the same. Bytes are stored only if the facts still are the same after their words
were made: what somebody changes meanwhile must not stand under the key of what it was before.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from scheduler import feed_events, ical
from scheduler.feed_events import Item
from scheduler.feed_selections import Selection
from scheduler.models import Feed, StoredEvent

LOT = 200
"""Events that are put into words at a time: a tenth of a second."""
KEPT = timedelta(days=30)


class ChangedMeanwhileError(Exception):
    """Somebody changed what was being written; begin again with the new facts."""


class LostError(Exception):
    """Some of these events are stored no more; write them again."""


def stored(items: Sequence[Item], selection: Selection, *, now: datetime) -> tuple[list[int], str]:
    """The keys of the StoredEvents of all items with their series, in order, and the digest of
    their bytes. Raises ChangedMeanwhileError."""
    wanted = [item.key for item in items]
    recurrences = feed_events.series(items, selection)
    keys = {pk: feed_events.series_key(recurrence) for pk, recurrence in recurrences.items()}
    known = _known([*keys.values(), *wanted])
    missing = [item for item in items if item.key not in known]
    for first in range(0, len(missing), LOT):
        _write(missing[first : first + LOT], selection, now=now)
    _write_series({pk: r for pk, r in recurrences.items() if keys[pk] not in known}, selection, now=now)
    if missing or keys.keys() - known.keys():
        known = _known([*keys.values(), *wanted])
    ordered = [known[key] for key in (*keys.values(), *wanted)]
    content = hashlib.sha256("".join(digest for _pk, digest in ordered).encode()).hexdigest()
    return [pk for pk, _digest in ordered], content


def write_missing(lot: Sequence[Item], selection: Selection, *, now: datetime) -> None:
    """Writes those that nobody wrote yet, so that `stored` has nothing left to do for them."""
    known = _known([item.key for item in lot])
    if missing := [item for item in lot if item.key not in known]:
        _write(missing, selection, now=now)


def joined(head: bytes, parts: bytes) -> bytes:
    """The calendar of these parts (as `packed`). Raises LostError."""
    ids = array("q", parts)
    found = _contents(ids)
    try:
        return b"".join([head, *[found[pk] for pk in ids], ical.END])
    except KeyError as error:
        raise LostError from error


def packed(ids: Iterable[int]) -> bytes:
    return array("q", ids).tobytes()


def prune(*, now: datetime) -> int:
    """Deletes what was written long ago: most of it is wanted by nobody any more; how many."""
    return StoredEvent.objects.filter(made_at__lt=now - KEPT).delete()[0]


def _known(keys: Sequence[str]) -> dict[str, tuple[int, str]]:
    columns = "key, id, digest"
    return {key: (pk, digest) for key, pk, digest in _rows(columns, "key", keys)}


def _contents(ids: Sequence[int]) -> dict[int, bytes]:
    return {pk: bytes(content) for pk, content in _rows("id, content", "id", ids)}


def _rows(columns: str, by: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """In one statement where the database takes a list for a value, else in lots."""
    with connection.cursor() as cursor:
        ask = f"SELECT {columns} FROM scheduler_storedevent WHERE {by}"  # noqa: S608 -- our own columns
        if connection.vendor == "postgresql":
            cursor.execute(f"{ask} = ANY(%s)", [list(values)])
            return list(cursor.fetchall())
        found: list[tuple[Any, ...]] = []
        for first in range(0, len(values), LOT):
            lot = list(values[first : first + LOT])
            cursor.execute(f"{ask} IN ({', '.join(['%s'] * len(lot))})", lot)
            found += cursor.fetchall()
        return found


def _write(lot: Sequence[Item], selection: Selection, *, now: datetime) -> None:
    events = feed_events.written(lot, selection)
    again = feed_events.items(selection, now=now, only=[item.row.pk for item in lot])
    if {item.key for item in again} != {item.key for item in lot}:
        raise ChangedMeanwhileError
    _insert(
        [
            _row(item.key, event, selection, now, booking_id=item.row.pk, sequence=event.sequence)
            for item, event in zip(lot, events, strict=True)
        ]
    )


def _write_series(recurrences: Mapping[int, ical.Series], selection: Selection, *, now: datetime) -> None:
    _insert(
        [
            _row(feed_events.series_key(recurrence), recurrence, selection, now, series_id=pk)
            for pk, recurrence in recurrences.items()
        ]
    )


def _row(
    key: str, event: ical.Event | ical.Series, selection: Selection, now: datetime, *,
    booking_id: int | None = None, series_id: int | None = None, sequence: int = 0,
) -> StoredEvent:  # fmt: skip
    content = ical.block(event)
    return StoredEvent(
        key=key,
        booking_id=booking_id,
        series_id=series_id,
        audience=Feed.Audience.PUBLIC if selection.is_public else Feed.Audience.STAFF,
        language=selection.language,
        zone=event.zone,
        sequence=sequence,
        content=content,
        digest=hashlib.sha256(content).hexdigest(),
        made_at=now,
    )


def _insert(rows: Sequence[StoredEvent]) -> None:
    """Another process may have written the same meanwhile."""
    StoredEvent.objects.bulk_create(rows, ignore_conflicts=True)
