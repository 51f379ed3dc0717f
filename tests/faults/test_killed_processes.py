"""`kill -9` during a lesson: of the server, of a browser, of Redis between two servers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from realtime.models import Visit
from realtime.protocol import AWAY_AFTER_S, LEFT_AFTER_S
from scheduler.models import Booking
from tests.browser.live import LiveServer, database_url
from tests.browser.rooms import growth
from tests.cast import World
from tests.faults.conftest import DOWN, PATIENT_S, Sit
from tests.faults.redis_process import RedisProcess
from tests.faults.witness import (
    BEAT,
    assert_true_seconds,
    await_media,
    evidence,
    is_within_a_beat,
    length,
    register,
    stays,
)

pytestmark = [pytest.mark.browser, pytest.mark.postgresql]

SWEPT_EVERY_S = 1


def test_a_killed_server_stops_no_media_and_takes_no_minute(
    here: LiveServer, sit: Sit, lesson: Booking, world: World
) -> None:
    teacher, school = sit("sato", here), sit("rishiri-set1", here)
    await_media(teacher, school, within_s=40)
    peers = teacher.peer, school.peer
    stays(lesson, world.rishiri, since=timezone.now())

    here.kill()
    killed_at = timezone.now()
    school.await_line(DOWN)
    # Longer than the silence that breaks a stay; a quicker restart leaves no trace.
    time.sleep(AWAY_AFTER_S)
    while_down = [step for seat in (teacher, school) for step in growth(seat.page)]
    here.start()
    for seat in (teacher, school):
        seat.await_line()
    back_at = timezone.now()

    assert all(frames > 10 and sound > 1000 for frames, sound in while_down), while_down
    assert (teacher.peer, school.peer) == peers
    assert [seat.page.evaluate("window.connections.length") for seat in (teacher, school)] == [1, 1]
    before, after = stays(lesson, world.rishiri, since=back_at)
    assert before.ended_at is not None
    # What the server knew and had not yet written died with it: less than a beat, for what a page
    # reports of its legs every two seconds is a sign of life as well.
    assert killed_at - BEAT <= before.ended_at <= killed_at
    assert before.end_reason == Visit.EndReason.SERVER
    assert after.began == Visit.Began.SERVER
    assert killed_at < after.started_at <= back_at
    now = timezone.now()
    measured = evidence(lesson, world.rishiri, now)
    assert measured.outages == ()
    assert_true_seconds(measured, school, now)
    lasted = length(before.ended_at, after.started_at)
    assert f"（{lasted}）はサービス側の中断" in register(lesson, world.rishiri, world.nakamura)


def test_a_killed_browser_leaves_no_ghost_longer_than_a_minute(
    here: LiveServer, sit: Sit, lesson: Booking, world: World
) -> None:
    teacher, school = sit("sato", here), sit("rishiri-set1", here)
    await_media(teacher, school, within_s=40)
    tile = teacher.page.locator(f"[data-peer='{school.peer}']")
    present = teacher.page.locator("#people-count")

    school.kill()
    killed_at = timezone.now()
    expect(present).to_have_text("1", timeout=PATIENT_S * 1000)
    again = sit("rishiri-set1", here)
    await_media(again, within_s=PATIENT_S)

    expect(present).to_have_text("2", timeout=PATIENT_S * 1000)
    left_s = LEFT_AFTER_S + SWEPT_EVERY_S + 2 - (timezone.now() - killed_at).total_seconds()
    expect(tile).to_have_count(0, timeout=left_s * 1000)
    before, after = stays(lesson, world.rishiri, since=again.entered_at)
    assert is_within_a_beat(before.ended_at, killed_at)
    assert before.end_reason == Visit.EndReason.BROWSER
    assert again.asked_at <= after.started_at <= again.entered_at
    (outage,) = evidence(lesson, world.rishiri, timezone.now()).outages
    assert outage.cause == "browser"
    assert is_within_a_beat(outage.interval.start, killed_at)
    assert outage.interval.end == after.started_at
    lasted = length(outage.interval.start, outage.interval.end)
    assert f"（{lasted}・画面の再読み込み）" in register(lesson, world.rishiri, world.nakamura)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisProcess]:
    process = RedisProcess(tmp_path)
    process.start()
    yield process
    process.kill()


@pytest.fixture
def neighbours(lesson: Booking, redis: RedisProcess, tmp_path: Path) -> Iterator[list[LiveServer]]:
    """Two processes of one service, that know of each other by Redis alone."""
    servers = [
        LiveServer(
            database=database_url(),
            log=tmp_path / f"server-{number}.log",
            environment={"ENKAKU_VAR": str(tmp_path), "REDIS_URL": redis.url},
        )
        for number in range(2)
    ]
    for server in servers:
        server.start()
    yield servers
    for server in servers:
        server.kill()


def test_a_killed_redis_stops_no_media_and_is_taken_up_again(
    neighbours: list[LiveServer], redis: RedisProcess, sit: Sit, lesson: Booking, world: World
) -> None:
    one, other = neighbours
    teacher, school = sit("sato", one), sit("rishiri-set1", other)
    await_media(teacher, school, within_s=40)
    peers = teacher.peer, school.peer

    redis.kill()
    time.sleep(2)
    while_down = [step for seat in (teacher, school) for step in growth(seat.page)]
    redis.start()
    # What is said while the two do not hear each other is not kept; it is said again in the snapshot.
    school.page.get_by_role("button", name="手を挙げる").click()

    expect(teacher.page.locator("#hands")).to_contain_text("利尻", timeout=PATIENT_S * 1000)
    expect(teacher.page.locator("#people-count")).to_have_text("2", timeout=PATIENT_S * 1000)
    assert all(frames > 10 and sound > 1000 for frames, sound in while_down), while_down
    assert (teacher.peer, school.peer) == peers
    assert [seat.page.evaluate("window.connections.length") for seat in (teacher, school)] == [1, 1]
    now = timezone.now()
    (stay,) = stays(lesson, world.rishiri, since=now)
    assert stay.ended_at is None
    assert_true_seconds(evidence(lesson, world.rishiri, now), school, now)
