"""Visits: exact to the beat, also when a line breaks or a server dies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.db import InterfaceError, connection
from django.utils import timezone

from realtime import presence, visit_rows, visits
from realtime.models import Visit
from realtime.peers import Peer
from realtime.registry import registry
from realtime.visits import Stay, ledger
from scheduler.models import Booking
from tests.cast import NOW, World
from tests.realtime.lessons import book_lesson
from tests.realtime.sockets import enter

Row = tuple[datetime, datetime, datetime | None, str]


def _rows(peer: str) -> list[Row]:
    found = Visit.objects.filter(peer=peer).order_by("pk")
    return list(found.values_list("started_at", "last_beat_at", "ended_at", "end_reason"))


async def rows(peer: str) -> list[Row]:
    found: list[Row] = await database_sync_to_async(_rows)(peer)
    return found


def peer_in(booking: Booking, peer: str) -> Peer:
    return registry.rooms[booking.uid].peers[peer]


async def test_a_visit_is_open_from_the_join_and_extended_by_beats(world: World, lesson_now: Booking) -> None:
    rishiri = await enter(world.rishiri_device, lesson_now.uid)
    await ledger.flush()
    joined_at = peer_in(lesson_now, rishiri.id).seen_at
    opened = await rows(rishiri.id)

    await rishiri.say("ping", ts=1)
    await rishiri.read()
    beat_at = peer_in(lesson_now, rishiri.id).seen_at
    await ledger.flush()

    assert opened == [(joined_at, joined_at, None, "")]
    assert beat_at > joined_at
    assert await rows(rishiri.id) == [(joined_at, beat_at, None, "")]
    row = await database_sync_to_async(Visit.objects.select_related("organisation").get)(peer=rishiri.id)
    assert (row.booking_id, row.user_id, row.organisation) == (
        lesson_now.pk, world.rishiri_device.pk, world.rishiri,
    )  # fmt: skip
    assert row.server == registry.server


async def test_a_visit_ends_when_the_peer_says_so(world: World, lesson_now: Booking) -> None:
    rishiri = await enter(world.rishiri_device, lesson_now.uid)
    peer = peer_in(lesson_now, rishiri.id)

    await rishiri.say("leave")
    await rishiri.closed()
    await ledger.flush()

    [(started_at, last_beat_at, ended_at, reason)] = await rows(rishiri.id)
    assert (last_beat_at, ended_at, reason) == (peer.seen_at, peer.seen_at, "left")
    assert started_at < last_beat_at


async def test_a_visit_goes_on_over_a_reload(world: World, lesson_now: Booking) -> None:
    before = await enter(world.rishiri_device, lesson_now.uid)
    await before.vanish()

    after = await enter(world.rishiri_device, lesson_now.uid, before.resume)
    await ledger.flush()

    assert after.id == before.id
    assert [ended_at for _, _, ended_at, _ in await rows(before.id)] == [None]


async def test_a_silence_ends_a_visit_at_its_last_beat_and_the_return_opens_another(
    world: World, lesson_now: Booking
) -> None:
    before = await enter(world.rishiri_device, lesson_now.uid)
    peer = peer_in(lesson_now, before.id)
    last_beat = peer.seen_at
    await before.vanish()

    presence.sweep(registry, peer.seen + 16)
    peer.seen -= 20
    await enter(world.rishiri_device, lesson_now.uid, before.resume)
    await ledger.flush()

    first, second = await rows(before.id)
    assert first[1:3] == (last_beat, last_beat)
    assert second[0] > last_beat
    assert second[2:] == (None, "")


async def test_a_seat_left_for_a_new_one_ends_at_its_last_beat_and_nothing_is_counted_twice(
    world: World, lesson_now: Booking
) -> None:
    before = await enter(world.rishiri_device, lesson_now.uid)
    last_beat = peer_in(lesson_now, before.id).seen_at
    await before.vanish()

    after = await enter(world.rishiri_device, lesson_now.uid)
    await ledger.flush()

    [(_, *end)] = await rows(before.id)
    assert end == [last_beat, last_beat, Visit.EndReason.BROWSER]
    [(began, _, ended_at, _)] = await rows(after.id)
    assert (began > last_beat, ended_at) == (True, None)


async def test_a_stopping_server_ends_every_visit_by_its_own_fault(world: World, lesson_now: Booking) -> None:
    rishiri = await enter(world.rishiri_device, lesson_now.uid)

    await presence.on_stopping(sender=None)

    [(_, last_beat_at, ended_at, reason)] = await rows(rishiri.id)
    assert (ended_at, reason) == (last_beat_at, "server")


async def test_a_clock_set_back_ends_a_visit_no_earlier_than_it_began(
    world: World, lesson_now: Booking
) -> None:
    rishiri = await enter(world.rishiri_device, lesson_now.uid)
    peer = peer_in(lesson_now, rishiri.id)
    started_at = peer.seen_at

    presence.beat(peer, peer.seen, started_at - timedelta(hours=1))
    await ledger.flush()
    beaten = await rows(rishiri.id)
    presence.sweep(registry, peer.seen + 16)
    await ledger.flush()

    assert beaten == [(started_at, started_at, None, "")]
    assert await rows(rishiri.id) == [(started_at, started_at, started_at, "timeout")]


async def test_a_stay_that_the_database_refuses_holds_up_no_other(
    world: World, lesson_now: Booking, caplog: pytest.LogCaptureFixture
) -> None:
    now = timezone.now()
    of_no_booking = stay(world, lesson_now, peer="p-gone", server="a", at=now)
    of_no_booking.booking_id = 0
    backwards = stay(world, lesson_now, peer="p-back", server="a", at=now)
    backwards.last_beat_at -= timedelta(seconds=1)
    good = [stay(world, lesson_now, peer=f"p{n}", server="a", at=now) for n in range(2)]

    for each in (of_no_booking, good[0], backwards, good[1]):
        ledger.begin(each)
    await ledger.flush()

    assert [len(await rows(peer)) for peer in ("p-gone", "p0", "p-back", "p1")] == [0, 1, 0, 1]
    assert list(ledger.stays) == good
    assert {record.message for record in caplog.records if record.name == "realtime.visit_rows"} == {
        "visits: a stay was refused by the database (IntegrityError)"
    }
    assert "p-gone" not in caplog.text


async def test_stays_are_kept_while_the_database_is_away(world: World, lesson_now: Booking) -> None:
    def fail(*query: Any) -> None:
        raise InterfaceError

    def in_the_thread_of_visits(work: Callable[[], None]) -> None:
        visits._writer.submit(work).result(10)

    now = timezone.now()
    waiting = [stay(world, lesson_now, peer=f"p{n}", server="a", at=now) for n in range(2)]
    in_the_thread_of_visits(lambda: connection.execute_wrappers.append(fail))

    for each in waiting:
        ledger.begin(each)
    await ledger.flush()
    kept = set(ledger.stays)
    in_the_thread_of_visits(lambda: connection.execute_wrappers.remove(fail))
    await ledger.flush()

    assert kept == set(waiting)
    assert [len(await rows(each.peer)) for each in waiting] == [1, 1]


@pytest.fixture
def lesson(world: World) -> Booking:
    return book_lesson(world, NOW + timedelta(hours=1), now=NOW)


def stay(world: World, booking: Booking, *, peer: str, server: str, at: datetime) -> Stay:
    return Stay(
        booking_id=booking.pk, user_id=world.tanaka.pk, organisation_id=world.rishiri.pk,
        peer=peer, server=server, started_at=at, last_beat_at=at,
    )  # fmt: skip


def write(*stays: Stay) -> None:
    visit_rows.write(
        [visit_rows.Line(stay, stay.last_beat_at, stay.page, stay.end_reason) for stay in stays], {}
    )


def test_close_stale_ends_what_a_killed_server_left_open_at_its_last_beat(
    world: World, lesson: Booking
) -> None:
    old = stay(world, lesson, peer="old", server="a", at=NOW - timedelta(seconds=61))
    fresh = stay(world, lesson, peer="fresh", server="b", at=NOW - timedelta(seconds=60))
    write(old, fresh)

    closed = visit_rows.close_stale(NOW)

    assert closed == 1
    ended = Visit.objects.get(peer="old")
    assert (ended.ended_at, ended.end_reason) == (old.last_beat_at, "server")
    assert Visit.objects.get(peer="fresh").ended_at is None
    assert visit_rows.close_stale(NOW) == 0


@pytest.mark.parametrize("many", [1, 8])
def test_write_takes_as_many_queries_for_eight_beats_as_for_one(
    world: World, lesson: Booking, many: int, django_assert_num_queries: Any
) -> None:
    stays = [stay(world, lesson, peer=f"p{n}", server="a", at=NOW) for n in range(many)]
    write(*stays)
    for each in stays:
        each.last_beat_at = NOW + timedelta(seconds=5)

    with django_assert_num_queries(3):  # savepoint, update, release
        write(*stays)

    assert set(Visit.objects.values_list("last_beat_at", flat=True)) == {NOW + timedelta(seconds=5)}


def test_the_periodic_job_closes_stale_visits(world: World, lesson: Booking) -> None:
    from realtime import tasks  # noqa: PLC0415 -- registers with the queue when imported

    write(stay(world, lesson, peer="p1", server="a", at=timezone.now() - timedelta(minutes=5)))

    tasks.close_stale_visits.call_local()

    assert Visit.objects.get(peer="p1").end_reason == "server"
