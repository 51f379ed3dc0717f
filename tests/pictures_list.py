"""Which pages `make pictures` shows, to whom, and in which state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from scheduler.models import User

TEACHER = "sasaki@centre.example"
PLANNER = "honma@centre.example"
SCHOOL = "coordinator@rishiri.example"
STAFF = "staff@rishiri.example"
DEVICE = "set1@rishiri.example"
STRANGER = "kato@nowhere.example"


@dataclass(frozen=True, slots=True)
class Picture:
    """`name` begins with the page and ends with its state; `act` brings the page into it."""

    name: str
    path: str
    email: str = ""
    act: Callable[[Page], None] | None = None


def _wrong_password(page: Page) -> None:
    page.get_by_role("textbox").first.fill("sasaki@centre.example")
    page.locator("input[type=password]").fill("wrong")
    page.locator("main form button").click()


def _empty_reset(page: Page) -> None:
    page.locator("main form button").click()


def pictures() -> list[Picture]:
    """The list; writes the one account that the demonstration lacks, somebody without any post."""
    if not User.objects.filter(email=STRANGER).exists():
        User.objects.create_user(STRANGER, None, name="加藤 遥", name_en="Haruka Kato")
    return [
        Picture("sign-in", "/accounts/login/"),
        Picture("sign-in-refused", "/accounts/login/", act=_wrong_password),
        Picture("sign-in-closed", "/accounts/signup/"),
        Picture("password-reset", "/accounts/password/reset/"),
        Picture("password-reset-refused", "/accounts/password/reset/", act=_empty_reset),
        Picture("password-reset-sent", "/accounts/password/reset/done/"),
        Picture("password-reset-old-link", "/accounts/password/reset/key/1-abc/"),
        Picture("password-change", "/accounts/password/change/", TEACHER),
        Picture("sign-out", "/accounts/logout/", TEACHER),
        Picture("today-teacher", "/", TEACHER),
        Picture("today-planner", "/", PLANNER),
        Picture("today-school", "/", SCHOOL),
        Picture("today-staff", "/", STAFF),
        Picture("today-device", "/", DEVICE),
        Picture("today-other-day", "/?date=2026-11-25", TEACHER),
        Picture("today-empty", "/?date=2026-11-29", TEACHER),
        Picture("today-first-day", "/", STRANGER),
        Picture("help", "/help/", SCHOOL),
        Picture("not-found", "/lessons/00000000-0000-0000-0000-000000000000/", SCHOOL),
        Picture("calendar-empty", "/calendar/", TEACHER),
        Picture("notices", "/notices/", SCHOOL),
    ]
