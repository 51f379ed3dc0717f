"""One direction of one connection falls silent: both ends name it, and it alone is made anew."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from scheduler.models import Booking
from tests.browser.live import LiveServer, NewContext
from tests.browser.rooms import SMALL_CAMERA, enter, growth_of_all, peer_id, wait_for_media
from tests.cast import World
from tests.realtime.lessons import book_lesson

pytestmark = pytest.mark.browser

# As a driver does it that has lost its way: the page is told nothing, and sends nothing.
FALL_SILENT = """
() => {
  const [open] = window.connections.filter(({connectionState}) => connectionState === "connected");
  for (const sender of open.getSenders()) void sender.replaceTrack(null);
}
"""
# A connection of which one end is gone without a word.
CLOSE = """
() => window.connections.find(({connectionState}) => connectionState === "connected").close()
"""
STANDING = """
() => window.connections.map((connection, place) => [connection.connectionState, place])
  .filter(([state]) => state === "connected").map(([, place]) => place)
"""


@pytest.fixture
def lesson(transactional_db: None, world: World) -> Booking:
    now = timezone.now()
    return book_lesson(world, now - timedelta(minutes=5), now=now)


@pytest.fixture
def pages(lesson: Booking, live: LiveServer, new_context: NewContext) -> tuple[Page, Page, Page]:
    """The teacher, Rishiri and Rebun, with media."""
    who = ("sato", "rishiri-set1", "rebun-set1")
    teacher, rishiri, rebun = (enter(new_context, lesson, each, [SMALL_CAMERA]) for each in who)
    wait_for_media(teacher, 2)
    wait_for_media(rishiri, 1)
    wait_for_media(rebun, 1)
    expect(rishiri.locator("#voice")).to_contain_text("先生に声が届いています")
    # A connection is left alone for 15 seconds after it was made.
    teacher.wait_for_timeout(12_000)
    return teacher, rishiri, rebun


def test_a_school_that_falls_silent_is_named_at_both_ends_and_its_leg_alone_is_renewed(
    pages: tuple[Page, Page, Page],
) -> None:
    teacher, rishiri, rebun = pages
    before = teacher.evaluate(STANDING)

    rishiri.evaluate(FALL_SILENT)

    named = "利尻の音声が届いていません。この回線だけつなぎ直しています"
    expect(teacher.locator("#notices")).to_contain_text(named, timeout=10_000)
    expect(rishiri.locator("#notices")).to_contain_text(
        "こちらの声が佐藤先生に届いていません", timeout=10_000
    )
    expect(teacher.locator("#notices li")).to_have_count(0, timeout=20_000)
    expect(rishiri.locator("#notices li")).to_have_count(0, timeout=20_000)
    grown = [leg for page in growth_of_all(pages_of_media(pages)) for leg in page]
    assert all(frames > 3 and packets > 20 for frames, packets in grown), str(grown)
    # Of the teacher's two connections one stands as it stood, and one was made since.
    after = teacher.evaluate(STANDING)
    assert len(set(before) & set(after)) == 1
    assert len(after) == 2
    assert rebun.evaluate("window.connections.length") == 1


def test_a_connection_whose_one_end_is_gone_comes_back_by_itself(pages: tuple[Page, Page, Page]) -> None:
    teacher, rishiri, rebun = pages
    me = peer_id(rishiri)

    rishiri.evaluate(CLOSE)

    tile = teacher.locator(f"[data-peer='{me}'] .rung")
    expect(tile).to_contain_text("つなぎ直し中", timeout=10_000)
    wait_for_media(rishiri, 1)
    wait_for_media(teacher, 2)
    assert peer_id(rishiri) == me
    assert rebun.evaluate("window.connections.length") == 1


def pages_of_media(pages: tuple[Page, Page, Page]) -> list[Page]:
    for page, count in zip(pages, (2, 1, 1), strict=True):
        wait_for_media(page, count)
    return list(pages)
