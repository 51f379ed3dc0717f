"""The register in a real browser: one tap, out of reach and back, two people, the keyboard, the signature."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from classrooms.models import AttendanceMark, Confirmation, Reception, Student
from scheduler.models import Booking, Participant
from tests.browser.live import LiveServer, NewContext, rows, sign_in
from tests.cast import World
from tests.classrooms import registering
from tests.classrooms.dates import coming
from tests.classrooms.teaching import book

pytestmark = pytest.mark.browser
COORDINATOR, STAFF, TEACHER = "nakamura@example.jp", "tanaka@example.jp", "sato@example.jp"


@pytest.fixture
def rishiri(live: LiveServer, world: World) -> Reception:
    """Rishiri's side of a lesson that has just ended, with five pupils."""

    def write() -> Reception:
        registering.add_pupils(world)
        lesson = book(world.section, 2, day=coming())
        start = timezone.now() - timedelta(minutes=52)
        span = {"start": start, "end": start + timedelta(minutes=50)}
        Participant.objects.filter(booking=lesson.pk).update(**span)
        Booking.objects.filter(pk=lesson.pk).update(**span)
        return registering.side(lesson, world.rishiri)

    return rows(write)


def opened(page: Page, reception: Reception, email: str) -> Page:
    sign_in(page, email)
    page.goto(f"/register/{reception.pk}/")
    return page


def row(page: Page, name: str) -> Locator:
    return page.locator("tr[data-student]", has_text=name)


def pressed(page: Page, name: str) -> Locator:
    return row(page, name).locator("button[aria-pressed=true]")


def marks() -> list[tuple[str, str, str]]:
    found = AttendanceMark.objects.order_by("pk").values_list("student__name", "mark", "by__name")
    return [(str(student), str(mark), str(by)) for student, mark, by in found]


def test_one_tap_is_one_change_and_what_others_tap_appears(
    new_context: NewContext, rishiri: Reception
) -> None:
    staff = opened(new_context().new_page(), rishiri, STAFF)
    teacher = opened(new_context().new_page(), rishiri, TEACHER)

    row(staff, "石井 美月").get_by_role("button", name="遅刻").click()
    expect(staff.locator("[data-totals]")).to_have_text("出席 5（遅刻 1 を含む）　欠課 0")
    teacher.bring_to_front()
    expect(pressed(teacher, "石井 美月")).to_have_text("遅刻", timeout=15_000)
    row(teacher, "石井 美月").get_by_role("button", name="欠課").click()
    expect(teacher.locator("[data-totals]")).to_have_text("出席 4　欠課 1")
    staff.bring_to_front()

    expect(pressed(staff, "石井 美月")).to_have_text("欠課", timeout=15_000)
    assert rows(marks) == [("石井 美月", "late", "田中 誠"), ("石井 美月", "absent", "佐藤 直子")]


def test_taps_out_of_reach_are_kept_over_a_reload_and_sent_once(
    new_context: NewContext, rishiri: Reception
) -> None:
    context = new_context(viewport={"width": 360, "height": 780})
    page = opened(context.new_page(), rishiri, COORDINATOR)
    context.set_offline(True)

    row(page, "青山 陸").get_by_role("button", name="遅刻").click()
    row(page, "中村 葵").get_by_role("button", name="欠課").click()
    row(page, "青山 陸").get_by_role("button", name="出席").click()

    expect(page.locator("[data-kept]")).to_have_text("圏外：この端末に保存済み")
    expect(row(page, "中村 葵").locator("[data-unsaved]")).to_be_visible()
    expect(page.locator("[data-short]")).to_have_text("出席 4　欠課 1")
    page.get_by_role("link", name="出欠を確定する").click()
    expect(page.locator("[data-kept]")).to_have_text(
        "この端末にだけある記録があります。保存されてから確定してください。"
    )
    assert rows(marks) == []
    kept = page.evaluate("JSON.stringify(localStorage)")
    assert "中村" not in kept

    # The browser is closed out of reach, and opened again where the line is back.
    page.close()
    context.set_offline(False)
    again = context.new_page()
    again.goto(f"/register/{rishiri.pk}/")

    expect(pressed(again, "中村 葵")).to_have_text("欠課")
    expect(again.locator("[data-kept]")).to_be_hidden()
    assert rows(marks) == [
        ("青山 陸", "late", "中村 葵"), ("中村 葵", "absent", "中村 葵"), ("青山 陸", "present", "中村 葵"),
    ]  # fmt: skip
    assert again.evaluate("Object.keys(localStorage).length") == 0


