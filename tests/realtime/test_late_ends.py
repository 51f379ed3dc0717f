"""Ends and beats that reach the rows late, or by a clock that was set back."""

from __future__ import annotations

from datetime import timedelta

from channels.db import database_sync_to_async

from realtime import visit_rows
from realtime.visits import Stay, ledger
from scheduler.models import Booking
from tests.cast import World
from tests.realtime.sockets import enter
from tests.realtime.test_visits import peer_in, rows


async def stay_of(world: World, lesson: Booking) -> tuple[str, Stay]:
    rishiri = await enter(world.rishiri_device, lesson.uid)
    await ledger.flush()
    stay = peer_in(lesson, rishiri.id).visit
    assert isinstance(stay, Stay)
    return rishiri.id, stay


async def test_an_end_that_is_written_after_the_row_was_closed_holds(
    world: World, lesson_now: Booking
) -> None:
    peer, stay = await stay_of(world, lesson_now)
    left_at = stay.started_at + timedelta(seconds=90)
    assert await database_sync_to_async(visit_rows.close_stale)(left_at) == 1

    ledger.end(stay, "left", left_at)
    await ledger.flush()

    assert await rows(peer) == [(stay.started_at, left_at, left_at, "left")]


async def test_a_clock_set_back_shortens_no_stay(world: World, lesson_now: Booking) -> None:
    peer, stay = await stay_of(world, lesson_now)
    for minutes in (20, 10):
        stay.beat(stay.started_at + timedelta(minutes=minutes))
        await ledger.flush()

    assert await rows(peer) == [(stay.started_at, stay.started_at + timedelta(minutes=20), None, "")]
