"""A consultation the whole way in real Chromium, by the keyboard alone: asked, offered, taken, held with
picture and sound, advised, read, closed. Nobody else opens the case or its room."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from clinics import conferences, consultations
from clinics.models import Consultation
from tests.browser.live import LiveServer, NewContext, rows, sign_in
from tests.browser.rooms import SMALL_CAMERA, enter, wait_for_media
from tests.clinics import cast
from tests.clinics.cast import Doctors
from tests.clinics.test_request_pages import photo

pytestmark = pytest.mark.browser
MOST_TABS = 120


@pytest.fixture
def doctors(live: LiveServer) -> Doctors:
    return rows(cast.build)


def tabbed_to(page: Page, wanted: Locator) -> Locator:
    """Goes on with Tab until it has the focus."""
    for _ in range(MOST_TABS):
        if wanted.evaluate("element => element === document.activeElement"):
            return wanted
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not come to {wanted}")


def pressed(page: Page, name: str, role: str = "button") -> None:
    found = page.get_by_role(role, name=name, exact=True).first  # type: ignore[arg-type]  # a role's name
    expect(found).to_be_visible()
    tabbed_to(page, found)
    page.keyboard.press("Enter")


def typed(page: Page, selector: str, text: str) -> None:
    tabbed_to(page, page.locator(selector))
    page.keyboard.type(text)


def picked(page: Page, selector: str, value: object) -> None:
    """An option of a list, by the arrows."""
    field = tabbed_to(page, page.locator(selector))
    for _ in range(30):
        if field.input_value() == str(value):
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"the arrows do not come to {value}")


def chosen(page: Page, selector: str) -> None:
    """A radio button of a group: Tab comes to the group, Space takes what it stands on, arrows go on."""
    wanted = page.locator(selector)
    group = f'[name="{wanted.get_attribute("name")}"]'
    for _ in range(MOST_TABS):
        if page.evaluate("group => document.activeElement.matches(group)", group):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    for _ in range(8):
        if wanted.is_checked():
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"the arrows do not come to {selector}")


def case() -> Consultation:
    return rows(lambda: Consultation.objects.select_related("conference").get())


def soon() -> datetime:
    """The next five minutes' mark that is a minute ahead: the room is open by then."""
    at = timezone.now() + timedelta(minutes=1)
    return (at + timedelta(minutes=5 - at.minute % 5)).replace(second=0, microsecond=0)


def page_of(new_context: NewContext, who: str, path: str) -> Page:
    page = sign_in(new_context().new_page(), f"{who}@example.jp")
    page.goto(path)
    return page


def ask(page: Page, doctors: Doctors) -> None:
    pressed(page, "新しい相談", "link")
    expect(page.get_by_role("heading", level=1)).to_have_text("新しい相談")
    chosen(page, 'input[name=urgency][value="routine"]')
    chosen(page, f'input[name=specialty][value="{doctors.dermatology.pk}"]')
    typed(page, "#request-question", "治りにくい湿疹の薬")
    picked(page, "#request-age_band", "60s")
    expect(page.locator("[data-kept]")).to_contain_text("下書きを保存しました")
    picked(page, "#request-sex", "female")
    typed(page, "#request-local_number", "K-77")
    chosen(page, 'input[name=patient_present][value="no"]')
    picked(page, "#request-consent_basis", "oral")
    typed(page, "#request-summary", "三か月前から")
    pressed(page, "この内容で依頼する")
    expect(page.get_by_role("heading", name="皮膚科への相談")).to_be_visible()
    expect(page).to_have_title(f"相談 {case().number} | 遠隔")


def offer(page: Page) -> datetime:
    start = soon()
    local = timezone.localtime(start)
    pressed(page, "日時を提案する", "link")
    field = page.locator("#times-start_1")
    tabbed_to(page, field)
    field.fill(local.strftime("%Y-%m-%dT%H:%M"))  # its own parts differ by the machine's language
    pressed(page, "この日時を提案する")
    expect(page.locator(".messages")).to_contain_text("日時を提案し、確保しました")
    return start


