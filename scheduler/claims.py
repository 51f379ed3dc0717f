"""Who stands in the way: live claims that overlap wanted ones, found in one query for all of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.dateparse import parse_datetime

from scheduler.conflicts import Holder
from scheduler.intervals import Interval, hull
from scheduler.models import Claim
from scheduler.names import Name

LONGEST = timedelta(hours=25)
"""No claim is longer than a day with a clock change, so the b-tree on (resource, start) bounds the search."""

_QUERY = """
SELECT w.i, c.resource_id, c.unit, c.start, c."end", b.id, b.title, b.title_en, b.created_at, b.state,
       b.expires_at, COALESCE(u.name, '')
FROM {wants}
JOIN scheduler_claim c ON c.resource_id = w.r AND c.start < w.e AND c.start > w.f AND c."end" > w.s
JOIN scheduler_booking b ON b.id = c.booking_id
LEFT JOIN scheduler_user u ON u.id = b.created_by_id
WHERE b.id <> %s
ORDER BY w.i, c.start, c.id
"""
_POSTGRESQL = _QUERY.format(
    wants="unnest(%s::int[], %s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])"
    " AS w(i, r, s, e, f)"
)
_SQLITE = _QUERY.format(
    wants="(SELECT json_extract(value, '$[0]') AS i, json_extract(value, '$[1]') AS r,"
    " json_extract(value, '$[2]') AS s, json_extract(value, '$[3]') AS e, json_extract(value, '$[4]') AS f"
    " FROM json_each(%s)) AS w"
)


@dataclass(frozen=True, slots=True)
class Want:
    """One resource over one interval."""

    resource_id: int
    interval: Interval


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A claim in the way of a want. `is_expired`: its hold has run out and may be swept away."""

    want: int
    resource_id: int
    unit: int
    holder: Holder
    is_expired: bool


def in_the_way(wants: Sequence[Want], *, now: datetime, ignoring: int | None = None) -> list[Obstacle]:
    """Every claim that overlaps a want, by want and start; `Obstacle.want` is the want's index.

    One query. Claims of the booking `ignoring` are left out. Under the locks of the wanted
    resources the answer stands until the transaction ends.
    """
    if not wants:
        return []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRESQL, [*_arrays(wants), ignoring or 0])
        else:
            cursor.execute(_SQLITE, [_json(wants), ignoring or 0])
        return [_obstacle(row, now) for row in cursor.fetchall()]


def sitting_around(
    resource_id: int, wanted: Interval, *, ignoring: int | None = None
) -> dict[int, tuple[int, Interval]]:
    """Claims that overlap `wanted`, and those that overlap them, and so on: (unit, interval) by key.

    For resources of several units alone; two or three queries as a rule.
    """
    found: dict[int, tuple[int, Interval]] = {}
    span = wanted
    while True:
        rows = Claim.objects.filter(
            resource=resource_id, start__lt=span.end, start__gt=span.start - LONGEST, end__gt=span.start
        ).exclude(booking=ignoring or 0)
        found = {
            pk: (unit, Interval(start, end))
            for pk, unit, start, end in rows.values_list("pk", "unit", "start", "end")
        }
        wider = hull([span, *(interval for _unit, interval in found.values())])
        if wider == span:
            return found
        span = wider


def _arrays(wants: Sequence[Want]) -> list[list[Any]]:
    return [
        list(range(len(wants))),
        [w.resource_id for w in wants],
        [w.interval.start for w in wants],
        [w.interval.end for w in wants],
        [w.interval.start - LONGEST for w in wants],
    ]


def _json(wants: Sequence[Want]) -> str:
    def stored(at: datetime) -> str:
        return str(connection.ops.adapt_datetimefield_value(at))

    rows = [
        [
            i,
            w.resource_id,
            stored(w.interval.start),
            stored(w.interval.end),
            stored(w.interval.start - LONGEST),
        ]
        for i, w in enumerate(wants)
    ]
    return json.dumps(rows)


def _instant(value: datetime | str) -> datetime:
    """PostgreSQL gives aware datetimes, SQLite the text that Django stored in UTC."""
    found = value if isinstance(value, datetime) else parse_datetime(value)
    if found is None:
        raise ValueError(f"the database holds no instant: {value!r}")
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _obstacle(row: tuple[Any, ...], now: datetime) -> Obstacle:
    want, resource, unit, start, end, booking, title, title_en, created_at, state, expires_at, name = row
    expires = _instant(expires_at) if expires_at is not None else None
    return Obstacle(
        want=want,
        resource_id=resource,
        unit=unit,
        holder=Holder(
            booking_id=booking,
            title=Name(title, title_en or title),
            interval=Interval(_instant(start), _instant(end)),
            booked_by=name,
            booked_at=_instant(created_at),
            is_hold=state == "tentative",
            expires_at=expires,
        ),
        is_expired=state == "tentative" and expires is not None and expires <= now,
    )
