"""Several server processes over Redis behave as one, whichever of them is killed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from realtime.models import Visit
from realtime.protocol import Close
from scheduler import bookings
from scheduler.models import Booking, User
from tests.browser.live import LiveServer
from tests.cast import World
from tests.realtime.processes import AWAY_S, LEFT_S, PrivateRedis, Seat, cookie, enter, server
from tests.setup.service import wait_until

SDP = "v=0\r\n"
Enter = Callable[..., Seat]


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[PrivateRedis]:
    private = PrivateRedis(tmp_path)
    private.start()
    yield private
    private.kill()


@pytest.fixture
def pair(
    lesson_now: Booking, own_redis: PrivateRedis, tmp_path: Path
) -> Iterator[tuple[LiveServer, LiveServer]]:
    first, second = (server(tmp_path, name, own_redis.url) for name in ("first", "second"))
    with ThreadPoolExecutor() as starting:
        list(starting.map(LiveServer.start, (first, second)))
    yield first, second
    for each in (first, second):
        each.kill()
        assert "Traceback" not in each.log_end()


@pytest.fixture
def seat(lesson_now: Booking) -> Iterator[Enter]:
    """Enters the lesson at a server; whoever is still there at the end hangs up."""
    seats: list[Seat] = []

    def make(at: LiveServer, user: User, **given: str) -> Seat:
        seats.append(enter(at, cookie(user), lesson_now.uid, **given))
        return seats[-1]

    yield make
    for each in seats:
        each.hangs_up()


def three(pair: tuple[LiveServer, LiveServer], seat: Enter, world: World) -> tuple[Seat, Seat, Seat]:
    """Sato and Rishiri in the first process, Rebun in the second; each knows the others."""
    first, second = pair
    sato = seat(first, world.sato)
    rishiri = seat(first, world.rishiri_device)
    rebun = seat(second, world.rebun_device)
    sato.read_until("peer-joined")
    sato.read_until("peer-joined")
    rishiri.read_until("peer-joined")
    return sato, rishiri, rebun


def test_a_room_is_one_over_two_processes(
    pair: tuple[LiveServer, LiveServer], seat: Enter, world: World
) -> None:
    sato, rishiri, rebun = three(pair, seat, world)

    assert {peer["id"] for peer in rebun.joined["peers"]} == {sato.id, rishiri.id}
    rebun.say("offer", to=sato.id, pc="c1", sdp=SDP)
    assert sato.read() == {"t": "offer", "from": rebun.id, "pc": "c1", "sdp": SDP, "restart": False}
    sato.say("answer", to=rebun.id, pc="c1", sdp=SDP)
    assert rebun.read() == {"t": "answer", "from": sato.id, "pc": "c1", "sdp": SDP}
    rebun.say("offer", to=rishiri.id, pc="c1", sdp=SDP)
    assert rebun.read()["code"] == "not-linked"
    sato.say("state", audio=True, video=True)
    shown = {"t": "state", "from": sato.id, "audio": True, "video": True, "screen": False}
    assert [rebun.read(), rishiri.read()] == [shown, shown]
    rebun.say("chat", cid="1", text="聞こえます")
    line = sato.read()
    assert (line["t"], line["text"], rishiri.read(), rebun.read()) == ("chat", "聞こえます", line, line)
    kudo = seat(pair[0], world.kudo)
    assert (kudo.joined["chat"], kudo.joined["listen"]) == ([line], True)
    facts = {peer["id"]: peer for peer in kudo.joined["peers"]}
    assert (facts[sato.id]["audio"], facts[rebun.id]["org"]["ja"]) == (True, "礼文")
    rebun.say("leave")
    left = {"t": "peer-left", "id": rebun.id, "reason": "left"}
    assert [sato.read_until("peer-left"), rishiri.read_until("peer-left")] == [left, left]
    assert kudo.read_until("listen") == {"t": "listen", "on": False}


def test_hands_the_floor_and_muting_reach_over_processes(
    pair: tuple[LiveServer, LiveServer], seat: Enter, world: World
) -> None:
    sato, rishiri, rebun = three(pair, seat, world)

    rebun.say("hand", up=True)
    assert sato.read()["queue"] == [rebun.id]
    rishiri.say("hand", up=True)
    assert sato.read()["queue"] == [rebun.id, rishiri.id]
    sato.say("floor", to=rebun.id)
    assert rishiri.read_until("floor") == {"t": "floor", "id": rebun.id}
    assert rebun.read_until("floor") == {"t": "floor", "id": rebun.id}
    while sato.read_until("hands")["queue"] != [rishiri.id]:
        pass
    rebun.say("offer", to=rishiri.id, pc="c1", sdp=SDP)
    assert rishiri.read_until("offer")["from"] == rebun.id
    late = seat(pair[1], world.nakamura)
    assert (late.joined["floor"], late.joined["hands"], late.joined["listen"]) == (
        rebun.id,
        [rishiri.id],
        True,
    )
    sato.say("mute", to=None)
    assert [rebun.read_until("mute"), rishiri.read_until("mute")] == [{"t": "mute", "from": sato.id}] * 2
    sato.say("floor", to=None)
    assert rebun.read_until("floor") == {"t": "floor", "id": None}


def test_a_peer_that_comes_to_another_process_is_the_same_and_its_old_socket_is_closed(
    pair: tuple[LiveServer, LiveServer], seat: Enter, world: World
) -> None:
    sato, _rishiri, rebun = three(pair, seat, world)
    rebun.say("hand", up=True)
    assert sato.read()["t"] == "hands"
    wait_until(Visit.objects.filter(peer=rebun.id).exists, 10)

    moved = seat(pair[0], world.rebun_device, resume=rebun.resume)

    assert (moved.id, moved.joined["hands"]) == (rebun.id, [rebun.id])
    assert rebun.closed() == Close.REPLACED
    assert sato.is_quiet()
    moved.say("offer", to=sato.id, pc="c1", sdp=SDP)
    assert sato.read()["from"] == rebun.id
    back = seat(pair[1], world.rebun_device, resume=moved.resume)
    assert moved.closed() == Close.REPLACED
    wait_until(Visit.objects.filter(peer=back.id, server=back.joined["srv"]).exists, 10)
    [row] = Visit.objects.filter(peer=back.id)
    assert (row.ended_at, row.began) == (None, "entered")
    assert row.server == back.joined["srv"]


def test_whoever_comes_in_anew_elsewhere_takes_the_place_of_the_own_seat_that_is_away(
    pair: tuple[LiveServer, LiveServer], seat: Enter, world: World
) -> None:
    sato, rishiri, rebun = three(pair, seat, world)
    rebun.hangs_up()
    rishiri.read_until("peer-away")
    sato.read_until("peer-away")

    again = seat(pair[0], world.rebun_device)

    left = {"t": "peer-left", "id": rebun.id, "reason": "replaced"}
    assert [sato.read(), rishiri.read()] == [left, left]
    assert [sato.read()["peer"]["id"], rishiri.read()["peer"]["id"]] == [again.id, again.id]
    assert rebun.id not in {peer["id"] for peer in again.joined["peers"]}
    wait_until(lambda: Visit.objects.filter(peer=rebun.id, ended_at__isnull=False).exists(), 10)
    [before] = Visit.objects.filter(peer=rebun.id)
    assert (before.ended_at, before.end_reason) == (before.last_beat_at, Visit.EndReason.BROWSER)
    back = seat(pair[1], world.rebun_device, resume=rebun.resume)
    assert (back.id, sato.read()["peer"]["id"], again.read()["peer"]["id"]) == (rebun.id,) * 3


def test_two_living_pages_of_one_account_in_two_processes_stay_two(
    pair: tuple[LiveServer, LiveServer], seat: Enter, world: World
) -> None:
    sato, _rishiri, rebun = three(pair, seat, world)

    twin = seat(pair[0], world.rebun_device)

    assert sato.read()["peer"]["id"] == twin.id
    assert (rebun.read()["peer"]["id"], sato.is_quiet()) == (twin.id, True)


def test_the_peers_of_a_killed_process_turn_away_and_leave_when_silent_peers_do(
    pair: tuple[LiveServer, LiveServer], seat: Enter, world: World
) -> None:
    sato, _rishiri, rebun = three(pair, seat, world)
    sato.say("floor", to=rebun.id)
    sato.read_until("floor")

    pair[1].kill()
    killed = time.monotonic()

    assert sato.read(AWAY_S + 2) == {"t": "peer-away", "id": rebun.id}
    assert time.monotonic() - killed > AWAY_S / 3
    kudo = seat(pair[0], world.kudo)
    assert {peer["id"]: peer["away"] for peer in kudo.joined["peers"]}[rebun.id] is True
    left = sato.read_until("peer-left", LEFT_S + 2)
    assert left == {"t": "peer-left", "id": rebun.id, "reason": "timeout"}
    assert LEFT_S - 3 < time.monotonic() - killed < LEFT_S + 2
    assert sato.read_until("floor") == {"t": "floor", "id": None}


def test_whoever_comes_back_after_a_kill_has_one_visit_and_no_gap(
    pair: tuple[LiveServer, LiveServer], seat: Enter, world: World
) -> None:
    sato, _rishiri, rebun = three(pair, seat, world)
    rebun.say("hand", up=True)
    sato.read_until("hands")
    time.sleep(1.2)

    pair[1].kill()
    killed_at = timezone.now()
    [row] = Visit.objects.filter(peer=rebun.id)
    back = seat(pair[0], world.rebun_device, resume=rebun.resume)
    time.sleep(1.2)

    assert 0 <= (killed_at - row.last_beat_at).total_seconds() < 1.6  # beats of half a second here
    assert (back.id, back.joined["hands"]) == (rebun.id, [rebun.id])
    assert sato.is_quiet()
    [row] = Visit.objects.filter(peer=rebun.id)
    assert (row.server, row.ended_at) == (back.joined["srv"], None)


def test_a_room_goes_on_within_a_process_while_redis_is_away_and_is_whole_again_after(
    pair: tuple[LiveServer, LiveServer], seat: Enter, world: World, own_redis: PrivateRedis
) -> None:
    sato, rishiri, rebun = three(pair, seat, world)
    rebun.say("hand", up=True)
    sato.say("chat", cid="1", text="一")
    sato.read_until("chat")
    rebun.read_until("chat")
    sato.say("floor", to=rebun.id)
    rishiri.read_until("floor")

    own_redis.kill()
    time.sleep(0.3)
    rishiri.say("offer", to=sato.id, pc="c1", sdp=SDP)
    assert sato.read_until("offer")["from"] == rishiri.id
    sato.say("offer", to=rebun.id, pc="c1", sdp=SDP)
    assert sato.read_until("error")["code"] == "peer-away"
    began = time.monotonic()
    kudo = seat(pair[1], world.kudo)
    assert time.monotonic() - began < 1.5
    kudo.say("chat", cid="2", text="二")
    kudo.read_until("chat")
    own_redis.start()

    # Each process writes again what it knows; the last snapshot is whole.
    everybody = {sato.id, rishiri.id, rebun.id, kudo.id}
    for one in (sato, rebun):
        heard = {one.id}
        heard |= {peer["id"] for peer in one.read_until("peers")["peers"]}
        while heard != everybody:
            message = one.read()
            heard |= {peer["id"] for peer in message.get("peers", [])}
            heard |= {message["peer"]["id"]} if message["t"] == "peer-joined" else set()
    sato.say("offer", to=rebun.id, pc="c2", sdp=SDP)
    assert rebun.read_until("offer")["pc"] == "c2"
    for at in pair:
        nakamura = seat(at, world.nakamura)
        assert (nakamura.joined["floor"], nakamura.joined["listen"]) == (rebun.id, True)
        assert {peer["id"] for peer in nakamura.joined["peers"]} >= everybody
    assert [line["text"] for line in nakamura.joined["chat"]] == ["一", "二"]


def test_a_redis_that_hangs_holds_nobody_up(
    pair: tuple[LiveServer, LiveServer], seat: Enter, world: World, own_redis: PrivateRedis
) -> None:
    sato, rishiri, _rebun = three(pair, seat, world)
    assert own_redis.process is not None
    os.kill(own_redis.process.pid, signal.SIGSTOP)

    began = time.monotonic()
    tutor = seat(pair[0], world.nakamura)
    took_s = time.monotonic() - began
    rishiri.say("hand", up=True)
    told = sato.read_until("hands", within_s=1)
    os.kill(own_redis.process.pid, signal.SIGCONT)

    assert took_s < 1.5
    assert told["queue"] == [rishiri.id]
    tutor.hangs_up()


@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_school_that_is_withdrawn_is_out_within_a_second_in_every_process(
    pair: tuple[LiveServer, LiveServer],
    seat: Enter,
    world: World,
    own_redis: PrivateRedis,
    lesson_now: Booking,
    settings: Settings,
    *,
    is_restarted: bool,
) -> None:
    sato, rishiri, rebun = three(pair, seat, world)
    if is_restarted:
        own_redis.kill()
        own_redis.start()
        for one in (sato, rebun):
            one.read_until("peers")
    settings.REDIS_URL = own_redis.url
    side = lesson_now.participants.get(organisation=world.rebun)

    bookings.withdraw(side, by=world.kudo, now=timezone.now(), intention=uuid4())
    done = time.monotonic()

    assert rebun.closed() == Close.FORBIDDEN
    left = sato.read_until("peer-left")
    assert time.monotonic() - done < 1
    assert left == {"t": "peer-left", "id": rebun.id, "reason": "removed"}
    rishiri.say("chat", cid="1", text="続けます")
    assert sato.read_until("chat")["from"] == rishiri.id


def test_a_change_made_while_redis_was_away_is_asked_about_when_it_is_back(
    pair: tuple[LiveServer, LiveServer],
    seat: Enter,
    world: World,
    own_redis: PrivateRedis,
    lesson_now: Booking,
    settings: Settings,
) -> None:
    _sato, _rishiri, rebun = three(pair, seat, world)
    settings.REDIS_URL = own_redis.url
    own_redis.kill()
    side = lesson_now.participants.get(organisation=world.rebun)

    bookings.withdraw(side, by=world.kudo, now=timezone.now(), intention=uuid4())
    own_redis.start()

    assert rebun.closed() == Close.FORBIDDEN


def test_whoever_has_left_is_written_down_nowhere_and_nothing_is_kept_for_ever(
    pair: tuple[LiveServer, LiveServer], seat: Enter, world: World, own_redis: PrivateRedis
) -> None:
    sato, _rishiri, rebun = three(pair, seat, world)
    sato.say("floor", to=rebun.id)
    sato.say("chat", cid="1", text="聞こえますか")
    rebun.read_until("chat")

    rebun.say("leave")
    sato.read_until("peer-left")
    time.sleep(0.2)

    with own_redis.client() as client:
        assert not [key for key in client.keys("*peers*") if rebun.joined["srv"].encode() in key]
        assert all(client.ttl(key) > 0 for key in client.keys("*"))