def meet(new_context: NewContext) -> None:
    """Both in the room with picture and sound; the clock's job finds them there."""
    booking = case().conference
    assert booking is not None
    miura = enter(new_context, booking, "miura", [SMALL_CAMERA])
    abe = enter(new_context, booking, "abe", [SMALL_CAMERA])
    expect(abe.locator("#door-words")).to_contain_text("三浦 拓也", timeout=10_000)
    if abe.locator("#door-panel").is_hidden():
        abe.locator("#door").click()
    abe.get_by_role("button", name="三浦 拓也 を通す").click()
    expect(miura.locator("#stage")).to_be_visible()
    wait_for_media(miura, 1)
    wait_for_media(abe, 1)
    expect(abe).to_have_title("カンファレンス | 遠隔")
    assert rows(lambda: conferences.watch(now=timezone.now())) == 1
    for page in (miura, abe):
        page.context.close()


def advise(page: Page, path: str) -> None:
    page.goto(path)
    pressed(page, "カンファレンスを終える")
    pressed(page, "助言を書く", "link")
    for name, words in (
        ("assessment", "うっ滞性皮膚炎"), ("recommendation", "ステロイド外用"),
        ("warning", "悪化すれば来院"), ("basis", "経過の説明"),
    ):  # fmt: skip
        typed(page, f"#advice-{name}", words)
    expect(page.locator("[data-kept]")).to_contain_text("下書きを保存しました")
    pressed(page, "内容を確かめて署名へ")
    pressed(page, "この助言に署名する")
    expect(page.locator(".messages")).to_contain_text("署名しました")


def test_a_draft_that_was_sent_elsewhere_says_why_it_stops_and_leaves_what_was_typed(
    live: LiveServer, doctors: Doctors, new_context: NewContext
) -> None:
    now = timezone.now()
    draft = rows(lambda: cast.draft(doctors, now))
    page = page_of(new_context, "miura", f"/consultations/{draft.uid}/draft/")
    rows(lambda: consultations.submit(draft, by=doctors.miura, now=now, intention=uuid4()))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method))

    page.locator("#request-question").fill("まだ書いている")

    expect(page.locator("[data-kept]")).to_contain_text("これ以上自動で保存されません")
    page.locator("#request-question").fill("まだ書いている文")
    page.wait_for_timeout(6_000)  # longer than it would wait before it tries again
    assert asked == ["POST"]
    expect(page.locator("#request-question")).to_have_value("まだ書いている文")


def test_what_was_just_typed_is_kept_before_a_photo_is_attached(
    live: LiveServer, doctors: Doctors, new_context: NewContext
) -> None:
    draft = rows(lambda: cast.draft(doctors, timezone.now()))
    page = page_of(new_context, "miura", f"/consultations/{draft.uid}/draft/")
    page.locator("#files input[type=file]").set_input_files(
        {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": photo().read()}
    )

    page.locator("#request-summary").fill("三か月前から")
    page.get_by_role("button", name="このファイルを添付").click()

    expect(page.locator("#files li")).to_have_count(1)
    expect(page.locator("#request-summary")).to_have_value("三か月前から")


def test_from_the_request_to_the_advice_that_was_read(
    live: LiveServer, doctors: Doctors, new_context: NewContext
) -> None:
    miura = page_of(new_context, "miura", "/consultations/")
    ask(miura, doctors)
    path = f"/consultations/{case().uid}/"

    office = page_of(new_context, "hayashi", "/consultations/queue/")
    pressed(office, case().number, "link")
    picked(office, "#receive-person", doctors.abe_person.pk)
    pressed(office, "この専門医に頼む")
    expect(office.locator(".messages")).to_contain_text("専門医を決め")

    abe = page_of(new_context, "abe", path)
    start = timezone.localtime(offer(abe))

    miura.goto(path)
    pressed(miura, f"{start.day}日 {start.hour}:{start.minute:02} にする")
    expect(miura.locator(".messages")).to_contain_text("に予約しました")
    expect(miura.locator("#todo .btn.solid")).to_be_visible()

    for stranger in ("ota", "goto", "hospital-admin"):
        other = page_of(new_context, stranger, path)
        assert other.title().startswith("ページがありません"), stranger
        booking = case().conference
        assert booking is not None
        assert other.request.get(f"{live.url}/rooms/{booking.uid}/").status == 404, stranger
        other.context.close()

    meet(new_context)
    advise(abe, path)

    miura.goto(path)
    expect(miura.locator("#todo")).to_contain_text("ステロイド外用")
    pressed(miura, "この助言を確認した")
    chosen(miura, 'input[name=followed][value="yes"]')
    chosen(miura, 'input[name=course][value="stayed"]')
    pressed(miura, "その後の経過を記録する")

    expect(miura.locator(".messages")).to_contain_text("記録しました")
    assert case().state == "closed"
