"""Which pages `make pictures` shows, to whom, and in which state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import FilePayload, Page

from classrooms import confirming, register_sheet
from classrooms.demonstration import accounts
from classrooms.models import Reception, Section, Student
from clinics.models import Consultation
from scheduler.models import Booking, User

PASSWORD = accounts.PASSWORD
TEACHER = "sasaki@centre.example"
PLANNER = "honma@centre.example"
SCHOOL = "coordinator@rishiri.example"
STAFF = "staff@rishiri.example"
DEVICE = "set1@rishiri.example"
AT_HOME = "home@rebun.example"
DOCTOR = "miura@rishiri-hospital.example"
SPECIALIST = "abe@sapporo-hospital.example"
OTHER_SPECIALIST = "endo@sapporo-hospital.example"
OFFICE = "hayashi@sapporo-hospital.example"
STRANGER = "kato@nowhere.example"


@dataclass(frozen=True, slots=True)
class Picture:
    """`name` begins with the page and ends with its state; ACTS brings the page into it."""

    name: str
    path: str
    email: str = ""


def _wrong_password(page: Page) -> None:
    page.get_by_role("textbox").first.fill("sasaki@centre.example")
    page.locator("input[type=password]").fill("wrong")
    page.locator("main form button").click()


def _empty_reset(page: Page) -> None:
    page.locator("main form button").click()


def _press_book(page: Page) -> None:
    page.locator("#chosen button[name=action][value=book]").click()
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


ACTS: dict[str, Callable[[Page], None]] = {
    "sign-in-refused": _wrong_password,
    "password-reset-refused": _empty_reset,
    "today-printed": _on_paper,
    "calendar": _make_address,
    "exports-refused": _no_dates,
    "export": _press_write,
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
}


def pictures() -> list[Picture]:
    """The list; writes the one account that the demonstration lacks, somebody without any post."""
    if not User.objects.filter(email=STRANGER).exists():
        User.objects.create_user(STRANGER, None, name="加藤 遥", name_en="Haruka Kato")
    return [
        *_accounts(),
        *_today(),
        *_planner(),
        *_lessons(),
        *_rooms(),
        *_registers(),
        *_records(),
        *_consultations(),
    ]


def _consultations() -> list[Picture]:
    by_state = {case.state: f"/consultations/{case.uid}/" for case in Consultation.objects.order_by("-pk")}
    offered, submitted = by_state["offered"], by_state["submitted"]
    reported, written = by_state["reported"], by_state["report_due"]
    return [
        Picture("consultations", "/consultations/", DOCTOR),
        Picture("consultations-empty", "/consultations/", OTHER_SPECIALIST),
        Picture("consultations-queue", "/consultations/queue/", OFFICE),
        Picture("request", "/consultations/new/", DOCTOR),
        Picture("request-now", "/consultations/new/", DOCTOR),
        Picture("request-refused", "/consultations/new/", DOCTOR),
        Picture("request-draft", by_state["draft"], DOCTOR),
        Picture("case-submitted", submitted, OFFICE),
        Picture("case-question", by_state["needs_info"], DOCTOR),
        Picture("case-offered", offered, DOCTOR),
        Picture("case-offered-specialist", offered, SPECIALIST),
        Picture("case-booked", by_state["scheduled"], DOCTOR),
        Picture("case-advised", reported, DOCTOR),
        Picture("case-closed", by_state["closed"], SPECIALIST),
        Picture("case-times", f"{offered}times/", SPECIALIST),
        Picture("case-times-refused", f"{offered}times/", SPECIALIST),
        Picture("case-decline", f"{submitted}steps/decline/", OFFICE),
        Picture("case-readings", f"{reported}readings/", DOCTOR),
        Picture("advice-write", f"{written}advice/", SPECIALIST),
        Picture("advice", f"{reported}advice/1/", DOCTOR),
    ]


def _accounts() -> list[Picture]:
    return [
        Picture("sign-in", "/accounts/login/"),
        Picture("sign-in-refused", "/accounts/login/"),
        Picture("sign-in-closed", "/accounts/signup/"),
        Picture("password-reset", "/accounts/password/reset/"),
        Picture("password-reset-refused", "/accounts/password/reset/"),
        Picture("password-reset-sent", "/accounts/password/reset/done/"),
        Picture("password-reset-old-link", "/accounts/password/reset/key/1-abc/"),
        Picture("password-change", "/accounts/password/change/", TEACHER),
        Picture("sign-out", "/accounts/logout/", TEACHER),
        Picture("help", "/help/", SCHOOL),
        Picture("help-signed-out", "/help/"),
        Picture("not-found", "/lessons/00000000-0000-0000-0000-000000000000/", SCHOOL),
    ]


def _today() -> list[Picture]:
    return [
        Picture("today-teacher", "/", TEACHER),
        Picture("today-planner", "/", PLANNER),
        Picture("today-school", "/", SCHOOL),
        Picture("today-staff", "/", STAFF),
        Picture("today-device", "/", DEVICE),
        Picture("today-other-day", "/?date=2026-11-25", TEACHER),
        Picture("today-empty", "/?date=2026-11-29", TEACHER),
        Picture("today-printed", "/", TEACHER),
        Picture("today-first-day", "/", STRANGER),
        Picture("calendar", "/calendar/", PLANNER),
        Picture("calendar-empty", "/calendar/", TEACHER),
        Picture("calendar-first-day", "/calendar/", STRANGER),
        Picture("calendar-school", "/calendar/", SCHOOL),
        Picture("calendar-sought", "/calendar/?q=%E6%95%B0%E5%AD%A6", PLANNER),
        Picture("exports", "/exports/", PLANNER),
        Picture("exports-refused", "/exports/", SCHOOL),
        Picture("export", "/exports/", SCHOOL),
        Picture("notices", "/notices/", TEACHER),
        Picture("notices-empty", "/notices/", STRANGER),
    ]


def _planner() -> list[Picture]:
    joint = Section.objects.get(teacher__user__email=TEACHER, name__contains="合同")
    schools = joint.schools.values_list("school", flat=True)

    def at(period: int) -> str:
        slot = ".".join(f"{school}-{period}" for school in schools)
        return f"/book/?section={joint.pk}&date=2026-11-26&length=50&slot={slot}"

    return [
        Picture("book", f"/book/?section={joint.pk}&date=2026-11-26&length=50", TEACHER),
        Picture("book-chosen", at(3), TEACHER),
        Picture("book-not-possible", at(1), TEACHER),
        Picture("book-refused", at(1), TEACHER),
        Picture("book-day-off", f"/book/?section={joint.pk}&date=2026-11-23&length=50", TEACHER),
        Picture("book-first-day", "/book/", STRANGER),
        Picture("book-weekly", at(3).replace("/book/", "/book/weekly/"), TEACHER),
        Picture("book-weeks", f"/book/weeks/?section={joint.pk}&date=2026-11-26&length=50", TEACHER),
    ]


def _lessons() -> list[Picture]:
    joint = _joint_lesson()
    return [
        Picture("lesson-teacher", f"/lessons/{joint.uid}/", TEACHER),
        Picture("lesson-school", f"/lessons/{joint.uid}/", SCHOOL),
        Picture("lesson-cancel", f"/lessons/{joint.uid}/cancel/", TEACHER),
    ]


def _rooms() -> list[Picture]:
    joint = _joint_lesson()
    later = Booking.objects.filter(participants__person__user__email=TEACHER).latest("start")
    return [
        Picture("room-teacher", f"/rooms/{joint.uid}/", TEACHER),
        Picture("room-device", f"/rooms/{joint.uid}/", DEVICE),
        Picture("room-beside", f"/rooms/{joint.uid}/", STAFF),
        Picture("device", "/device/", DEVICE),
        Picture("room-closed", f"/rooms/{later.uid}/", TEACHER),
        Picture("room-check", "/rooms/check/", TEACHER),
    ]


def _registers() -> list[Picture]:
    waiting, signed = _given(), _given()
    coordinator = User.objects.get(email=SCHOOL)
    seen = register_sheet.load(signed, timezone.now()).version
    confirming.confirm(signed, outcome="held", seen=seen, by=coordinator, post="教頭", now=timezone.now())
    ahead = Reception.objects.filter(
        school__short_name="利尻", state="planned", participant__start__gt=timezone.now()
    ).earliest("participant__start")
    return [
        Picture("register", f"/register/{waiting.pk}/", SCHOOL),
        Picture("register-printed", f"/register/{waiting.pk}/", SCHOOL),
        Picture("register-other", f"/register/{waiting.pk}/", STAFF),
        Picture("register-ahead", f"/register/{ahead.pk}/", STAFF),
        Picture("register-signed", f"/register/{signed.pk}/", SCHOOL),
        Picture("register-confirm", f"/register/{waiting.pk}/confirm/", SCHOOL),
        Picture("registers-school", "/register/", SCHOOL),
        Picture("registers-teacher", "/register/", TEACHER),
        Picture("registers-planner", "/register/", PLANNER),
        Picture("registers-first-day", "/register/", STRANGER),
        Picture("register-setting", "/register/setting/", SCHOOL),
    ]


def _given() -> Reception:
    """利尻's side of a lesson two weeks ahead, as if it had been given: this week begins with a holiday."""
    found = Reception.objects.filter(school__short_name="利尻", state="planned", confirmation=None)
    last = found.select_related("participant", "lesson__booking").latest("participant__start")
    for row in (last.lesson.booking, *last.lesson.booking.participants.all()):
        row.start, row.end = row.start - timedelta(weeks=2), row.end - timedelta(weeks=2)
        row.save(update_fields=["start", "end"])
    last.participant.refresh_from_db()
    return last


