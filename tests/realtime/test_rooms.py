"""Rooms over real sockets: who is told what, and who is closed with which code."""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import uuid4

import pytest
from channels.db import database_sync_to_async
from django.utils import timezone

from realtime import presence
from realtime.protocol import Close
from realtime.registry import registry
from scheduler import bookings
from scheduler.models import Booking
from tests.cast import World
from tests.realtime.lessons import book_lesson, book_practice
from tests.realtime.sockets import answers, enter, knock

SDP = "v=0\r\n"


async def test_a_newcomer_is_announced_and_told_who_is_there(world: World, lesson_now: Booking) -> None:
    sato = await enter(world.sato, lesson_now.uid)

    rishiri = await knock(world.rishiri_device, lesson_now.uid)
    joined = await rishiri.join()

    assert [peer["id"] for peer in joined["peers"]] == [sato.id]
    assert joined["peers"][0]["name"]["ja"] == "佐藤 直子"
    assert (joined["role"], joined["mode"], joined["resumed"], joined["ice"]) == ("guest", "star", False, [])
    announced = await sato.read()
    assert announced["t"] == "peer-joined"
    assert announced["peer"]["id"] == rishiri.id
    assert announced["peer"]["org"] == {"ja": "利尻", "en": "Rishiri"}
    assert announced["peer"]["school"] is True


@pytest.mark.parametrize("who", ["kato", "ito"])
async def test_a_stranger_is_closed_with_4403_as_in_an_unknown_room(
    world: World, lesson_now: Booking, who: str
) -> None:
    at_the_door = await knock(getattr(world, who), lesson_now.uid)
    at_no_door = await knock(getattr(world, who), uuid4())

    assert await at_the_door.closed() == ("forbidden", Close.FORBIDDEN)
    assert await at_no_door.closed() == ("forbidden", Close.FORBIDDEN)


@pytest.mark.parametrize(
    "origin",
    [b"https://elsewhere.example", b"http://127.0.0.1:9999", b"null", b"", b"http://127.0.0.1:8000.evil"],
)
async def test_a_foreign_page_is_closed_with_4403(world: World, lesson_now: Booking, origin: bytes) -> None:
    socket = await knock(world.sato, lesson_now.uid, origin=origin)

    assert await socket.closed() == ("forbidden", Close.FORBIDDEN)


async def test_nobody_signed_in_is_closed_with_4401(lesson_now: Booking) -> None:
    assert await (await knock(None, lesson_now.uid)).closed() == ("auth-failed", Close.AUTH)


async def test_whoever_is_too_early_is_told_when_the_door_opens(world: World, lesson_now: Booking) -> None:
    now = timezone.now()
    later = await database_sync_to_async(book_lesson)(world, now + timedelta(hours=3), now=now)

    socket = await knock(world.sato, later.uid)

    error = await socket.read()
    assert (error["t"], error["code"]) == ("error", "too-early")
    assert error["opens_at"] == (later.start - timedelta(minutes=20)).isoformat()
    assert await socket.closed() == ("", Close.FORBIDDEN)


