"""A room's page whose files do not all arrive, and devices that do not answer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, Route, expect

from scheduler.models import Booking
from tests.browser.live import LiveServer, NewContext, sign_in
from tests.cast import World
from tests.realtime.lessons import book_lesson

pytestmark = pytest.mark.browser

NO_ANSWER = "navigator.mediaDevices.getUserMedia = () => new Promise(() => {});"
NO_STORE = """
Object.defineProperty(window, "localStorage", {
  get() { throw new DOMException("denied", "SecurityError"); },
});
"""


@pytest.fixture
def lesson(transactional_db: None, world: World) -> Booking:
    now = timezone.now()
    return book_lesson(world, now - timedelta(minutes=5), now=now)


@pytest.fixture
def teacher(live: LiveServer, context: BrowserContext) -> Page:
    return sign_in(context.new_page(), "sato@example.jp")


def test_a_page_of_which_one_file_was_lost_starts_by_itself(lesson: Booking, teacher: Page) -> None:
    lost: list[str] = []

    def lose_one(route: Route) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route.request.url)
            route.abort()

    teacher.route("**/realtime/tiles*.js", lose_one)
    teacher.goto(f"/rooms/{lesson.uid}/")

    expect(teacher.locator("#connection")).to_have_attribute("data-state", "ok", timeout=20_000)
    assert len(lost) == 1


def test_a_page_whose_file_never_comes_says_so(lesson: Booking, teacher: Page) -> None:
    teacher.route("**/realtime/tiles*.js", lambda route: route.abort())
    teacher.goto(f"/rooms/{lesson.uid}/")

    expect(teacher.locator("[data-lost]")).to_be_attached(timeout=30_000)
    notice = teacher.get_by_role("alertdialog")
    expect(notice).to_contain_text("ページの一部が届きませんでした")
    teacher.unroute("**/realtime/tiles*.js")
    notice.get_by_role("link", name="もう一度読み込む").click()
    expect(teacher.locator("#connection")).to_have_attribute("data-state", "ok")


def test_a_page_that_nothing_watches_says_so_as_well(lesson: Booking, teacher: Page) -> None:
    """As when a telephone changes its network: whatever was on its way is lost, and nothing comes anew."""
    teacher.route("**/realtime/*.js", lambda route: route.abort())
    teacher.goto(f"/rooms/{lesson.uid}/")

    notice = teacher.get_by_role("alertdialog")
    expect(notice).to_contain_text("ページの一部が届きませんでした", timeout=30_000)
    teacher.unroute("**/realtime/*.js")
    notice.get_by_role("link", name="もう一度読み込む").click()
    expect(teacher.locator("#connection")).to_have_attribute("data-state", "ok")
    expect(notice).to_be_hidden()


@pytest.mark.parametrize("trouble", [NO_ANSWER, NO_STORE], ids=["devices hang", "no storage"])
def test_devices_keep_nobody_out(
    lesson: Booking, live: LiveServer, new_context: NewContext, trouble: str
) -> None:
    page = sign_in(new_context().new_page(), "sato@example.jp")
    page.add_init_script(trouble)

    page.goto(f"/rooms/{lesson.uid}/")

    expect(page.locator("#connection")).to_have_attribute("data-state", "ok")
