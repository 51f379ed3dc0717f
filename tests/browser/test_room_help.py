"""What a school reads when its line breaks, whom it can call, and what it is asked at the end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from classrooms.models import Lesson, Reception
from realtime.models import HelpCall
from scheduler.models import Booking
from tests.browser.live import LiveServer, NewContext, rows
from tests.browser.rooms import SMALL_CAMERA, enter, wait_for_media
from tests.cast import World
from tests.realtime.lessons import book_lesson

pytestmark = pytest.mark.browser

LARGE = {"width": 1280, "height": 720}


def lesson_since(world: World, minutes: int) -> Booking:
    now = timezone.now()
    return book_lesson(world, now - timedelta(minutes=minutes), now=now)


def with_a_register(booking: Booking, world: World) -> Booking:
    lesson = Lesson.objects.create(booking=booking, section=world.section)
    side = booking.participants.get(organisation=world.rishiri)
    Reception.objects.create(lesson=lesson, participant=side, school=world.rishiri)
    return booking


def test_a_school_calls_for_help_and_reads_who_was_told(
    live: LiveServer, new_context: NewContext, world: World
) -> None:
    lesson = rows(lambda: lesson_since(world, 5))
    school = enter(new_context, lesson, "rishiri-set1", [SMALL_CAMERA], viewport=LARGE)

    school.get_by_role("button", name="応援を呼ぶ").click()
    panel = school.locator("#help-panel")
    panel.get_by_label("映像").check()
    panel.get_by_role("button", name="応援を呼ぶ").click()

    expect(panel.locator("#help-state")).to_contain_text("名に知らせました")
    expect(panel.locator("#help-form")).to_be_hidden()
    assert rows(lambda: HelpCall.objects.get().symptom) == HelpCall.Symptom.PICTURE


def test_panels_of_the_room_take_the_focus_and_close_with_escape(
    live: LiveServer, new_context: NewContext, world: World
) -> None:
    lesson = rows(lambda: lesson_since(world, 5))
    school = enter(new_context, lesson, "rishiri-set1", [SMALL_CAMERA], viewport=LARGE)

    school.locator("#help").click()
    expect(school.locator("#help-form input[type=radio]").first).to_be_focused()
    school.keyboard.press("Escape")
    expect(school.locator("#help-panel")).to_be_hidden()
    expect(school.locator("#help")).to_be_focused()

    school.locator("#more").click()
    school.locator("#chat").click()
    expect(school.locator("#chat-text")).to_be_focused()
    school.keyboard.press("Escape")
    expect(school.locator("#chat-panel")).to_be_hidden()
    expect(school.locator("#chat")).to_be_focused()
    school.keyboard.press("Escape")
    expect(school.locator("#more")).to_have_attribute("aria-expanded", "false")
    expect(school.locator("#more")).to_be_focused()


def test_a_school_takes_its_call_back(live: LiveServer, new_context: NewContext, world: World) -> None:
    lesson = rows(lambda: lesson_since(world, 5))
    school = enter(new_context, lesson, "rishiri-set1", [SMALL_CAMERA], viewport=LARGE)
    school.locator("#help").click()
    panel = school.locator("#help-panel")
    panel.get_by_label("映像").check()
    panel.get_by_role("button", name="応援を呼ぶ").click()

    panel.get_by_role("button", name="もう大丈夫です").click()

    expect(panel.locator("#help-form")).to_be_visible()
    expect(panel.locator("#help-settle")).to_be_hidden()
    assert rows(lambda: HelpCall.objects.filter(answered_at=None).count()) == 0


def test_a_broken_line_says_how_long_what_to_do_and_that_nobody_is_absent(
    live: LiveServer, new_context: NewContext, world: World
) -> None:
    lesson = rows(lambda: lesson_since(world, 5))
    teacher = enter(new_context, lesson, "sato", [SMALL_CAMERA])
    school = enter(new_context, lesson, "rishiri-set1", [SMALL_CAMERA], viewport=LARGE)
    wait_for_media(school, 1)
    expect(school.locator("#outage")).to_be_hidden()

    teacher.close()

    outage = school.locator("#outage")
    expect(outage).to_contain_text("つなぎ直しています", timeout=20_000)
    expect(outage).to_contain_text("欠課にはなりません")
    expect(outage).to_contain_text("011-000-0000")
    expect(school.locator("#stage")).to_have_class("dimmed")


def test_at_the_end_a_school_is_led_to_its_register(
    live: LiveServer, new_context: NewContext, world: World
) -> None:
    lesson = rows(lambda: with_a_register(lesson_since(world, 51), world))

    school = enter(new_context, lesson, "rishiri-set1", [SMALL_CAMERA], viewport=LARGE)
    teacher = enter(new_context, lesson, "sato", [SMALL_CAMERA])

    ending = school.locator("#ending")
    expect(ending).to_contain_text("出欠を確定してください")
    expect(ending.locator(".ending-code svg")).to_be_visible()
    way = ending.get_by_role("link", name="出欠の画面へ").get_attribute("href")
    reception = rows(lambda: Reception.objects.get().pk)
    assert way == reverse("classrooms:register", args=[reception])
    expect(teacher.locator("#ending")).to_have_count(0)
    ending.get_by_role("button", name="閉じる").click()
    expect(ending).to_be_hidden()