async def test_signals_reach_their_addressee_alone_with_the_senders_true_name(
    world: World, lesson_now: Booking
) -> None:
    sato = await enter(world.sato, lesson_now.uid)
    rishiri = await enter(world.rishiri_device, lesson_now.uid)
    rebun = await enter(world.rebun_device, lesson_now.uid)
    await rishiri.read_until("peer-joined")
    await sato.read_until("peer-joined")
    await sato.read_until("peer-joined")

    await rishiri.say("offer", to=sato.id, pc="c1", sdp=SDP, **{"from": rebun.id})

    offer = {"t": "offer", "from": rishiri.id, "pc": "c1", "sdp": SDP, "restart": False}
    assert await sato.read() == offer
    assert await rebun.is_quiet()


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        ("offer", {"pc": "c1", "sdp": SDP}),
        ("answer", {"pc": "c1", "sdp": SDP}),
        ("candidate", {"pc": "c1", "list": [{"candidate": "x", "sdpMid": "0"}, None]}),
        ("reset", {"pc": "c1"}),
        ("heard", {"level": 0.5, "packets": 100, "frames": 30}),
    ],
)
async def test_every_directed_message_is_relayed_in_a_linked_pair_and_refused_elsewhere(
    world: World, lesson_now: Booking, message: str, fields: dict[str, object]
) -> None:
    sato = await enter(world.sato, lesson_now.uid)
    rishiri = await enter(world.rishiri_device, lesson_now.uid)
    rebun = await enter(world.rebun_device, lesson_now.uid)
    await rishiri.read_until("peer-joined")
    await sato.read_until("peer-joined")
    await sato.read_until("peer-joined")

    await rishiri.say(message, to=sato.id, **fields)
    arrived = await sato.read()
    for other in (rebun.id, "nobody", rishiri.id):
        await rishiri.say(message, to=other, **fields)
    refusals = [await rishiri.read() for _ in range(3)]

    assert arrived == {
        "t": message,
        "from": rishiri.id,
        **({"restart": False} if message == "offer" else {}),
        **fields,
    }
    assert [refusal["code"] for refusal in refusals] == ["not-linked", "no-such-peer", "no-such-peer"]
    assert all(refusal["ref"] == message for refusal in refusals)
    assert await rebun.is_quiet()


async def test_state_hands_and_chat_reach_everybody_and_the_next_to_come(
    world: World, lesson_now: Booking
) -> None:
    sato = await enter(world.sato, lesson_now.uid)
    rishiri = await enter(world.rishiri_device, lesson_now.uid)
    await sato.read()

    await rishiri.say("state", audio=True, video=False, screen=True)
    state = {"t": "state", "from": rishiri.id, "audio": True, "video": False, "screen": True}
    assert await sato.read() == state
    await sato.say("hand", up=True)
    await rishiri.read()
    await rishiri.say("hand", up=True)
    await sato.read()
    assert await sato.read() == {"t": "hands", "queue": [sato.id, rishiri.id]}
    await sato.say("hand", up=False)
    assert (await sato.read())["queue"] == [rishiri.id]
    await rishiri.say("chat", cid="1", text="聞こえます")
    line = await sato.read()
    rebun = await knock(world.rebun_device, lesson_now.uid)
    joined = await rebun.join()

    assert (line["t"], line["from"], line["text"], line["org"]["ja"]) == (
        "chat",
        rishiri.id,
        "聞こえます",
        "利尻",
    )
    assert joined["chat"] == [line]
    assert joined["hands"] == [rishiri.id]
    assert [peer["audio"] for peer in joined["peers"]] == [False, True]


async def test_a_return_keeps_the_peers_id_and_replaces_its_old_socket(
    world: World, lesson_now: Booking
) -> None:
    sato = await enter(world.sato, lesson_now.uid)
    before = await enter(world.rishiri_device, lesson_now.uid)
    await sato.read()

    after = await knock(world.rishiri_device, lesson_now.uid)
    joined = await after.join(before.resume)

    assert (joined["id"], joined["resumed"]) == (before.id, True)
    assert await before.closed() == ("", Close.REPLACED)
    await before.vanish()
    assert await sato.is_quiet()


async def test_a_broken_line_is_away_and_then_back(world: World, lesson_now: Booking) -> None:
    sato = await enter(world.sato, lesson_now.uid)
    rishiri = await enter(world.rishiri_device, lesson_now.uid)
    await sato.read()

    await rishiri.vanish()
    away = await sato.read()
    await sato.say("offer", to=rishiri.id, pc="c1", sdp=SDP)
    refusal = await sato.read()
    back = await enter(world.rishiri_device, lesson_now.uid, rishiri.resume)

    assert away == {"t": "peer-away", "id": rishiri.id}
    assert (refusal["code"], refusal["to"]) == ("peer-away", rishiri.id)
    assert back.id == rishiri.id
    assert await sato.read() == {"t": "peer-back", "id": rishiri.id}


