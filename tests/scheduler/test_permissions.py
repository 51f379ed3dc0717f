"""Who sees which rows, and which pages are open to the world."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from scheduler import bookings, permissions
from scheduler.models import Booking, Membership, Organisation, Role, User
from tests.cast import NOW, THURSDAY, World, at
from tests.scheduler.plans import joint, lesson, rebun_side, rishiri_side

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"
TODAY = date(2026, 11, 24)


@pytest.fixture
def lessons(world: World) -> dict[str, Booking]:
    """One lesson of both schools, one of each alone, and one of Rebun's own."""
    plans = {
        "joint": joint(world, 1),
        "rishiri": lesson(world, rishiri_side(world, 3)),
        "rebun": lesson(world, rebun_side(world, 4)),
    }
    return {
        name: bookings.book(plan, by=world.suzuki, now=NOW, intention=uuid4()) for name, plan in plans.items()
    }


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("tanaka", {"joint", "rishiri"}),
        ("nakamura", {"joint", "rishiri"}),
        ("rishiri_device", {"joint", "rishiri"}),
        ("kudo", {"joint", "rebun"}),
        ("sato", {"joint", "rishiri", "rebun"}),
        ("ito", {"joint", "rishiri", "rebun"}),
        ("suzuki", {"joint", "rishiri", "rebun"}),
        ("kato", set()),
    ],
)
def test_bookings_are_seen_by_those_who_take_part_and_by_the_centre(
    world: World, lessons: dict[str, Booking], who: str, seen: set[str]
) -> None:
    visible = set(permissions.visible_bookings(getattr(world, who), NOW))

    assert {name for name, booking in lessons.items() if booking in visible} == seen


def test_school_that_left_a_lesson_still_sees_what_became_of_it(
    world: World, lessons: dict[str, Booking]
) -> None:
    side = lessons["joint"].participants.get(organisation=world.rebun)
    bookings.withdraw(side, by=world.kudo, now=NOW, intention=uuid4())

    assert lessons["joint"] in permissions.visible_bookings(world.kudo, NOW)


def test_confidential_booking_is_seen_by_its_persons_alone(world: World, lessons: dict[str, Booking]) -> None:
    Booking.objects.update(visibility=Booking.Visibility.CONFIDENTIAL)

    assert permissions.visible_bookings(world.sato, NOW).count() == 3
    for other in (world.suzuki, world.admin, world.ito, world.tanaka, world.kudo):
        assert not permissions.visible_bookings(other, NOW).exists()


def test_post_holds_by_the_calendar_of_japan(world: World, lessons: dict[str, Booking]) -> None:
    Membership.objects.create(
        user=world.kato, organisation=world.rebun, role=Role.SCHOOL_COORDINATOR,
        valid_from=TODAY, valid_until=THURSDAY,
    )  # fmt: skip
    first, last = at("0:00", TODAY), at("0:00", THURSDAY)

    def sees(instant: datetime) -> int:
        return permissions.visible_bookings(world.kato, instant).count()

    assert sees(first - timedelta(seconds=1)) == 0
    assert sees(first) == 2
    assert sees(last - timedelta(seconds=1)) == 2
    assert sees(last) == 0


def test_closed_account_sees_nothing(world: World, lessons: dict[str, Booking]) -> None:
    world.sato.is_active = False
    world.sato.save()

    assert not permissions.visible_bookings(world.sato, NOW).exists()
    assert permissions.memberships(world.sato, TODAY) == []


def test_school_sees_itself_and_the_centre_sees_every_school(world: World) -> None:
    def seen(user: User) -> set[Organisation]:
        return set(permissions.visible_organisations(user, TODAY))

    assert seen(world.tanaka) == {world.rishiri}
    assert seen(world.sato) == {world.centre, world.rishiri, world.rebun}
    assert seen(world.kato) == set()
    assert set(permissions.visible_locations(world.tanaka, TODAY)) == {world.rishiri_set}


def test_lesson_is_changed_by_planners_and_by_whoever_teaches_it(
    world: World, lessons: dict[str, Booking]
) -> None:
    able = {
        name
        for name in ("admin", "suzuki", "sato", "ito", "tanaka", "nakamura", "kudo", "kato", "rishiri_device")
        if permissions.can_change(getattr(world, name), lessons["joint"], TODAY)
    }

    assert able == {"admin", "suzuki", "sato"}


def test_schools_side_is_cancelled_by_its_own_coordinator(world: World, lessons: dict[str, Booking]) -> None:
    def may(user: User, school: Organisation) -> bool:
        return permissions.can_withdraw_school(user, school, lessons["joint"], TODAY)

    assert may(world.nakamura, world.rishiri)
    assert not may(world.nakamura, world.rebun)
    assert not may(world.tanaka, world.rishiri)
    assert may(world.sato, world.rebun)
    assert not may(world.kato, world.rishiri)


def addresses(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, bool]]:
    """Every address of the service, and whether it opens without sign-in."""
    for entry in resolver.url_patterns:
        address = f"{before}{entry.pattern}"
        if isinstance(entry, URLResolver):
            yield from addresses(entry, address)
        elif isinstance(entry, URLPattern):
            yield address, getattr(entry.callback, "login_required", True) is False


def test_public_pages_are_exactly_those_that_are_listed() -> None:
    _text, table = DOCUMENT.read_text().split("## Public pages")
    listed = set(re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE))

    public = {address for address, is_public in addresses(get_resolver()) if is_public}

    assert public == listed


def test_private_page_sends_a_stranger_to_sign_in(db: None, client: Client) -> None:
    for path in ("/", "/calendar/", "/notices/", "/book/"):
        answer = client.get(path)

        assert (answer.status_code, answer.headers["Location"]) == (302, f"/accounts/login/?next={path}")


def test_page_that_does_not_exist_answers_in_our_words(world: World, client: Client) -> None:
    client.force_login(world.tanaka)

    answer = client.get("/no/such/page/")

    assert answer.status_code == 404
    assert "ここには何もありません" in answer.content.decode()
