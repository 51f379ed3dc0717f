"""A weekly series of 35 dates in one transaction, beside raw SQL that does the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from uuid import uuid4

import psycopg

from bench import raw, world
from bench.figures import Figure, in_turns, milliseconds
from scheduler import bookings
from scheduler.plans import Plan
from tests.cast import RISHIRI_BELLS

DATES = 35
ROUNDS = 12


def figures() -> Iterator[Figure]:
    made = world.build(2, code="S")
    day_of = [(slot, (slot.start + timedelta(hours=9)).date()) for slot in islice(world.slots(), 6 * 300)]
    weekly = [
        [slot for slot, day in day_of if day.weekday() == weekday][period :: len(RISHIRI_BELLS)][:DATES]
        for weekday in range(5)
        for period in range(len(RISHIRI_BELLS))
    ]

    def plans(writer: int, number: int) -> list[Plan]:
        found = [world.plan(made, made.writers[writer], slot) for slot in weekly[number]]
        assert len(found) == DATES
        return found

    with psycopg.connect(world.address(), autocommit=True) as driver:

        def ours(number: int) -> None:
            bookings.book_series(
                plans(0, number), by=made.user, now=world.NOW, intention=uuid4(), skip_conflicts=False
            )

        def peer(number: int) -> None:
            assert raw.book(driver, plans(1, number), by=made.user.pk, now=world.NOW, is_series=True)

        mine, theirs = in_turns(ours, peer, ROUNDS)
    yield Figure(
        "a series of 35 dates against raw SQL", milliseconds(mine), milliseconds(theirs), mine / theirs, 2.5
    )