def test_a_killed_server_loses_no_tap(live: LiveServer, page: Page, rishiri: Reception) -> None:
    opened(page, rishiri, STAFF)
    live.kill()
    row(page, "大野 健太").get_by_role("button", name="遅刻").click()
    expect(page.locator("[data-kept]")).to_have_text("圏外：この端末に保存済み")

    live.start()

    expect(page.locator("[data-kept]")).to_be_hidden(timeout=30_000)
    assert rows(marks) == [("大野 健太", "late", "田中 誠")]


def test_other_marks_and_a_note_by_the_keyboard_alone(page: Page, rishiri: Reception) -> None:
    opened(page, rishiri, STAFF)
    pupil = row(page, "木村 さくら")

    pupil.locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(pupil.locator(".menu")).to_be_hidden()
    expect(pupil.locator("summary")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")  # 早退
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # 公欠

    expect(pupil.locator("summary [data-other]")).to_have_text("公欠")
    pupil.locator("summary").focus()
    page.keyboard.press("Enter")
    pupil.get_by_label("メモ").fill("大会")
    page.keyboard.press("Enter")
    expect(pupil.locator("[data-note]")).to_have_text("大会")
    expect(page.locator("[data-kept]")).to_be_hidden()
    assert rows(marks) == [("木村 さくら", "official", "田中 誠")] * 2


def test_the_school_signs_and_then_a_change_says_why(page: Page, rishiri: Reception) -> None:
    opened(page, rishiri, COORDINATOR)
    row(page, "石井 美月").get_by_role("button", name="遅刻").click()
    expect(page.locator("[data-totals]")).to_contain_text("遅刻 1")
    page.get_by_role("button", name="中村 葵（教頭）が立ち会いました").click()

    page.get_by_role("link", name="出欠を確定する").click()
    page.get_by_label("授業を行った").check()
    page.get_by_role("button", name="出欠を確定する").click()

    expect(page.locator(".titlebar .chip")).to_contain_text("中村 葵（教頭）")
    pupil = row(page, "石井 美月")
    pupil.locator("summary").click()
    pupil.get_by_label("出欠").select_option("present")
    pupil.get_by_label("理由").fill("バスの遅れのため")
    pupil.get_by_role("button", name="直す（前の記録も残る）").click()
    expect(page.locator(".changes")).to_contain_text("遅刻 → 出席")
    assert rows(lambda: Confirmation.objects.get().content["pupils"][1]["mark"]) == "late"


def test_a_tap_after_the_school_has_confirmed_is_told_and_stays_until_it_is_read(
    new_context: NewContext, rishiri: Reception
) -> None:
    teacher = opened(new_context().new_page(), rishiri, TEACHER)
    school = opened(new_context().new_page(), rishiri, COORDINATOR)
    school.get_by_role("link", name="出欠を確定する").click()
    school.get_by_role("button", name="出欠を確定する").click()
    expect(school.locator(".titlebar .chip")).to_contain_text("確定")

    row(teacher, "青山 陸").get_by_role("button", name="遅刻").click()

    refused = teacher.locator("[data-refused]")
    expect(refused).to_contain_text("青山 陸: 遅刻")
    expect(refused).to_contain_text("理由")
    teacher.reload()
    expect(teacher.locator(".titlebar .chip")).to_contain_text("中村 葵（教頭）")
    expect(refused).to_contain_text("青山 陸: 遅刻")
    refused.get_by_role("button", name="確認しました").click()
    expect(refused).to_be_hidden()
    assert teacher.evaluate("Object.keys(localStorage).length") == 0
    assert rows(marks) == []


def test_an_open_page_learns_that_the_school_has_confirmed_once_its_refusals_are_read(
    new_context: NewContext, rishiri: Reception
) -> None:
    teacher = opened(new_context().new_page(), rishiri, TEACHER)
    school = opened(new_context().new_page(), rishiri, COORDINATOR)
    school.get_by_role("link", name="出欠を確定する").click()
    school.get_by_role("button", name="出欠を確定する").click()
    row(teacher, "青山 陸").get_by_role("button", name="遅刻").click()

    teacher.get_by_role("button", name="確認しました").click()

    expect(teacher.locator(".titlebar .chip")).to_contain_text("中村 葵（教頭）", timeout=15_000)


def test_a_tap_kept_out_of_reach_asks_before_it_overrules_a_newer_one(
    new_context: NewContext, rishiri: Reception
) -> None:
    context = new_context(viewport={"width": 360, "height": 780})
    staff = opened(context.new_page(), rishiri, STAFF)
    teacher = opened(new_context().new_page(), rishiri, TEACHER)
    context.set_offline(True)
    row(staff, "石井 美月").get_by_role("button", name="遅刻").click()
    row(teacher, "石井 美月").get_by_role("button", name="欠課").click()
    expect(teacher.locator("[data-totals]")).to_have_text("出席 4　欠課 1")

    context.set_offline(False)

    refused = staff.locator("[data-refused]")
    expect(refused).to_contain_text(
        "その後、佐藤 直子が「欠課」にしました。「遅刻」にしますか。", timeout=15_000
    )
    expect(pressed(staff, "石井 美月")).to_have_text("欠課")
    refused.get_by_role("button", name="「遅刻」にする").click()
    expect(pressed(staff, "石井 美月")).to_have_text("遅刻")
    expect(refused).to_be_hidden()
    expect(staff.locator("[data-kept]")).to_be_hidden()
    assert rows(marks) == [("石井 美月", "absent", "佐藤 直子"), ("石井 美月", "late", "田中 誠")]


def test_paper_says_what_the_screen_says_without_loading_anew(page: Page, rishiri: Reception) -> None:
    opened(page, rishiri, STAFF)
    row(page, "石井 美月").get_by_role("button", name="欠課").click()

    page.emulate_media(media="print")

    expect(row(page, "石井 美月").locator(".choose .only-print")).to_have_text("欠課")
    expect(row(page, "石井 美月").locator(".choose .only-print")).to_be_visible()


def test_a_change_with_its_reason_moves_no_column_of_a_confirmed_register(
    page: Page, rishiri: Reception
) -> None:
    opened(page, rishiri, COORDINATOR)
    page.get_by_role("link", name="出欠を確定する").click()
    page.get_by_role("button", name="出欠を確定する").click()
    heads = page.locator("table.pupils thead th")
    before = [each.bounding_box() for each in heads.all()]
    summary = row(page, "石井 美月").locator("summary")
    box = summary.bounding_box()
    assert box
    assert box["width"] > 2 * box["height"]

    summary.click()

    expect(row(page, "石井 美月").get_by_label("理由")).to_be_visible()
    assert [each.bounding_box() for each in heads.all()] == before


def test_a_phone_says_from_when_a_running_lesson_can_be_confirmed(
    new_context: NewContext, rishiri: Reception
) -> None:
    def run_on() -> None:
        end = timezone.now() + timedelta(minutes=20)
        Participant.objects.filter(booking=rishiri.lesson_id).update(end=end)
        Booking.objects.filter(pk=rishiri.lesson_id).update(end=end)

    rows(run_on)
    context = new_context(viewport={"width": 360, "height": 780})

    page = opened(context.new_page(), rishiri, COORDINATOR)

    expect(page.locator(".deciding").get_by_text("から確定できます")).to_be_in_viewport()


@pytest.mark.parametrize("javascript", [True, False])
def test_forty_one_pupils_with_long_names_fit_every_width(
    new_context: NewContext, rishiri: Reception, world: World, javascript: bool
) -> None:
    def fill() -> None:
        for seat in range(6, 42):
            registering.add_pupil(
                world.rishiri, f"二十四文字もある長い氏名の生徒番号{seat:07}", seat, section=world.section
            )
        Student.objects.filter(name="青山 陸").update(name="Maximiliane Hohenzollern")

    rows(fill)
    for width in (1280, 640, 360):
        context = new_context(viewport={"width": width, "height": 780}, java_script_enabled=javascript)
        page = opened(context.new_page(), rishiri, STAFF)

        assert page.locator("tr[data-student]").count() == 41
        over = (
            page.locator("html").evaluate("root => root.scrollWidth - root.clientWidth") if javascript else 0
        )
        assert over <= 0, width
        row(page, "Maximiliane").get_by_role("button", name="欠課").click()
        expect(pressed(page, "Maximiliane")).to_have_text("欠課")
        expect(page.locator("[data-kept]")).to_be_hidden()
        context.close()
    assert len(rows(marks)) == 3
