"""Which pages `make pictures` shows, to whom, and in which state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils import timezone
from playwright.sync_api import Page

from classrooms.demonstration import accounts
from classrooms.models import Section
from scheduler.models import Booking, User

PASSWORD = accounts.PASSWORD
TEACHER = "sasaki@centre.example"
PLANNER = "honma@centre.example"
SCHOOL = "coordinator@rishiri.example"
STAFF = "staff@rishiri.example"
DEVICE = "set1@rishiri.example"
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


def _make_address(page: Page) -> None:
    page.locator("main form button").first.click()
    page.wait_for_load_state()


def _on_paper(page: Page) -> None:
    page.emulate_media(media="print")


ACTS: dict[str, Callable[[Page], None]] = {
    "sign-in-refused": _wrong_password,
    "password-reset-refused": _empty_reset,
    "today-printed": _on_paper,
    "calendar": _make_address,
    "book-refused": _press_book,
}


def pictures() -> list[Picture]:
    """The list; writes the one account that the demonstration lacks, somebody without any post."""
    if not User.objects.filter(email=STRANGER).exists():
        User.objects.create_user(STRANGER, None, name="加藤 遥", name_en="Haruka Kato")
    return [*_accounts(), *_today(), *_planner(), *_lessons(), *_rooms()]


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
        Picture("room-closed", f"/rooms/{later.uid}/", TEACHER),
        Picture("room-check", "/rooms/check/", TEACHER),
    ]


def _joint_lesson() -> Booking:
    """The joint lesson that starts in a few minutes."""
    return Booking.objects.filter(
        participants__person__user__email=TEACHER, start__gt=timezone.now(), title__contains="合同"
    ).earliest("start")
