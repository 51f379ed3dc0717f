"""What the host alone may do, and what a school's people may not bring into a room with its device."""

from __future__ import annotations

from uuid import uuid4

import pytest
from channels.db import database_sync_to_async
from django.utils import timezone
from pytest_django.fixtures import Settings

from scheduler import bookings
from scheduler.models import Booking
from tests.cast import World
from tests.realtime.sockets import Knocker, answers, enter, knock

SDP = "v=0\r\n"


async def lesson_of_three(world: World, lesson: Booking) -> tuple[Knocker, Knocker, Knocker]:
    """Sato and the devices of Rishiri and Rebun, each with nothing left to read."""
    sato = await enter(world.sato, lesson.uid)
    rishiri = await enter(world.rishiri_device, lesson.uid)
    rebun = await enter(world.rebun_device, lesson.uid)
    await rishiri.read_until("peer-joined")
    await sato.read_until("peer-joined")
    await sato.read_until("peer-joined")
    return sato, rishiri, rebun


async def test_the_floor_is_given_and_taken_by_the_host_and_lowers_the_hand(
    world: World, lesson_now: Booking
) -> None:
    sato, rishiri, rebun = await lesson_of_three(world, lesson_now)
    for school in (rebun, rishiri):
        await school.say("hand", up=True)
        await sato.read_until("hands")

    await sato.say("floor", to=rebun.id)
    given = [await sato.read(), await sato.read()]
    joined = await (await knock(world.nakamura, lesson_now.uid)).join()
    await sato.read_until("peer-joined")
    await sato.say("floor", to=None)

    assert given == [{"t": "floor", "id": rebun.id}, {"t": "hands", "queue": [rishiri.id]}]
    assert joined["floor"] == rebun.id
    for socket in (sato, rebun, rishiri):
        while (told := await socket.read_until("floor"))["id"] is not None:
            pass
        assert told == {"t": "floor", "id": None}


async def test_whoever_has_the_floor_is_linked_with_every_guest_and_with_nobody_after(
    world: World, lesson_now: Booking
) -> None:
    sato, rishiri, rebun = await lesson_of_three(world, lesson_now)

    await sato.say("floor", to=rishiri.id)
    await rebun.read_until("floor")
    await rishiri.read_until("floor")
    await rishiri.say("offer", to=rebun.id, pc="c1", sdp=SDP)
    offer = await rebun.read()
    await rebun.say("answer", to=rishiri.id, pc="c1", sdp=SDP)
    answer = await rishiri.read()
    await sato.say("floor", to=None)
    await rishiri.read_until("floor")
    await rishiri.say("offer", to=rebun.id, pc="c2", sdp=SDP)

    assert (offer["from"], answer["from"]) == (rishiri.id, rebun.id)
    assert (await rishiri.read())["code"] == "not-linked"


@pytest.mark.parametrize("t", ["floor", "mute"])
async def test_only_the_host_may_and_only_of_a_guest_who_is_here(
    world: World, lesson_now: Booking, t: str
) -> None:
    sato, rishiri, rebun = await lesson_of_three(world, lesson_now)
    await rebun.vanish()
    for socket in (sato, rishiri):
        await socket.read_until("peer-away")

    await rishiri.say(t, to=rishiri.id)
    await rishiri.say(t, to=None)
    refusals = [await rishiri.read() for _ in range(2)]
    for to in ("nobody", sato.id, rebun.id):
        await sato.say(t, to=to)
        refusals.append(await sato.read())

    assert [(refusal["t"], refusal["code"]) for refusal in refusals] == [
        ("error", "not-allowed"),
        ("error", "not-allowed"),
        ("error", "no-such-peer"),
        ("error", "not-allowed"),
        ("error", "peer-away"),
    ]
    assert not any(refusal.get("fatal") for refusal in refusals)
    await answers(sato)
    await answers(rishiri)


async def test_the_floor_outlives_a_broken_line_and_ends_with_its_holder(
    world: World, lesson_now: Booking
) -> None:
    sato, rishiri, rebun = await lesson_of_three(world, lesson_now)
    await sato.say("floor", to=rishiri.id)
    await rishiri.read_until("floor")
    await rebun.read_until("floor")

    await rishiri.vanish()
    assert (await rebun.read())["t"] == "peer-away"
    back = await knock(world.rishiri_device, lesson_now.uid)
    joined = await back.join(rishiri.resume)
    assert (await rebun.read())["t"] == "peer-back"
    await back.say("leave")

    assert joined["floor"] == rishiri.id
    assert [await rebun.read() for _ in range(2)] == [
        {"t": "peer-left", "id": rishiri.id, "reason": "left"},
        {"t": "floor", "id": None},
    ]


