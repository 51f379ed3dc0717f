"""One room carried by two server processes: whoever is where, everybody sees and hears everybody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from scheduler.models import Booking
from tests.browser.live import LiveServer, NewContext
from tests.browser.rooms import SMALL_CAMERA, enter, growth_of_all, wait_for_media
from tests.cast import World
from tests.realtime.lessons import book_lesson

pytestmark = pytest.mark.browser


@pytest.fixture
def lesson(transactional_db: None, world: World) -> Booking:
    now = timezone.now()
    return book_lesson(world, now - timedelta(minutes=5), now=now)


@pytest.fixture
def second(live: LiveServer, redis_url: str, tmp_path: Path) -> Iterator[LiveServer]:
    """Another process of the same service; both know of each other through Redis alone."""
    live.environment["REDIS_URL"] = redis_url
    live.restart()
    other = LiveServer(
        database=live.database, log=tmp_path / "second.log", environment=dict(live.environment)
    )
    other.start()
    yield other
    other.kill()


def test_a_lesson_over_two_processes_has_media_hands_and_the_floor(
    lesson: Booking, second: LiveServer, new_context: NewContext
) -> None:
    teacher = enter(new_context, lesson, "sato", [SMALL_CAMERA])
    rishiri = enter(new_context, lesson, "rishiri-set1", [SMALL_CAMERA])
    rebun = enter(new_context, lesson, "rebun-set1", [SMALL_CAMERA], base_url=second.url)
    wait_for_media(teacher, 2)
    wait_for_media(rebun, 1)

    rebun.get_by_role("button", name="手を挙げる").click()
    teacher.get_by_role("button", name="礼文 受信機材1を指名する").click()

    expect(rebun.locator("#floor-line")).to_contain_text("発言できます")
    wait_for_media(rishiri, 2)
    grown = [leg for page in growth_of_all([teacher, rishiri]) for leg in page]
    assert len(grown) == 4
    assert all(frames > 3 and packets > 20 for frames, packets in grown), str(grown)


def test_a_killed_process_moves_its_peer_to_the_other_and_stops_no_media(
    lesson: Booking, live: LiveServer, second: LiveServer, new_context: NewContext
) -> None:
    teacher = enter(new_context, lesson, "sato", [SMALL_CAMERA])
    rebun = enter(new_context, lesson, "rebun-set1", [SMALL_CAMERA], base_url=second.url)
    wait_for_media(teacher, 1)
    wait_for_media(rebun, 1)

    second.kill()
    while_down = [leg for page in growth_of_all([teacher, rebun]) for leg in page]
    assert all(frames > 3 and packets > 20 for frames, packets in while_down), str(while_down)
    second.start()

    expect(rebun.locator("#connection")).to_have_attribute("data-state", "ok", timeout=20_000)
    expect(teacher.locator("#people-count")).to_have_text("2", timeout=20_000)
    assert [page.evaluate("window.connections.length") for page in (teacher, rebun)] == [1, 1]
