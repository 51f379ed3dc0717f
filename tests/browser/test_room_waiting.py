"""The waiting room of doctors: they knock, are let in, see and hear each other, and are sent back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from scheduler.models import Booking
from tests.browser.live import LiveServer, NewContext, rows
from tests.browser.rooms import SMALL_CAMERA, close_code, enter, growth, wait_for_media
from tests.cast import World
from tests.realtime.conferences import add_doctors, book_conference

pytestmark = pytest.mark.browser

MORI = "利尻島国保病院 森 誠"
UEDA = "利尻島国保病院 上田 翔"


@pytest.fixture
def conference(transactional_db: None, world: World) -> Booking:
    now = timezone.now()
    return book_conference(add_doctors(), now - timedelta(minutes=5), now=now)


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


def let_in(host: Page, name: str) -> None:
    if host.locator("#door-panel").is_hidden():
        host.locator("#door").click()
    host.get_by_role("button", name=f"{name} を通す").click()


def test_doctors_knock_are_let_in_and_sent_back_over_two_processes(
    conference: Booking, second: LiveServer, new_context: NewContext
) -> None:
    mori = enter(new_context, conference, "mori", [SMALL_CAMERA], base_url=second.url)
    expect(mori.get_by_role("heading", level=1)).to_have_text("待合室：カンファレンス")
    expect(mori.locator("#waiting-state")).to_contain_text("主催者はまだ来ていません")
    assert close_code(mori, conference.uid) == 4423

    host = enter(new_context, conference, "abe", [SMALL_CAMERA])
    expect(host.locator("#door-words")).to_have_text(f"{MORI} が待っています", timeout=10_000)
    expect(host).to_have_title("(1) カンファレンス | 遠隔")
    expect(mori.locator("#waiting-state")).to_contain_text("主催者は入室しています", timeout=20_000)
    expect(mori.locator("#check-camera")).to_have_attribute("data-verdict", "ok", timeout=20_000)

    let_in(host, MORI)
    expect(mori.locator("#stage")).to_be_visible()  # it goes there by itself
    wait_for_media(mori, 1)
    wait_for_media(host, 1)
    expect(host.locator("#people")).to_contain_text(MORI)
    expect(host).to_have_title("カンファレンス | 遠隔")
    expect(mori.locator("#notices")).to_contain_text("録音・録画はしません。同席者をはじめに確かめてください")

    mori.reload()
    wait_for_media(mori, 1)

    ueda = enter(new_context, conference, "ueda", [SMALL_CAMERA])
    expect(host.locator("#door")).to_contain_text("待合室（1）", timeout=10_000)
    let_in(host, UEDA)
    expect(ueda.locator("#stage")).to_be_visible()
    wait_for_media(ueda, 2)
    wait_for_media(host, 2)
    host.get_by_role("button", name=f"{MORI} を待合室に戻す").click()

    expect(mori.get_by_role("heading", level=1)).to_have_text("待合室：カンファレンス")
    expect(host.locator("#people-count")).to_have_text("2")
    expect(ueda.locator("#people-count")).to_have_text("2")
    for page in (host, ueda):
        assert all(frames > 3 and sound > 500 for frames, sound in growth(page))
    assert close_code(mori, conference.uid) == 4423
    expect(host.locator("#door-words")).to_have_text(f"{MORI} が待っています", timeout=10_000)


@pytest.mark.parametrize("who", ["hara", "kato", "admin"])
def test_a_stranger_and_another_doctor_of_the_same_hospital_find_no_room(
    conference: Booking, live: LiveServer, new_context: NewContext, who: str
) -> None:
    page = enter(new_context, conference, who)

    assert page.title().startswith("ページがありません")
    assert "カンファレンス" not in page.content()
    for path in ("", "waiting/", "door/"):
        answer = page.request.get(f"{live.url}/rooms/{conference.uid}/{path}")
        assert answer.status == 404
    assert close_code(page, conference.uid) == 4403


def test_who_waits_reads_that_the_line_or_the_right_or_the_conference_is_gone(
    conference: Booking, live: LiveServer, new_context: NewContext
) -> None:
    mori = enter(new_context, conference, "mori")
    ueda = enter(new_context, conference, "ueda")
    expect(mori.locator("#waiting-state")).to_be_visible()
    expect(mori.locator("#waiting-lost")).to_be_hidden()

    live.kill()
    expect(mori.locator("#waiting-lost")).to_be_visible(timeout=20_000)
    live.start()
    expect(mori.locator("#waiting-lost")).to_be_hidden(timeout=20_000)

    side = rows(lambda: conference.participants.get(person__user__email="mori@example.jp"))
    rows(lambda: type(side).objects.filter(pk=side.pk).update(withdrawn_at=timezone.now()))
    expect(mori.locator("#waiting-gone")).to_contain_text("参加者ではなくなりました", timeout=20_000)

    rows(lambda: Booking.objects.filter(pk=conference.pk).update(state=Booking.State.CANCELLED))
    expect(ueda.locator("main")).to_contain_text("行われません", timeout=20_000)
