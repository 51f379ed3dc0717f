"""Booking a slot in a real browser: taken, refused, another time taken; by mouse and by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from classrooms.models import Lesson
from tests.browser.live import LiveServer, NewContext, rows, sign_in
from tests.cast import World, at
from tests.classrooms import teaching
from tests.classrooms.dates import coming

pytestmark = pytest.mark.browser


def _planner(world: World) -> str:
    return f"/book/?section={world.section.pk}&date={coming()}"


def _take_the_second_period(world: World) -> None:
    """Somebody is quicker, while the page is open."""
    rows(lambda: teaching.book(world.section, 2, day=coming(), by=world.suzuki))


def _starts() -> list[str]:
    found = rows(lambda: [lesson.booking.start for lesson in Lesson.objects.select_related("booking")])
    return sorted(start.isoformat() for start in found)


def test_teacher_books_is_refused_and_takes_an_alternative_with_the_mouse(
    live: LiveServer, page: Page, world: World
) -> None:
    sign_in(page, "sato@example.jp")
    page.goto(_planner(world))
    page.locator(".win", has_text="45分").nth(1).click()
    expect(page.locator("#chosen-title")).to_have_text("木曜 2校時")
    _take_the_second_period(world)

    page.get_by_role("button", name="2校時で予約する").click()

    expect(page.locator("#refused")).to_be_focused()
    expect(page.locator("#refused")).to_contain_text("何も変わっていません")
    expect(page.locator(".alt")).to_have_count(3)
    page.locator(".alt").first.click()
    take = page.locator("#take")
    expect(take).to_contain_text("8:45–9:40 で予約する")
    take.click()
    expect(page).to_have_url(f"{live.url}/lessons/{_uid_at('8:45')}/")
    expect(page.locator(".messages")).to_contain_text("を予約しました")
    day = coming()
    assert _starts() == [at("8:45", day).isoformat(), at("9:45", day).isoformat()]


def _uid_at(clock: str) -> str:
    start = at(clock, coming())
    return rows(lambda: str(Lesson.objects.get(booking__start=start).booking.uid))


def test_teacher_books_is_refused_and_takes_an_alternative_by_keyboard_alone(
    live: LiveServer, page: Page, world: World
) -> None:
    sign_in(page, "sato@example.jp")
    page.goto(_planner(world))

    _tab_to(page, ".win[title^='9:50']")
    page.keyboard.press("Enter")
    expect(page.locator("#chosen-title")).to_have_text("木曜 2校時")
    _take_the_second_period(world)
    # The chosen time has the focus: its button is the next stop.
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="2校時で予約する")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("#refused")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".alt input:checked")).to_be_focused()
    page.keyboard.press("ArrowUp")
    words = page.locator("#take").inner_text()
    page.keyboard.press("Tab")
    expect(page.locator("#take")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator(".messages")).to_contain_text("を予約しました")
    expect(page.locator(".lesson-when")).to_have_text(words.removesuffix(" で予約する"))
    assert len(_starts()) == 2


def _tab_to(page: Page, selector: str, *, most: int = 60) -> None:
    for _stop in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not among the first {most} stops of the keyboard")


def test_booking_works_without_scripts(live: LiveServer, new_context: NewContext, world: World) -> None:
    page = new_context(java_script_enabled=False).new_page()
    sign_in(page, "sato@example.jp")
    page.goto(_planner(world))
    page.locator(".win", has_text="45分").nth(1).click()
    _take_the_second_period(world)

    page.get_by_role("button", name="2校時で予約する").click()
    page.get_by_role("button", name="選んだ時間で予約する").click()

    expect(page.locator(".messages")).to_contain_text("を予約しました")
    assert len(_starts()) == 2


def test_a_press_without_a_connection_stays_on_its_page_and_is_made_again(
    live: LiveServer, page: Page, world: World
) -> None:
    sign_in(page, "sato@example.jp")
    page.goto(_planner(world))
    page.locator(".win", has_text="45分").nth(1).click()
    press = page.get_by_role("button", name="2校時で予約する")

    page.context.set_offline(True)
    press.click()

    expect(page.locator("#offline")).to_be_focused()
    expect(page.locator("#offline")).to_contain_text("送信していません")
    assert not _starts()
    page.context.set_offline(False)
    expect(page.locator("#offline")).to_be_hidden()
    press.click()
    expect(page.locator(".messages")).to_contain_text("を予約しました")
    assert len(_starts()) == 1


def test_planner_on_a_phone_turns_its_axis_and_keeps_its_windows_pressable(
    live: LiveServer, new_context: NewContext, world: World
) -> None:
    page = new_context(viewport={"width": 360, "height": 740}).new_page()
    sign_in(page, "sato@example.jp")
    page.goto(_planner(world))

    boxes = [window.bounding_box() for window in page.locator(".win").all()]
    width = page.evaluate("document.documentElement.scrollWidth")

    assert width == 360
    tops = [box["y"] for box in boxes if box]
    assert tops == sorted(tops)
    assert len({box["x"] for box in boxes if box}) == 1
    assert all(box and box["height"] >= 44 and box["width"] >= 44 for box in boxes)
    page.locator(".win").nth(5).click()
    expect(page.locator("#chosen-title")).to_be_in_viewport()


def test_planner_draws_time_to_the_minute(live: LiveServer, page: Page, world: World) -> None:
    sign_in(page, "sato@example.jp")
    page.goto(_planner(world))

    lane = page.locator(".row.school .lane").first.bounding_box()
    bells = [bell.bounding_box() for bell in page.locator(".row.school").first.locator(".bell").all()]

    assert lane
    per_minute = lane["width"] / page.evaluate(
        "Number(getComputedStyle(document.querySelector('.planner-axis')).getPropertyValue('--span'))"
    )
    first, second, fifth = bells[0], bells[1], bells[4]
    assert first
    assert second
    assert fifth
    assert first["width"] == pytest.approx(50 * per_minute, abs=0.5)
    assert second["x"] - first["x"] == pytest.approx(60 * per_minute, abs=0.5)
    assert fifth["x"] - first["x"] == pytest.approx((4 * 60 + 35) * per_minute, abs=0.5)


def test_picker_finds_a_school_by_its_reading_while_typing(
    live: LiveServer, page: Page, world: World
) -> None:
    sign_in(page, "sato@example.jp")
    page.goto(f"{_planner(world)}&of={world.section.pk}&schools={world.rebun.pk}")
    page.locator(".picker summary").click()

    page.fill("#picker-q", "リシ")

    expect(page.locator(".picker label.check:visible")).to_have_text(["利尻", "礼文"])
    page.get_by_label("利尻", exact=True).check()
    page.get_by_role("button", name="選んだ学校で時間を見る").click()
    expect(page.locator(".chosen-schools li")).to_have_count(2)