async def test_a_school_that_is_withdrawn_loses_the_floor_and_its_hand(
    world: World, lesson_now: Booking
) -> None:
    sato, rishiri, rebun = await lesson_of_three(world, lesson_now)
    await sato.say("floor", to=rebun.id)
    await rebun.read_until("floor")
    await rebun.say("hand", up=True)
    while (await rishiri.read_until("hands"))["queue"] != [rebun.id]:
        pass

    side = await database_sync_to_async(lesson_now.participants.get)(organisation=world.rebun)
    await database_sync_to_async(bookings.withdraw)(
        side, by=world.kudo, now=timezone.now(), intention=uuid4()
    )

    assert [await rishiri.read() for _ in range(3)] == [
        {"t": "peer-left", "id": rebun.id, "reason": "removed"},
        {"t": "hands", "queue": []},
        {"t": "floor", "id": None},
    ]


async def test_mute_reaches_the_guest_who_is_meant_or_all_guests(world: World, lesson_now: Booking) -> None:
    sato, rishiri, rebun = await lesson_of_three(world, lesson_now)

    await sato.say("mute", to=rishiri.id)
    one = await rishiri.read()
    assert await rebun.is_quiet()
    await sato.say("mute", to=None)

    muted = {"t": "mute", "from": sato.id}
    assert [one, await rishiri.read(), await rebun.read()] == [muted] * 3
    assert await sato.is_quiet()


async def test_a_tutor_beside_the_schools_device_brings_no_microphone(
    world: World, lesson_now: Booking
) -> None:
    sato, _rishiri, _rebun = await lesson_of_three(world, lesson_now)

    tutor = await knock(world.tanaka, lesson_now.uid)
    joined = await tutor.join()
    await sato.read_until("peer-joined")
    await tutor.say("state", audio=True, video=True)

    assert joined["listen"] is True
    state = {"t": "state", "from": tutor.id, "audio": False, "video": True, "screen": False}
    assert await sato.read() == state


async def test_a_tutor_is_told_when_the_schools_device_comes_and_goes(
    world: World, lesson_now: Booking
) -> None:
    sato = await enter(world.sato, lesson_now.uid)
    tutor = await knock(world.tanaka, lesson_now.uid)
    joined = await tutor.join()
    await tutor.say("state", audio=True, video=False)
    await sato.read_until("state")

    other_school = await enter(world.rebun_device, lesson_now.uid)
    await sato.read_until("peer-joined")
    device = await enter(world.rishiri_device, lesson_now.uid)
    state = await sato.read_until("state")
    on = await tutor.read_until("listen")
    await device.say("leave")
    off = await tutor.read_until("listen")

    assert joined["listen"] is False
    assert state == {"t": "state", "from": tutor.id, "audio": False, "video": False, "screen": False}
    assert [on, off] == [{"t": "listen", "on": True}, {"t": "listen", "on": False}]
    await other_school.read_until("peer-left")
    await answers(other_school)


@pytest.mark.parametrize("relayed", [True, False])
async def test_credentials_come_with_joined_and_outlive_the_door_by_ten_minutes(
    world: World, lesson_now: Booking, settings: Settings, *, relayed: bool
) -> None:
    settings.TURN_URLS, settings.TURN_SECRET = ["turn:relay.example"], "snow"
    settings.ICE_RELAY_ONLY = relayed

    joined = [await (await knock(world.sato, lesson_now.uid)).join() for _ in range(2)]
    other = await (await knock(world.rishiri_device, lesson_now.uid)).join()

    # The door closes ten minutes after the end.
    ends_at = int(lesson_now.end.timestamp()) + 20 * 60
    [first, again] = [message["ice"][0]["username"] for message in joined]
    assert first.split(":")[0] == str(ends_at)
    assert first == again
    assert other["ice"][0]["username"] != first
    assert [message["relay"] for message in (*joined, other)] == [relayed] * 3
