"""What breaks below a room, a line or the database, ends a socket and never leaves it half alive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from autobahn.exception import Disconnected
from channels.db import database_sync_to_async
from django.db import DatabaseError, DataError, OperationalError, connection

from realtime import consumers, gate_threads
from realtime.protocol import Close
from realtime.registry import registry
from scheduler.config.asgi import application
from scheduler.models import Booking
from tests.cast import World
from tests.realtime.sockets import answers, enter, knock

Failing = Callable[..., None]


async def fails_at_pong(scope: Any, receive: Any, send: Any) -> None:
    """The service on a line over which no pong can be sent."""

    async def fragile(event: Any) -> None:
        if '"pong"' in event.get("text", ""):
            raise UnicodeError
        await send(event)

    await application(scope, receive, fragile)


async def test_a_socket_over_which_sending_fails_is_closed_with_4500_and_its_peer_is_away(
    world: World, lesson_now: Booking
) -> None:
    sato = await enter(world.sato, lesson_now.uid)
    rishiri = await knock(world.rishiri_device, lesson_now.uid, app=fails_at_pong)
    await rishiri.join()
    await sato.read_until("peer-joined")

    await rishiri.say("ping", ts=1)

    assert await rishiri.closed() == ("", Close.FAILED)
    assert await sato.read() == {"t": "peer-away", "id": rishiri.id}
    await answers(sato)


async def hangs_up_at_pong(scope: Any, receive: Any, send: Any) -> None:
    """The service at a browser that hangs up while it is being told something."""
    hung_up = asyncio.Event()

    async def fragile(event: Any) -> None:
        if '"pong"' in event.get("text", ""):
            hung_up.set()
            raise Disconnected
        await send(event)

    async def until_hung_up() -> Any:
        event = await receive()
        if '"chat"' in event.get("text", ""):
            await hung_up.wait()
            return {"type": "websocket.disconnect", "code": 1001}
        return event

    await application(scope, until_hung_up, fragile)


async def test_a_browser_that_hangs_up_while_it_is_told_something_is_no_failure(
    world: World, lesson_now: Booking, caplog: pytest.LogCaptureFixture
) -> None:
    sato = await enter(world.sato, lesson_now.uid)
    rishiri = await knock(world.rishiri_device, lesson_now.uid, app=hangs_up_at_pong)
    await rishiri.join()
    await sato.read_until("peer-joined")

    await rishiri.say("ping", ts=1)
    await rishiri.say("chat", cid="1", text="では")

    assert await sato.read() == {"t": "peer-away", "id": rishiri.id}
    assert caplog.text == ""


@pytest.fixture
def failing_database(monkeypatch: pytest.MonkeyPatch) -> Iterator[Failing]:
    """Lets the gate's next so many looks at a booking fail, as when the database restarts."""
    monkeypatch.setattr(consumers, "ASK_AGAIN_AFTER_S", (0.0, 0.0))
    left = 0
    error: type[DatabaseError] = OperationalError

    def fail(execute: Any, *query: Any) -> Any:
        nonlocal left
        if left and "JOIN scheduler_booking" in query[0]:
            left -= 1
            raise error
        return execute(*query)

    def fail_times(times: int, by: type[DatabaseError] = OperationalError) -> None:
        nonlocal left, error
        left, error = times, by

    gate_threads.in_every_thread(lambda: connection.execute_wrappers.append(fail))
    yield fail_times
    gate_threads.in_every_thread(lambda: connection.execute_wrappers.remove(fail))


async def test_a_gate_that_fails_for_a_moment_is_asked_until_it_answers(
    world: World, lesson_now: Booking, failing_database: Failing
) -> None:
    sato = await enter(world.sato, lesson_now.uid)
    await database_sync_to_async(Booking.objects.filter(pk=lesson_now.pk).update)(
        state=Booking.State.CANCELLED
    )

    failing_database(3)  # at once a second time, and again after a pause
    registry.changed(lesson_now.pk)

    assert await sato.closed() == ("room-closed", Close.ROOM_CLOSED)


async def test_a_gate_that_does_not_answer_lets_nobody_stay_or_come(
    world: World, lesson_now: Booking, failing_database: Failing
) -> None:
    sato = await enter(world.sato, lesson_now.uid)

    failing_database(1000)
    registry.changed(lesson_now.pk)
    coming = await knock(world.rishiri_device, lesson_now.uid)

    assert await sato.closed() == ("", Close.FAILED)
    assert await coming.closed() == ("", Close.FAILED)


async def test_what_the_database_refuses_is_not_asked_again(
    world: World, lesson_now: Booking, failing_database: Failing
) -> None:
    failing_database(1, DataError)

    coming = await knock(world.rishiri_device, lesson_now.uid)

    assert await coming.closed() == ("", Close.FAILED)


@pytest.mark.postgresql
async def test_connections_that_died_while_nobody_came_keep_nobody_waiting(
    world: World, lesson_now: Booking, caplog: pytest.LogCaptureFixture
) -> None:
    """As after a restart of the database in the night: the first who comes finds only dead ones."""
    backends: list[int] = []

    def note_backend() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backends.append(cursor.fetchone()[0])

    gate_threads.in_every_thread(note_backend)
    assert len(set(backends)) == gate_threads.THREADS
    await database_sync_to_async(_terminate)(backends)

    for device in (world.rishiri_device, world.rebun_device, world.sato):
        await enter(device, lesson_now.uid)

    assert not [each for each in caplog.messages if "the gate could not be asked" in each]


def _terminate(backends: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(pg_terminate_backend(pid)) FROM unnest(%s) AS pid", [backends])
        assert cursor.fetchone()[0] == len(backends)
