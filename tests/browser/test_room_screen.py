"""The teacher shares a screen: it arrives on the connection that is there, large and beside the camera."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from scheduler.models import Booking
from tests.browser.live import LiveServer, NewContext
from tests.browser.rooms import SMALL_CAMERA, enter, wait_for_media
from tests.cast import World
from tests.realtime.lessons import book_lesson

pytestmark = pytest.mark.browser

LARGE = {"width": 1280, "height": 720}
# A machine of the tests has no display: what is shared is painted here, as large as a screen.
PAINTED_SCREEN = """
navigator.mediaDevices.getDisplayMedia = async (wanted) => {
  window.wanted = wanted;
  const canvas = Object.assign(document.createElement("canvas"), {width: 1280, height: 720});
  const brush = canvas.getContext("2d");
  let n = 0;
  setInterval(() => {
    brush.fillStyle = "white";
    brush.fillRect(0, 0, 1280, 720);
    brush.fillStyle = "black";
    brush.font = "80px sans-serif";
    brush.fillText(`y = x² − 4x + 3  ${(n += 1)}`, 100, 300);
  }, 200);
  return canvas.captureStream(5);
};
"""


@pytest.fixture
def lesson(transactional_db: None, world: World) -> Booking:
    now = timezone.now()
    return book_lesson(world, now - timedelta(minutes=5), now=now)


def test_a_shared_screen_is_large_at_the_school_and_the_teacher_stays_in_sight(
    lesson: Booking, live: LiveServer, new_context: NewContext
) -> None:
    teacher = enter(new_context, lesson, "sato", [SMALL_CAMERA, PAINTED_SCREEN])
    school = enter(new_context, lesson, "rishiri-set1", [SMALL_CAMERA], viewport=LARGE)
    wait_for_media(school, 1)
    expect(school.locator("#stage")).to_have_js_property("videoWidth", 320)

    teacher.get_by_role("button", name="共有する").click()

    expect(school.locator("#stage-name")).to_contain_text("佐藤先生の画面")
    expect(school.locator("#stage")).to_have_js_property("videoWidth", 1280, timeout=20_000)
    tile = school.locator(".tile:has(b:text('佐藤先生'))")
    expect(tile).to_be_visible()
    expect(tile.locator("video")).to_have_js_property("videoWidth", 320)
    expect(teacher.locator("#stage")).to_have_js_property("videoWidth", 1280)
    wanted = teacher.evaluate("window.wanted.video")
    assert (wanted["width"], wanted["height"], wanted["frameRate"]) == (
        {"max": 1280},
        {"max": 720},
        {"max": 5},
    )

    school.get_by_role("button", name="先生を大きく").click()
    expect(school.locator("#stage")).to_have_js_property("videoWidth", 320, timeout=20_000)
    school.get_by_role("button", name="元の表示に戻す").click()
    teacher.get_by_role("button", name="共有を止める").click()

    expect(school.locator("#stage-name")).not_to_contain_text("画面")
    expect(school.locator("#stage")).to_have_js_property("videoWidth", 320)
    # Nothing of this was negotiated anew.
    assert [page.evaluate("window.connections.length") for page in (teacher, school)] == [1, 1]


def test_who_comes_while_a_screen_is_shared_sees_it_and_a_school_shares_none(
    lesson: Booking, live: LiveServer, new_context: NewContext
) -> None:
    teacher = enter(new_context, lesson, "sato", [SMALL_CAMERA, PAINTED_SCREEN])
    teacher.get_by_role("button", name="共有する").click()
    expect(teacher.get_by_role("button", name="共有を止める")).to_be_visible()

    school = enter(new_context, lesson, "rishiri-set1", [SMALL_CAMERA], viewport=LARGE)

    expect(school.locator("#stage")).to_have_js_property("videoWidth", 1280, timeout=30_000)
    school.get_by_role("button", name="ほかの操作").click()
    expect(school.get_by_role("button", name="共有する")).to_have_count(0)


def test_where_the_browser_cannot_share_there_is_no_button(
    lesson: Booking, live: LiveServer, new_context: NewContext
) -> None:
    telephone = "delete MediaDevices.prototype.getDisplayMedia;"

    teacher = enter(new_context, lesson, "sato", [SMALL_CAMERA, telephone])

    expect(teacher.locator("#connection")).to_have_attribute("data-state", "ok")
    expect(teacher.get_by_role("button", name="共有する")).to_have_count(0)
