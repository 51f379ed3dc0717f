"""What the technical support sees: lines and devices; no names, and of a conference no place."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from realtime.models import DeviceStatus, HelpCall, Visit
from scheduler.models import Booking, Role, User
from tests.cast import World, add_user
from tests.realtime.lessons import book_lesson


@pytest.fixture
def supporter(world: World) -> User:
    return add_user("support", "機器 担当", world.centre, Role.SUPPORTER)


@pytest.fixture
def running(world: World) -> Booking:
    now = timezone.now()
    return book_lesson(world, now - timedelta(minutes=10), now=now - timedelta(days=8))


def visit(booking: Booking, user: User, *, beat: datetime, peer: str = "a", **facts: object) -> Visit:
    organisation = user.memberships.get().organisation
    return Visit.objects.create(
        booking=booking, user=user, organisation=organisation, peer=peer, server="s",
        started_at=booking.start, last_beat_at=beat, **facts,
    )  # fmt: skip


def page(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.get("/rooms/status/").content.decode()


def test_room_is_shown_with_its_legs_their_losses_and_calls(
    world: World, supporter: User, running: Booking
) -> None:
    now = timezone.now()
    visit(running, world.sato, beat=now)
    visit(
        running, world.rishiri_device, beat=now - timedelta(minutes=5), peer="b",
        ended_at=now - timedelta(minutes=5), end_reason=Visit.EndReason.TIMEOUT,
    )  # fmt: skip
    visit(running, world.rishiri_device, beat=now - timedelta(seconds=50), peer="b")
    HelpCall.objects.create(
        booking=running, organisation=world.rishiri, by=world.tanaka, symptom="sound", at=now
    )

    shown = page(supporter)

    assert "開いている教室：1" in shown
    assert "接続 2／予定 3" in shown
    assert "途切れ" in shown
    assert "切断 1回" in shown
    assert "応援要請 1件" in shown


def test_page_names_nobody_and_no_title(world: World, supporter: User, running: Booking) -> None:
    visit(running, world.sato, beat=timezone.now())

    shown = page(supporter)

    assert "配信センター" in shown
    assert not any(word in shown for word in ("佐藤", "数学", str(running.uid)))


def test_whoever_may_open_the_lesson_reads_which_it_is(world: World, running: Booking) -> None:
    visit(running, world.sato, beat=timezone.now())

    shown = page(world.admin).split('id="devices-title"')[0].split('id="rooms-title"')[1]

    assert f'<a href="/lessons/{running.uid}/">数学Ⅱ 合同</a>' in shown
    assert "利尻・礼文" in shown
    assert "佐藤" not in shown


def test_conference_shows_no_place(world: World, supporter: User, running: Booking) -> None:
    Booking.objects.filter(pk=running.pk).update(visibility=Booking.Visibility.CONFIDENTIAL)
    visit(running, world.kudo, beat=timezone.now())

    shown = page(supporter).split('id="devices-title"')[0].split('id="rooms-title"')[1]

    assert "礼文" not in shown
    assert "接続 1" in shown


def test_device_that_is_silent_or_unwell_is_named_by_its_place(world: World, supporter: User) -> None:
    DeviceStatus.objects.create(
        user=world.rishiri_device, seen_at=timezone.now() - timedelta(minutes=9), camera="bad"
    )

    shown = page(supporter)

    assert "応答なし" in shown
    assert "利尻 受信機材1" in shown
    assert "カメラ" in shown
    assert "一度も報告のない受信機材：1台" in shown


@pytest.mark.parametrize("who", ["sato", "suzuki", "nakamura", "tanaka", "rishiri_device", "kato"])
def test_state_does_not_exist_for_everybody_else(world: World, who: str) -> None:
    client = Client()
    client.force_login(getattr(world, who))

    assert client.get("/rooms/status/").status_code == 404


def test_supporter_opens_no_lesson_and_no_room(world: World, supporter: User, running: Booking) -> None:
    client = Client()
    client.force_login(supporter)
    paths = [f"/lessons/{running.uid}/", f"/rooms/{running.uid}/", "/pupils/", "/people/", "/audit/"]

    statuses = {path: client.get(path).status_code for path in paths}

    assert statuses == dict.fromkeys(paths, 404)
