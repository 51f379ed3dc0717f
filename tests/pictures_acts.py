"""What is done on a page of `make pictures` before it is looked at, by the picture's name."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import FilePayload, Page

from tests.pictures_cast import AUDITOR, PASSWORD


def _wrong_password(page: Page) -> None:
    page.get_by_role("textbox").first.fill("sasaki@centre.example")
    page.locator("input[type=password]").fill("wrong")
    page.locator("main form button").click()


def _empty_reset(page: Page) -> None:
    page.locator("main form button").click()


def _press_look(page: Page) -> None:
    page.locator("#chosen button[name=action][value=look]").click()
    page.wait_for_load_state()


def _press_book(page: Page) -> None:
    """As from a page that was opened when the time was still free."""
    page.locator("#chosen button[name=action]").evaluate("button => { button.value = 'book'; }")
    page.locator("#chosen button[name=action]").click()
    page.wait_for_load_state()


def _ask_now(page: Page) -> None:
    page.locator("input[name=urgency][value=now]").check()


def _press_send(page: Page) -> None:
    page.locator("button[value=send]").click()
    page.wait_for_load_state()


def _offer_nothing(page: Page) -> None:
    page.locator("main form .btn.solid").click()
    page.wait_for_load_state()


def _make_address(page: Page) -> None:
    page.locator("main form button").first.click()
    page.wait_for_load_state()


def _press_write(page: Page) -> None:
    page.locator(".export-act button").click()
    page.wait_for_load_state()


def _no_dates(page: Page) -> None:
    page.locator("#id_term").select_option("")
    _press_write(page)


def _on_paper(page: Page) -> None:
    page.emulate_media(media="print")


def _open_other_marks(page: Page) -> None:
    page.locator("details.others summary").first.click()


def _read_in(page: Page, lines: str) -> None:
    content = f"学籍番号,氏名,ふりがな,学級,出席番号,入学日,講座1,備考\n{lines}"
    file: FilePayload = {"name": "list.csv", "mimeType": "text/csv", "buffer": content.encode("cp932")}
    page.locator("main input[type=file]").set_input_files(file)
    page.locator("main form button").first.click()
    page.wait_for_load_state()


def _good_list(page: Page) -> None:
    _read_in(
        page, "26001,見本 花子,みほん はなこ,1年A組,1,,,\n26090,見本 太郎,みほん たろう,1年A組,30,R8.4.1,,\n"
    )


def _bad_list(page: Page) -> None:
    _read_in(page, "26001,,,4年Z組,100,4月,物理,\n26001,見本 太郎,,1年A組,30,,,\n")


def _nothing_chosen(page: Page) -> None:
    page.locator("main form button").first.click()
    page.wait_for_load_state()


def _searched(words: str) -> Callable[[Page], None]:
    def search(page: Page) -> None:
        page.locator("#pupil-words").fill(words)
        page.locator("#pupil-words").press("Enter")
        page.wait_for_load_state()

    return search


def _pressed(page: Page) -> None:
    page.locator("main form button.btn").last.click()
    page.wait_for_load_state()


def _wrong_code(page: Page) -> None:
    page.locator("input[name=code]").fill("000000")
    page.locator("main form button.solid").click()
    page.wait_for_load_state()


def _new_codes(page: Page) -> None:
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form button.solid").click()
    page.get_by_role("list").locator("code").first.wait_for()


def _second_step(page: Page) -> None:
    page.get_by_role("textbox").first.fill(AUDITOR)
    page.locator("input[type=password]").fill(PASSWORD)
    page.locator("main form button").click()
    page.locator("input[name=code]").wait_for()


def _second_step_refused(page: Page) -> None:
    _second_step(page)
    _wrong_code(page)


def _without_cookies(page: Page) -> None:
    page.context.clear_cookies()
    page.locator("main form button").first.click()
    page.wait_for_load_state()


def _reset_too_often(page: Page) -> None:
    for _ in range(6):
        page.goto("/accounts/password/reset/")
        page.get_by_role("textbox").first.fill("nobody@nowhere.example")
        page.locator("main form button").click()
        page.wait_for_load_state()


def _failed(template: str) -> Callable[[Page], None]:
    """The page that stands while the service cannot answer; it asks neither the database nor the session."""

    def fail(page: Page) -> None:
        from django.template.loader import render_to_string  # noqa: PLC0415 -- after setup()

        body = render_to_string(template)
        page.route("**/failing/", lambda route: route.fulfill(body=body, content_type="text/html"))
        page.goto("/failing/")

    return fail


def _own_list(page: Page, more: str = "", kept_at: str = "list.csv") -> None:
    """The list as it is, with another line perhaps."""
    kept = page.request.get(page.url.replace("import/", kept_at)).body()
    file: FilePayload = {"name": "list.csv", "mimeType": "text/csv", "buffer": kept + more.encode()}
    page.locator("main input[type=file]").set_input_files(file)
    page.locator("main form button").first.click()
    page.wait_for_load_state()


def _bad_line(page: Page) -> None:
    _own_list(page, "存在しない,これは何でしょう,2026-13-45,25:61,x,,\r\n")


def _people(page: Page, more: str = "") -> None:
    """Whom the example names."""
    _own_list(page, more, "import/template.csv")


def _bad_people(page: Page) -> None:
    _people(page, "三浦 はな,,だれか,どこか,王様,,2026-13-45,\r\n")


def _reviewed(page: Page) -> None:
    for area in page.locator("main textarea").all():
        area.fill("保湿剤を続け、二週間後に写真をもう一度送ってください。")
    page.locator("#advice-basis").fill("写真2枚と経過の説明")
    page.locator("button[value=review]").click()
    page.wait_for_load_state()


LISTS = ("bells", "locations", "organisations", "calendar", "sections")
ACTS: dict[str, Callable[[Page], None]] = {
    "sign-in-refused": _wrong_password,
    "password-reset-refused": _empty_reset,
    "today-printed": _on_paper,
    "calendar": _make_address,
    "exports-refused": _no_dates,
    "export": _press_write,
    "book-near": _press_look,
    "book-refused": _press_book,
    "request-now": _ask_now,
    "request-refused": _press_send,
    "case-times-refused": _offer_nothing,
    "register-printed": _on_paper,
    "register-other": _open_other_marks,
    "pupils-found": _searched("い"),
    "pupils-nobody-found": _searched("xyz"),
    "pupils-import-refused": _nothing_chosen,
    "pupils-preview": _good_list,
    "pupils-preview-refused": _bad_list,
    "second-step": _second_step,
    "second-step-refused": _second_step_refused,
    "account-factor-refused": _wrong_code,
    "account-codes": _new_codes,
    "account-codes-refused": _pressed,
    "password-new-refused": _pressed,
    "password-change-refused": _pressed,
    "invitation-refused": _pressed,
    "invite-refused": _pressed,
    "people-import-refused": _nothing_chosen,
    "people-preview": _people,
    "people-preview-refused": _bad_people,
    "post-add-refused": _pressed,
    "failed-forbidden": _without_cookies,
    "failed-too-often": _reset_too_often,
    "failed-here": _failed("500.html"),
    "failed-database": _failed("503.html"),
    "advice-review": _reviewed,
    **{f"settings-{slug}-preview": _own_list for slug in LISTS},
    **{f"settings-{slug}-preview-refused": _bad_line for slug in LISTS},
    **{f"settings-{slug}-new-refused": _pressed for slug in ("bells", "place", "organisation", "section")},
}
