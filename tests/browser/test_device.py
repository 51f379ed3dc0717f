"""The receiving room's own device and the telephone beside it: real server, real browsers, real media."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from realtime.models import DeviceStatus, HelpCall, Visit
from scheduler.models import Booking
from tests.browser.live import LiveServer, NewContext, rows, sign_in
from tests.browser.rooms import REMEMBER_CONNECTIONS, wait_for_media
from tests.browser.test_pages import AXE, axe_findings
from tests.cast import World
from tests.realtime.lessons import book_lesson

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
LARGE = {"width": 1280, "height": 720}
PHONE = {"width": 360, "height": 740}
# What a telephone must never do: take a microphone, or enter the room.
WATCHES = """
window.microphones = 0;
window.sockets = 0;
const ask = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
if (ask) navigator.mediaDevices.getUserMedia = (wanted) => { window.microphones += 1; return ask(wanted); };
const Socket = window.WebSocket;
window.WebSocket = class extends Socket { constructor(...given) { super(...given); window.sockets += 1; } };
"""


@pytest.fixture
def lesson(transactional_db: None, world: World) -> Booking:
    """A lesson that begins in ten minutes, so its room is open and the checks run."""
    now = timezone.now()
    return book_lesson(world, now + timedelta(minutes=10), now=now)


@pytest.fixture
def opened(lesson: Booking, live: LiveServer, new_context: NewContext) -> Open:
    """A page of this account, in a profile of its own."""

    def go(who: str, path: str, **options: object) -> Page:
        context = new_context(**options)
        context.add_init_script(REMEMBER_CONNECTIONS + WATCHES)
        page = sign_in(context.new_page(), f"{who}@example.jp")
        page.goto(path)
        return page

    return go


def room(lesson: Booking) -> str:
    return f"/rooms/{lesson.uid}/"


def test_one_press_on_the_telephone_starts_the_rooms_device(opened: Open, lesson: Booking) -> None:
    teacher = opened("sato", room(lesson))
    device = opened("rishiri-set1", "/device/", viewport=LARGE)
    for check, found in (("camera", "映っています"), ("microphone", "音が入っています"), ("line", "往復")):
        expect(device.locator(f"#check-{check}")).to_contain_text(found)
    phone = opened("tanaka", room(lesson), viewport=PHONE)
    expect(phone.locator("#room-state")).to_contain_text("確認済み")
    assert phone.locator(".stand-in").count() == 0

    phone.get_by_role("button", name="教室の端末で始める").click()
    device.wait_for_url(f"**{room(lesson)}", timeout=6000)

    wait_for_media(device, 1)
    wait_for_media(teacher, 1)
    expect(teacher.locator("#tiles")).to_contain_text("利尻")
    expect(phone.locator("#room-state")).to_contain_text("入室中")
    assert phone.evaluate("[window.microphones, window.sockets, window.connections.length]") == [0, 0, 0]
    assert rows(lambda: Visit.objects.filter(user__email="tanaka@example.jp").count()) == 0


def test_a_device_that_leaves_waits_again_and_is_not_sent_back(opened: Open, lesson: Booking) -> None:
    device = opened("rishiri-set1", "/device/", viewport=LARGE)
    device.get_by_role("link", name="教室に入る").click()
    device.wait_for_url(f"**{room(lesson)}")
    expect(device.locator("#connection")).to_have_attribute("data-state", "ok")

    device.get_by_role("button", name="退室").click()

    device.wait_for_url("**/device/")
    expect(device.locator("#contact")).to_have_attribute("data-state", "ok")
    device.wait_for_timeout(4000)
    assert device.url.endswith("/device/")


def test_the_waiting_page_says_that_the_centre_is_away_and_comes_back(
    opened: Open, lesson: Booking, live: LiveServer
) -> None:
    device = opened("rishiri-set1", "/device/", viewport=LARGE)
    expect(device.locator("#contact")).to_have_attribute("data-state", "ok")

    live.kill()
    expect(device.locator("#contact")).to_contain_text("センターとつながっていません")
    expect(device.locator("#check-line")).to_contain_text("回線 つながっていません")
    live.start()

    expect(device.locator("#contact")).to_have_attribute("data-state", "ok", timeout=40_000)
    expect(device.locator("#check-line")).to_contain_text("往復")
    assert rows(lambda: DeviceStatus.objects.get().seen_at) > timezone.now() - timedelta(seconds=20)


def test_the_speaker_is_tried_by_ear_where_no_microphone_hears_it(opened: Open, lesson: Booking) -> None:
    device = opened("rishiri-set1", "/device/", viewport=LARGE)

    device.get_by_role("button", name="音を鳴らす").click()
    expect(device.locator("#check-speaker")).to_contain_text("音が聞こえましたか")
    device.get_by_role("button", name="聞こえない").click()

    expect(device.locator("#check-speaker")).to_contain_text("音量とケーブル")
    phone = opened("tanaka", room(lesson), viewport=PHONE)
    expect(phone.locator("#room-state")).to_contain_text("確認で問題が見つかりました")


def test_a_blocked_camera_is_named_to_the_staff(
    opened: Open, lesson: Booking, new_context: NewContext
) -> None:
    context = new_context(viewport=LARGE)
    context.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'))"
    )
    device = sign_in(context.new_page(), "rishiri-set1@example.jp")
    device.goto("/device/")

    expect(device.locator("#check-camera")).to_contain_text("止められています")
    teacher = opened("sato", "/")
    expect(teacher.locator("body")).not_to_contain_text("確認済み")


def test_the_lesson_that_is_cancelled_meanwhile_leaves_the_waiting_page(
    opened: Open, lesson: Booking
) -> None:
    device = opened("rishiri-set1", "/device/", viewport=LARGE)
    expect(device.locator("#coming")).to_contain_text("数学Ⅱ")

    rows(lambda: Booking.objects.filter(pk=lesson.pk).update(state=Booking.State.CANCELLED))

    expect(device.locator("#coming")).to_contain_text("授業予定はありません", timeout=30_000)


def test_help_called_on_the_telephone_is_answered_on_the_centres_today(opened: Open, lesson: Booking) -> None:
    phone = opened("tanaka", room(lesson), viewport=PHONE)
    centre = opened("suzuki", "/")
    phone.get_by_label("声が届かない").check()
    phone.wait_for_timeout(6000)  # what is chosen stays while the page keeps itself fresh
    expect(phone.get_by_label("声が届かない")).to_be_checked()
    phone.get_by_role("button", name="応援を呼ぶ").click()
    expect(phone.locator("#help-state")).to_contain_text("3名に知らせました")

    expect(centre.locator("#waiting")).to_contain_text("応援：利尻 受信機材1（声が届かない）", timeout=30_000)
    centre.get_by_role("button", name="行きます").click()

    expect(phone.locator("#help-state")).to_contain_text("鈴木 和也さんが対応します")
    answered = rows(lambda: HelpCall.objects.filter(answered_by__email="suzuki@example.jp").exists())
    assert answered


def test_staff_at_a_computer_may_make_it_the_device_where_none_is(opened: Open, lesson: Booking) -> None:
    teacher = opened("sato", room(lesson))
    computer = opened("tanaka", room(lesson))

    computer.get_by_role("link", name="このパソコンを教室の端末にする").click()

    wait_for_media(computer, 1)
    wait_for_media(teacher, 1)
    phone = opened("nakamura", room(lesson), viewport=PHONE)
    expect(phone.get_by_role("link", name="このパソコンを教室の端末にする")).to_be_hidden()


@pytest.mark.skipif(not AXE.exists() and not os.environ.get("CI"), reason="npm ci has not run")
def test_the_pages_are_accessible_and_fit_their_screens(opened: Open, lesson: Booking) -> None:
    device = opened("rishiri-set1", "/device/", viewport=LARGE)
    expect(device.locator("#check-microphone")).to_contain_text("音が入っています")
    phone = opened("tanaka", room(lesson), viewport=PHONE)
    check = opened("sato", "/rooms/check/", viewport=PHONE)
    expect(check.locator("#check-line")).to_contain_text("往復")

    found = {}
    for name, page in (("device", device), ("telephone", phone), ("check", check)):
        for width, height in ((1280, 720), (640, 400), (360, 740)):
            page.set_viewport_size({"width": width, "height": height})
            beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            problems = axe_findings(page) + ([f"{beyond} px too wide"] if beyond > 0 else [])
            if problems:
                found[f"{name} {width}"] = problems
    assert found == {}
    device.set_viewport_size({"width": LARGE["width"], "height": LARGE["height"]})
    assert device.evaluate("document.documentElement.scrollHeight") <= 720
    small = device.evaluate(
        """[...document.querySelectorAll("body *")].filter((one) => one.checkVisibility()
          && [...one.childNodes].some((part) => part.nodeType === 3 && part.textContent.trim())
          && parseFloat(getComputedStyle(one).fontSize) < 28).map((one) => one.textContent.trim())"""
    )
    assert [words for words in small if not re.fullmatch(r"[{\[].*", words, re.DOTALL)] == []
