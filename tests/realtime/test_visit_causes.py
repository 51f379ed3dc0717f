"""What broke a stay: the line, the browser or the server, decided where the rows are."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from channels.db import database_sync_to_async

from realtime import presence, visit_rows
from realtime.models import Visit
from realtime.protocol import Close
from realtime.registry import registry
from realtime.visits import Stay, ledger
from scheduler.models import Booking
from tests.cast import NOW, World
from tests.realtime.lessons import book_lesson
from tests.realtime.sockets import Knocker, enter, knock


@pytest.fixture
def lesson(world: World) -> Booking:
    return book_lesson(world, NOW + timedelta(hours=1), now=NOW)


class Witness:
    """Stays of one lesson as a process notes them, in seconds after NOW."""

    def __init__(self, world: World, lesson: Booking) -> None:
        self.world, self.lesson = world, lesson

    def stay(
        self, since: float, until: float, *, peer: str = "p1", server: str = "a", page: str = "x"
    ) -> Stay:
        return Stay(
            booking_id=self.lesson.pk, user_id=self.world.tanaka.pk, organisation_id=self.world.rishiri.pk,
            peer=peer, server=server, page=page, started_at=_at(since), last_beat_at=_at(until),
        )  # fmt: skip

    def writes(self, *stays: Stay, reason: str = "", seen_alive: dict[str, datetime] | None = None) -> None:
        lines = [visit_rows.Line(stay, stay.last_beat_at, stay.page, reason) for stay in stays]
        visit_rows.write(lines, seen_alive or {})


def _at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.fixture
def witness(world: World, lesson: Booking) -> Witness:
    return Witness(world, lesson)


def _rows() -> list[tuple[str, str, float, float, str]]:
    """Server, cause, from, to, and the reason of the end, in seconds after NOW."""
    return [
        (row.server, row.began, (row.started_at - NOW).total_seconds(),
         (row.last_beat_at - NOW).total_seconds(), row.end_reason)
        for row in Visit.objects.order_by("started_at", "pk")
    ]  # fmt: skip


def test_a_return_within_fifteen_seconds_goes_on_with_the_row_of_another_server(witness: Witness) -> None:
    before, after = witness.stay(0, 60), witness.stay(74, 74, server="b", page="y")
    witness.writes(before)

    witness.writes(after)
    after.last_beat_at = _at(80)
    witness.writes(after)

    assert _rows() == [("b", "entered", 0, 80, "")]
    assert Visit.objects.get().page == "y"


def test_a_server_extends_and_ends_no_row_that_another_goes_on_with(witness: Witness) -> None:
    before, after = witness.stay(0, 60), witness.stay(61, 61, server="b")
    witness.writes(before)
    witness.writes(after)

    before.last_beat_at = _at(65)
    over = visit_rows.write([visit_rows.Line(before, _at(65), "x", "")], {})
    witness.writes(before, reason="timeout")

    assert list(over) == [before]
    assert _rows() == [("b", "entered", 0, 61, "")]


@pytest.mark.parametrize(
    ("seen_after_s", "page", "expected"),
    [
        (None, "x", ("server", "server")),
        (6.9, "y", ("server", "server")),
        (7.1, "x", ("timeout", "line")),
        (7.1, "y", ("browser", "browser")),
    ],
)
def test_a_row_left_open_is_the_servers_fault_unless_it_was_seen_alive_after_the_next_beat(
    witness: Witness, seen_after_s: float | None, page: str, expected: tuple[str, str]
) -> None:
    witness.writes(witness.stay(0, 60))
    seen = {} if seen_after_s is None else {"a": _at(60 + seen_after_s)}

    witness.writes(witness.stay(75, 75, server="b", page=page), seen_alive=seen)

    ended, began = expected
    assert _rows() == [("a", "entered", 0, 60, ended), ("b", began, 75, 75, "")]


def test_beats_of_others_show_that_a_server_lived(witness: Witness) -> None:
    witness.writes(witness.stay(0, 60), witness.stay(0, 70, peer="p2"))

    witness.writes(witness.stay(80, 80, server="b"))

    assert _rows() == [
        ("a", "entered", 0, 60, "timeout"), ("a", "entered", 0, 70, ""), ("b", "line", 80, 80, ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "page", "began"),
    [
        ("timeout", "x", "line"),
        ("timeout", "y", "browser"),
        ("browser", "x", "line"),
        ("browser", "y", "browser"),
        ("server", "x", "server"),
        ("left", "x", "entered"),
        ("removed", "x", "entered"),
        ("closed", "x", "entered"),
    ],
)
def test_the_cause_of_a_gap_is_told_by_the_page_unless_the_server_was_at_fault(
    witness: Witness, reason: str, page: str, began: str
) -> None:
    witness.writes(witness.stay(0, 60), reason=reason)

    witness.writes(witness.stay(90, 90, page=page))

    assert _rows() == [("a", "entered", 0, 60, reason), ("a", began, 90, 90, "")]


def test_a_stay_whose_row_a_job_has_closed_goes_on_after_a_gap_of_the_server(witness: Witness) -> None:
    here = witness.stay(0, 60)
    witness.writes(here)
    assert visit_rows.close_stale(_at(125)) == 1

    here.last_beat_at = _at(130)
    witness.writes(here)  # finds its row closed
    here.last_beat_at = _at(131)
    witness.writes(here)

    assert _rows() == [("a", "entered", 0, 60, "server"), ("a", "server", 130, 131, "")]


def test_a_stay_written_late_does_not_touch_the_row_that_follows_it(witness: Witness) -> None:
    late = witness.stay(0, 60)
    witness.writes(witness.stay(61, 90, server="b"))

    witness.writes(late, reason="replaced")

    assert _rows() == [("a", "entered", 0, 60, "replaced"), ("b", "entered", 61, 90, "")]


async def _rejoins(world: World, lesson: Booking, before: Knocker, *, page: str) -> list[tuple[str, str]]:
    """After 20 seconds; the reasons of the ends and the causes of the stays."""
    peer = registry.rooms[lesson.uid].peers[before.id]
    peer.seen -= 20
    presence.sweep(registry, peer.seen + 20)
    after = await knock(world.rishiri_device, lesson.uid)
    await after.say("join", v=1, resume=before.resume, page=page)
    await after.read_until("joined")
    await ledger.flush()
    rows = Visit.objects.filter(peer=before.id).order_by("pk").values_list("end_reason", "began")
    found: list[tuple[str, str]] = await database_sync_to_async(list)(rows)
    return found


async def _comes(world: World, lesson: Booking, *, page: str) -> Knocker:
    socket = await knock(world.rishiri_device, lesson.uid)
    await socket.say("join", v=1, page=page)
    joined = await socket.read_until("joined")
    socket.id, socket.resume = joined["id"], joined["resume"]
    return socket


@pytest.mark.parametrize(("page", "cause"), [("x", "line"), ("y", "browser")])
async def test_silence_is_the_line_until_another_page_returns(
    world: World, lesson_now: Booking, page: str, cause: str
) -> None:
    rishiri = await _comes(world, lesson_now, page="x")

    assert await _rejoins(world, lesson_now, rishiri, page=page) == [("timeout", "entered"), ("", cause)]


@pytest.mark.parametrize(
    ("code", "reason"), [(1001, "browser"), (1006, "browser"), (Close.SILENT, "timeout")]
)
async def test_a_socket_closed_from_there_is_the_browser_unless_it_found_us_silent(
    world: World, lesson_now: Booking, code: int, reason: str
) -> None:
    sato = await enter(world.sato, lesson_now.uid)
    rishiri = await _comes(world, lesson_now, page="x")
    await rishiri.wire.disconnect(code=code, timeout=3)
    await sato.read_until("peer-away")

    ends = await _rejoins(world, lesson_now, rishiri, page="y")

    assert ends == [(reason, "entered"), ("", "browser")]


async def test_a_line_lost_after_a_reload_is_not_taken_for_another_reload(
    world: World, lesson_now: Booking
) -> None:
    before = await _comes(world, lesson_now, page="x")
    await before.vanish()
    reloaded = await knock(world.rishiri_device, lesson_now.uid)
    await reloaded.say("join", v=1, resume=before.resume, page="y")
    await reloaded.read_until("joined")

    ends = await _rejoins(world, lesson_now, before, page="y")

    assert ends == [("timeout", "entered"), ("", "line")]
