"""The room's page and what stands where its door is closed."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from scheduler import bookings
from scheduler.models import Booking, User
from tests.cast import World
from tests.realtime.lessons import book_lesson


def get(user: User, path: str, language: str = "ja") -> tuple[int, str]:
    client = Client()
    user.language = language
    user.save()
    client.force_login(user)
    response = client.get(path)
    return response.status_code, response.content.decode()


def without_tokens(page: str) -> str:
    """The forms' tokens are new in every answer."""
    return re.sub(r'value="\w{64}"', "", page)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def lesson(world: World, now: datetime) -> Booking:
    return book_lesson(world, now - timedelta(minutes=5), now=now, rebun_minutes=45)


def test_the_teachers_page_names_what_is_taught_to_whom(world: World, lesson: Booking) -> None:
    status, page = get(world.sato, f"/rooms/{lesson.uid}/")

    assert status == 200
    assert '<body class="room room--host">' in page
    assert all(word in page for word in ("数学Ⅱ 合同", "2校", "11名"))


def test_the_schools_page_is_for_the_large_display_and_names_its_own_set(
    world: World, lesson: Booking
) -> None:
    status, page = get(world.rishiri_device, f"/rooms/{lesson.uid}/")

    assert status == 200
    assert '<body class="room room--school">' in page
    assert all(word in page for word in ("2校時", "利尻", "受信機材1"))


def test_the_page_speaks_english(world: World, lesson: Booking) -> None:
    _, page = get(world.rishiri_device, f"/rooms/{lesson.uid}/", language="en")

    assert all(word in page for word in ('<html lang="en">', "Period 2", "Mathematics II", "Raise hand"))


def test_the_page_carries_no_script_or_style_of_its_own(world: World, lesson: Booking) -> None:
    _, page = get(world.sato, f"/rooms/{lesson.uid}/")

    assert " style=" not in page
    assert not re.search(r"<[^>]* on[a-z]+=", page)
    assert page.count("<script") == 3  # the facts as JSON, the module, and what looks whether it started
    assert '<script id="page" type="application/json">' in page


def test_a_stranger_and_a_wrong_address_find_the_same(world: World, lesson: Booking) -> None:
    unknown = uuid4()

    status, page = get(world.kato, f"/rooms/{lesson.uid}/")

    assert status == 404
    other_status, other_page = get(world.kato, f"/rooms/{unknown}/")
    assert other_status == 404
    assert without_tokens(page).replace(str(lesson.uid), str(unknown)) == without_tokens(other_page)


def test_whoever_is_early_reads_when_the_door_opens(world: World, now: datetime) -> None:
    later = book_lesson(world, now + timedelta(hours=2), now=now)
    opens = (later.start - timedelta(minutes=20)).astimezone(world.centre.zone)

    status, page = get(world.sato, f"/rooms/{later.uid}/")

    assert status == 200
    assert f"{opens.hour}:{opens.minute:02} に開きます" in page


def test_whoever_is_late_reads_that_it_has_ended(world: World, now: datetime) -> None:
    past = book_lesson(world, now - timedelta(hours=2), now=now)

    status, page = get(world.rishiri_device, f"/rooms/{past.uid}/")

    assert (status, "この教室は終わりました" in page) == (410, True)


def test_a_cancelled_lesson_says_so(world: World, lesson: Booking, now: datetime) -> None:
    bookings.cancel(lesson, by=world.suzuki, now=now, intention=uuid4())

    status, page = get(world.tanaka, f"/rooms/{lesson.uid}/")

    assert (status, "取り消されました" in page) == (410, True)


def test_the_device_check_leads_back_to_its_room_and_nowhere_else(world: World, lesson: Booking) -> None:
    room = f"/rooms/{lesson.uid}/"

    assert f'href="{room}"' in get(world.sato, f"/rooms/check/?room={lesson.uid}")[1]
    assert 'href="//evil' not in get(world.sato, "/rooms/check/?room=//evil.example")[1]
