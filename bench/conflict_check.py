"""Who holds four resources at one time, at 10⁴, 10⁵ and 10⁶ claims, beside the bare query."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from bench import world
from bench.figures import Figure, in_turns, milliseconds
from scheduler import claims
from scheduler.claims import Want
from scheduler.intervals import Interval
from scheduler.models import Booking, Claim, Participant, Resource

SIZES = (10_000, 100_000, 1_000_000)
RESOURCES = 200
"""25 teachers, 10 studios, and classes and sets of 31 schools, rounded up."""
ROUNDS = 300
FIRST = world.NOW - timedelta(days=3650)
_EVERY = timedelta(minutes=60)
_FILL = """
INSERT INTO scheduler_claim (booking_id, participant_id, resource_id, unit, start, "end", is_override)
SELECT %(booking)s, %(participant)s, (%(ids)s::bigint[])[1 + n %% %(count)s], 0,
  %(first)s::timestamptz + (n / %(count)s) * interval '1 hour',
  %(first)s::timestamptz + (n / %(count)s) * interval '1 hour' + interval '50 minutes'
  , false
FROM generate_series(%(have)s, %(want)s - 1) AS n
"""
_BARE = """
SELECT resource_id, unit, start, "end", booking_id FROM scheduler_claim
WHERE resource_id = ANY(%s) AND start < %s AND start > %s AND "end" > %s
"""


def figures() -> Iterator[Figure]:
    made = world.build(1, code="K")
    ids = _resources(made)
    booking = _one_booking(made)
    # Only reading is measured, and building an exclusion index of a million rows takes minutes.
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE scheduler_claim DROP CONSTRAINT IF EXISTS claim_no_overlap")
    have, times = 0, []
    with connection.cursor() as cursor:
        for size in SIZES:
            _fill(booking, ids, have, size)
            have = size
            mine, theirs = _measured(cursor, ids, size)
            times.append(mine)
            yield Figure(
                f"conflict check, 4 resources, {size:,} claims, against the bare query",
                milliseconds(mine),
                milliseconds(theirs),
                mine / theirs,
                3,
            )
    yield Figure(
        "conflict check, largest against smallest table",
        milliseconds(times[-1]),
        milliseconds(times[0]),
        max(times) / min(times),
        2,
    )
    _empty(booking)


def _measured(cursor: CursorWrapper, ids: Sequence[int], size: int) -> tuple[float, float]:
    hours = size // RESOURCES

    def wanted(number: int) -> tuple[list[int], datetime, datetime]:
        start = FIRST + _EVERY * ((number * 7919) % hours)
        return (
            [ids[(number * 31 + k * 47) % RESOURCES] for k in range(4)],
            start,
            start + timedelta(minutes=50),
        )

    def ours(number: int) -> None:
        four, start, end = wanted(number)
        found = claims.in_the_way([Want(pk, Interval(start, end)) for pk in four], now=world.NOW)
        assert len(found) == 4

    def peer(number: int) -> None:
        four, start, end = wanted(number)
        cursor.execute(_BARE, [four, end, start - claims.LONGEST, start])
        rows = cursor.fetchall()
        assert len(rows) == 4

    in_turns(ours, peer, 20)
    return in_turns(ours, peer, ROUNDS, share=0.1)


def _resources(made: world.BenchWorld) -> list[int]:
    kind = Resource.Kind.LINE
    rows = [Resource(kind=kind, organisation=made.centre, name=f"資源{n}") for n in range(RESOURCES)]
    return [row.pk for row in Resource.objects.bulk_create(rows)]


def _one_booking(made: world.BenchWorld) -> Booking:
    """All claims hang on one booking: what it is called does not matter to the search."""
    booking = Booking.objects.create(
        kind="lesson",
        state="confirmed",
        title="数学Ⅱ",
        organiser=made.centre,
        start=FIRST,
        end=FIRST + timedelta(hours=1),
        created_by=made.user,
        created_at=FIRST,
        changed_at=FIRST,
    )
    Participant.objects.create(
        booking=booking, organisation=made.centre, role="host", start=booking.start, end=booking.end
    )
    return booking


def _fill(booking: Booking, ids: Sequence[int], have: int, want: int) -> None:
    facts: dict[str, Any] = {
        "booking": booking.pk,
        "participant": booking.participants.get().pk,
        "ids": list(ids),
        "count": RESOURCES,
        "first": FIRST,
        "have": have,
        "want": want,
    }
    with connection.cursor() as cursor:
        # Every row hangs on the same booking, so looking for it a million times proves nothing.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(_FILL, facts)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE scheduler_claim")


def _empty(booking: Booking) -> None:
    Claim.objects.filter(booking=booking).delete()
    booking.delete()