async def test_whoever_comes_in_anew_takes_the_place_of_the_own_seat_that_is_away(
    world: World, lesson_now: Booking
) -> None:
    sato = await enter(world.sato, lesson_now.uid)
    before = await enter(world.rishiri_device, lesson_now.uid)
    rebun = await enter(world.rebun_device, lesson_now.uid)
    await before.vanish()
    await rebun.vanish()
    await sato.read_until("peer-away")
    await sato.read_until("peer-away")

    after = await knock(world.rishiri_device, lesson_now.uid)
    joined = await after.join()

    assert await sato.read() == {"t": "peer-left", "id": before.id, "reason": "replaced"}
    assert (await sato.read())["peer"]["id"] == after.id
    assert {peer["id"] for peer in joined["peers"]} == {sato.id, rebun.id}
    back = await enter(world.rishiri_device, lesson_now.uid, before.resume)
    assert back.id == before.id  # it had only lost the line, and is another page
    assert (await after.read())["peer"]["id"] == back.id


async def test_two_living_pages_of_one_account_stay_two(world: World, lesson_now: Booking) -> None:
    first = await enter(world.rishiri_device, lesson_now.uid)

    second = await knock(world.rishiri_device, lesson_now.uid)
    joined = await second.join()

    assert [peer["id"] for peer in joined["peers"]] == [first.id]
    assert (await first.read())["peer"]["id"] == second.id


async def test_whoever_looks_on_is_told_from_those_who_take_part(world: World, lesson_now: Booking) -> None:
    sato = await enter(world.sato, lesson_now.uid)

    suzuki = await knock(world.suzuki, lesson_now.uid)
    joined = await suzuki.join()
    await suzuki.say("chat", cid="c1", text="見ています")

    assert [peer["observer"] for peer in joined["peers"]] == [False]
    assert (await sato.read())["peer"]["observer"] is True
    assert (await sato.read_until("chat"))["observer"] is True


async def test_nobody_looks_on_in_a_practice_room(world: World, empty_rooms: None) -> None:
    room = await database_sync_to_async(book_practice)(world, now=timezone.now())
    sato = await enter(world.sato, room.uid)

    await enter(world.suzuki, room.uid)

    assert (await sato.read())["peer"]["observer"] is False


async def test_a_token_of_somebody_else_gives_no_id(world: World, lesson_now: Booking) -> None:
    rishiri = await enter(world.rishiri_device, lesson_now.uid)

    thief = await knock(world.rebun_device, lesson_now.uid)
    joined = await thief.join(rishiri.resume)

    assert joined["resumed"] is False
    assert joined["id"] != rishiri.id
    forged = await enter(world.tanaka, lesson_now.uid, rishiri.resume + "x")
    assert forged.id not in {rishiri.id, thief.id}


async def test_a_token_outlives_the_server(world: World, lesson_now: Booking) -> None:
    before = await enter(world.rishiri_device, lesson_now.uid)
    registry.rooms.clear()  # as a new process knows nothing

    after = await enter(world.rishiri_device, lesson_now.uid, before.resume)

    assert after.id == before.id


async def test_a_cancelled_booking_closes_its_room_with_4410(world: World, lesson_now: Booking) -> None:
    inside = [await enter(user, lesson_now.uid) for user in (world.sato, world.rishiri_device)]

    await database_sync_to_async(bookings.cancel)(
        lesson_now, by=world.suzuki, now=timezone.now(), intention=uuid4()
    )

    for socket in inside:
        assert await socket.closed() == ("room-closed", Close.ROOM_CLOSED)


async def test_a_withdrawn_school_is_closed_with_4403_and_the_others_stay(
    world: World, lesson_now: Booking
) -> None:
    sato = await enter(world.sato, lesson_now.uid)
    rebun = await enter(world.rebun_device, lesson_now.uid)
    await sato.read()
    side = await database_sync_to_async(lesson_now.participants.get)(organisation=world.rebun)

    await database_sync_to_async(bookings.withdraw)(
        side, by=world.kudo, now=timezone.now(), intention=uuid4()
    )

    assert await rebun.closed() == ("forbidden", Close.FORBIDDEN)
    assert await sato.read() == {"t": "peer-left", "id": rebun.id, "reason": "removed"}
    await answers(sato)