def _records() -> list[Picture]:
    pupil = Student.objects.filter(school__short_name="利尻").earliest("pk")
    taken = Section.objects.filter(enrolments__student__school__short_name="利尻").earliest("pk")
    at_home = Student.objects.get(user__email=AT_HOME)
    return [
        Picture("pupils", "/pupils/", SCHOOL),
        Picture("pupils-staff", "/pupils/", STAFF),
        Picture("pupils-teacher", "/pupils/", TEACHER),
        Picture("pupils-found", "/pupils/", SCHOOL),
        Picture("pupils-nobody-found", "/pupils/", SCHOOL),
        Picture("pupils-new", "/pupils/new/", SCHOOL),
        Picture("pupils-pupil", f"/pupils/{pupil.pk}/", SCHOOL),
        Picture("pupils-pupil-at-home", f"/pupils/{at_home.pk}/", "coordinator@rebun.example"),
        Picture("pupils-section", f"/pupils/sections/{taken.pk}/", SCHOOL),
        Picture("pupils-section-staff", f"/pupils/sections/{taken.pk}/", STAFF),
        Picture("pupils-import", "/pupils/import/", SCHOOL),
        Picture("pupils-import-refused", "/pupils/import/", SCHOOL),
        Picture("pupils-preview", "/pupils/import/", SCHOOL),
        Picture("pupils-preview-refused", "/pupils/import/", SCHOOL),
        Picture("records", "/records/", SCHOOL),
        Picture("records-planner", "/records/", PLANNER),
        Picture("records-teacher", "/records/", TEACHER),
        Picture("records-terms", "/records/terms/", SCHOOL),
        Picture("today-pupil-at-home", "/", AT_HOME),
    ]


def _joint_lesson() -> Booking:
    """The joint lesson that starts in a few minutes."""
    return Booking.objects.filter(
        participants__person__user__email=TEACHER, start__gt=timezone.now(), title__contains="合同"
    ).earliest("start")
