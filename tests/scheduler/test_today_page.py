"""Today as a page: what stands on it, for whom, in which words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from scheduler import bookings
from scheduler.intervals import Interval
from scheduler.models import Booking
from tests.cast import World, at
from tests.scheduler.plain_provider import lessons_by_title_alone
from tests.scheduler.plans import lesson, rishiri_side


@pytest.fixture(autouse=True)
def core_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Thursday, 9:33: near midnight "in 12 minutes" would be tomorrow."""
    monkeypatch.setattr(timezone, "now", lambda: at("9:33"))
    with lessons_by_title_alone():
        yield


def book_in(world: World, minutes: int) -> Booking:
    """A lesson at Rishiri that starts in so many minutes from now, by the wall clock and not the bells."""
    start = timezone.now() + timedelta(minutes=minutes)
    return booked(world, start)


def booked(world: World, start: datetime) -> Booking:
    side = replace(
        rishiri_side(world, 1), interval=Interval(start, start + timedelta(minutes=50)), follows_bells=False
    )
    return bookings.book(
        lesson(world, side), by=world.suzuki, now=timezone.now() - timedelta(hours=1), intention=uuid4()
    )


def test_page_shows_one_solid_button_into_the_room_and_the_minutes(world: World, client: Client) -> None:
    booking = book_in(world, 12)
    client.force_login(world.tanaka)

    page = client.get("/").content.decode()

    assert f'<a class="btn solid big" href="/rooms/{booking.uid}/">' in page
    assert page.count("btn solid") == 1
    assert "開始まで" in page
    assert "<span data-minutes><b>12</b> 分</span>" in page
    assert 'href="tel:011-000-0000"' in page


def test_page_of_the_centre_offers_no_telephone_of_its_own(world: World, client: Client) -> None:
    book_in(world, 12)
    client.force_login(world.sato)

    assert "tel:" not in client.get("/").content.decode()


def test_page_writes_every_state_as_a_word(world: World, client: Client) -> None:
    cancelled = book_in(world, 12)
    bookings.cancel(cancelled, by=world.suzuki, now=timezone.now(), intention=uuid4())
    client.force_login(world.sato)

    assert "取消</span>" in client.get("/").content.decode()


def test_page_of_an_account_without_post_says_whom_to_ask(world: World, client: Client) -> None:
    book_in(world, 12)
    client.force_login(world.kato)

    page = client.get("/").content.decode()

    assert "所属がまだ登録されていません" in page
    assert "数学" not in page
    assert 'href="/book/"' not in page


def test_page_without_lessons_says_that_there_are_none(world: World, client: Client) -> None:
    client.force_login(world.tanaka)

    assert "今日の授業はありません" in client.get("/").content.decode()


@pytest.mark.parametrize("asked", ["nonsense", "2026-13-40", "", "9999-12-31", "0001-01-01"])
def test_page_answers_any_date(world: World, client: Client, asked: str) -> None:
    client.force_login(world.sato)

    assert client.get("/", {"date": asked}).status_code == 200


def test_page_in_english_has_no_japanese_but_names(world: World, client: Client) -> None:
    world.tanaka.language = "en"
    world.tanaka.save()
    client.force_login(world.tanaka)

    page = client.get("/").content.decode()

    assert '<html lang="en">' in page
    assert "No lessons today" in page
    assert "今日" not in page


def test_page_keeps_its_number_of_queries(
    world: World, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    book_in(world, 12)
    client.force_login(world.sato)
    client.get("/")

    with django_assert_num_queries(9):  # the session, the account, and the seven of `today.page`
        client.get("/")