async def test_the_end_of_the_lesson_throws_nobody_out(world: World, lesson_now: Booking) -> None:
    sato = await enter(world.sato, lesson_now.uid)
    past = timezone.now() - timedelta(hours=2)

    await database_sync_to_async(Booking.objects.filter(pk=lesson_now.pk).update)(
        start=past, end=past + timedelta(minutes=50)
    )
    registry.changed(lesson_now.pk)

    await answers(sato)
    assert (await (await knock(world.rishiri_device, lesson_now.uid)).closed()) == ("room-closed", 4410)


@pytest.mark.parametrize(
    ("frames", "answer"),
    [
        (['{"t":"ping","ts":1}'] * 70, ("rate-limited", Close.FLOOD)),
        (["x" * 40_000], ("too-large", Close.TOO_LARGE)),
        (["{"] * 3, ("bad-json", Close.PROTOCOL)),
        (['{"t":"dance"}'] * 3, ("bad-type", Close.PROTOCOL)),
        (['{"t":"hand"}'] * 3, ("bad-field", Close.PROTOCOL)),
        (['{"t":"join","v":1}'] * 3, ("already-joined", Close.PROTOCOL)),
    ],
)
async def test_whoever_breaks_the_protocol_is_told_and_closed(
    world: World, lesson_now: Booking, frames: list[str], answer: tuple[str, int]
) -> None:
    sato = await enter(world.sato, lesson_now.uid)

    for frame in frames:
        await sato.say_text(frame)

    assert await sato.closed() == answer


@pytest.mark.parametrize(
    ("frame", "answer"),
    [
        ('{"t":"ping","ts":1}', ("not-joined", Close.PROTOCOL)),
        ('{"t":"join","v":9}', ("bad-version", Close.PROTOCOL)),
    ],
)
async def test_the_first_word_must_be_a_join_of_this_version(
    world: World, lesson_now: Booking, frame: str, answer: tuple[str, int]
) -> None:
    socket = await knock(world.sato, lesson_now.uid)

    await socket.say_text(frame)

    assert await socket.closed() == answer


async def test_binary_frames_are_no_messages(world: World, lesson_now: Booking) -> None:
    sato = await enter(world.sato, lesson_now.uid)

    await sato.wire.send_to(bytes_data=b"\x00\xff")

    assert (await sato.read())["code"] == "bad-json"
    await answers(sato)


async def test_silence_makes_away_after_15_seconds_and_left_after_60(
    world: World, lesson_now: Booking
) -> None:
    sato = await enter(world.sato, lesson_now.uid)
    rishiri = await enter(world.rishiri_device, lesson_now.uid)
    await sato.read()
    peers = registry.rooms[lesson_now.uid].peers
    now = time.monotonic()

    def look(silence: float) -> None:
        peers[rishiri.id].seen = now - silence
        peers[sato.id].seen = now
        presence.sweep(registry, now)

    look(14.9)
    assert await sato.is_quiet()
    look(15)
    assert await sato.read() == {"t": "peer-away", "id": rishiri.id}
    assert await rishiri.closed() == ("", Close.SILENT)
    look(59.9)
    assert await sato.is_quiet()
    look(60)
    assert await sato.read() == {"t": "peer-left", "id": rishiri.id, "reason": "timeout"}
    assert list(peers) == [sato.id]


async def test_a_stopping_server_closes_with_4412(world: World, lesson_now: Booking) -> None:
    sato = await enter(world.sato, lesson_now.uid)

    await presence.on_stopping(sender=None)

    assert await sato.closed() == ("", Close.RESTART)


async def test_the_last_to_leave_closes_the_room(world: World, lesson_now: Booking) -> None:
    sato = await enter(world.sato, lesson_now.uid)

    await sato.say("leave")

    assert await sato.closed() == ("", Close.LEFT)
    assert lesson_now.uid not in registry.rooms
