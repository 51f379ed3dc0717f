"""Whoever looks on at a lesson disturbs nobody: without camera and microphone, and never large unasked."""

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

COUNTS_DEVICES = """
window.asked = [];
const devices = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = (wanted) => { window.asked.push(wanted); return devices(wanted); };
"""


@pytest.fixture
def lesson(transactional_db: None, world: World) -> Booking:
    now = timezone.now()
    return book_lesson(world, now - timedelta(minutes=5), now=now)


def test_an_observer_is_asked_for_no_device_and_stands_on_no_stage(
    lesson: Booking, live: LiveServer, new_context: NewContext
) -> None:
    teacher = enter(new_context, lesson, "sato", [SMALL_CAMERA])
    observer = enter(new_context, lesson, "suzuki", [COUNTS_DEVICES])
    expect(observer.locator("#self-name")).to_have_text("わたし（見学）")
    wait_for_media(observer, 1)

    expect(teacher.locator("#tiles .caption b")).to_have_text(["見学 鈴木 和也（配信センター）"])
    expect(teacher.locator("#stage-words")).to_have_text("まだ見学の人だけが入室しています。")
    assert observer.evaluate("window.asked.length") == 0

    observer.get_by_role("button", name="映像を出す").click()
    expect(teacher.locator("#tiles .blank")).to_be_hidden()
    assert observer.evaluate("window.asked.map(({audio}) => audio)") == [False]
    expect(teacher.locator("#stage-name")).to_be_hidden()
