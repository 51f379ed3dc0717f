"""What Today and a lesson's page say of the receiving rooms' devices."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from classrooms.models import Lesson, Reception, StaffPresence
from realtime import devices
from realtime.devices import Report
from realtime.models import Visit
from scheduler.models import User
from tests.cast import World, at
from tests.classrooms.rosters import add_pupil, approve, enrol
from tests.classrooms.teaching import book

FINE = {"camera": "ok", "microphone": "ok", "speaker": "", "line": "ok"}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """Thursday 9:33, twelve minutes before Rishiri's second period; a test may move it."""
    shows = [at("9:33")]
    monkeypatch.setattr(timezone, "now", lambda: shows[0])
    return shows


@pytest.fixture
def lesson(world: World) -> Lesson:
    return book(world.section, 2)


def page(user: User, path: str = "/") -> str:
    client = Client()
    client.force_login(user)
    return client.get(path).content.decode()


def report(user: User, now: datetime, **checks: str) -> None:
    post = devices.post_of(user, now)
    assert post is not None
    devices.report(post, Report(FINE | checks, timedelta(0)), now=now)


def test_the_teacher_reads_how_each_schools_device_stands(world: World, lesson: Lesson) -> None:
    report(world.rishiri_device, at("9:31"))
    report(world.rishiri_device, at("9:33"), microphone="bad")

    for shown in (page(world.sato), page(world.sato, f"/lessons/{lesson.booking.uid}/")):
        assert "確認で問題：マイク" in shown
        assert "つながっていません" in shown, "Rebun's was never heard"


def test_a_pupil_at_home_reads_the_lesson_and_nothing_of_the_room(world: World, lesson: Lesson) -> None:
    pupil = add_pupil(world.rishiri_2a)
    enrol(pupil, world.section)
    approve(pupil, by=world.nakamura)
    pupil.refresh_from_db()
    assert pupil.user is not None
    report(world.rishiri_device, at("9:33"))

    staffs, pupils = page(world.nakamura), page(pupil.user)

    assert [words for words in ("待機中（9:33 確認済み）", "2年A組 6名") if words not in staffs] == []
    assert "数学Ⅱ（2年・合同）" in pupils
    assert "2年A組" in pupils
    assert [words for words in ("確認済み", "端末", "6名") if words in pupils] == []


def test_a_passed_check_stands_with_its_time(world: World, lesson: Lesson) -> None:
    report(world.rebun_device, at("9:33"))

    assert "端末：待機中（9:33 確認済み）" in page(world.sato)
    assert "待機中（9:33 確認済み）" in page(world.suzuki, f"/lessons/{lesson.booking.uid}/")


def test_a_device_in_the_room_is_said_to_be_there(world: World, lesson: Lesson) -> None:
    Visit.objects.create(
        booking=lesson.booking, user=world.rishiri_device, organisation=world.rishiri,
        standing=Visit.Standing.SCHOOL, peer="p", server="s", started_at=at("9:32"), last_beat_at=at("9:33"),
    )  # fmt: skip

    assert "端末：入室中" in page(world.sato)


def test_a_partners_device_is_nobody_elses_business(world: World, lesson: Lesson) -> None:
    report(world.rishiri_device, at("9:33"))

    shown = page(world.kudo, f"/lessons/{lesson.booking.uid}/")

    assert "つながっていません" in shown, "its own"
    assert "確認済み" not in shown
    assert "確認済み" not in page(world.kudo)


def test_days_before_nobody_is_told_of_devices(world: World, lesson: Lesson, clock: list[datetime]) -> None:
    clock[0] = at("8:00")

    assert "つながっていません" not in page(world.sato)
    assert "つながっていません" not in page(world.sato, f"/lessons/{lesson.booking.uid}/")


@pytest.mark.parametrize("who", ["tanaka", "nakamura"])
def test_staff_start_their_rooms_device_from_today(world: World, lesson: Lesson, who: str) -> None:
    report(world.rishiri_device, at("9:33"))

    shown = page(getattr(world, who))

    assert "教室の端末：待機中（9:33 確認済み）" in shown
    assert f'action="/rooms/{lesson.booking.uid}/start/"' in shown
    reception = Reception.objects.get(lesson=lesson, school=world.rishiri)
    assert f'href="/register/{reception.pk}/#staff"' in shown
    assert shown.count("btn solid") == 1


def test_without_a_device_the_page_beside_it_is_the_way(world: World, lesson: Lesson) -> None:
    shown = page(world.tanaka)

    assert "/start/" not in shown
    assert f'<a href="/rooms/{lesson.booking.uid}/">端末のつなぎ方を見る</a>' in shown
    assert f'<a class="btn full solid big" href="/rooms/{lesson.booking.uid}/">' in shown


def test_a_device_is_led_to_its_waiting_page_and_to_nothing_else_first(world: World, lesson: Lesson) -> None:
    shown = page(world.rishiri_device)

    assert '<a class="btn solid big" href="/device/">' in shown
    assert shown.count("btn solid") == 1
    assert "待機画面を開く" not in page(world.tanaka)


def test_who_attends_stands_beside_the_room_and_on_the_waiting_page(world: World, lesson: Lesson) -> None:
    reception = Reception.objects.get(lesson=lesson, school=world.rishiri)
    facts = {"reception": reception, "recorded_at": at("9:32"), "recorded_by": world.tanaka}
    StaffPresence.objects.create(user=world.tanaka, name="田中 誠", post="実習助手", **facts)
    StaffPresence.objects.create(
        name="工藤", post="教諭", struck_at=at("9:33"), struck_by=world.tanaka, **facts
    )

    for shown in (
        page(world.nakamura, f"/rooms/{lesson.booking.uid}/"),
        page(world.rishiri_device, "/device/"),
    ):
        assert "田中 誠 実習助手" in shown
        assert "工藤" not in shown


def test_the_register_is_in_the_rooms_facts_for_its_own_school(world: World, lesson: Lesson) -> None:
    reception = Reception.objects.get(lesson=lesson, school=world.rishiri)

    room = f"/rooms/{lesson.booking.uid}/"
    assert f'"register": "/register/{reception.pk}/"' in page(world.rishiri_device, room)
    assert '"register": ""' in page(world.sato, room)
    assert f'"help": "{room}help/"' in page(world.sato, room)
    assert '"telephone": "011-000-0000"' in page(world.rishiri_device, room)


def test_after_the_lesson_the_register_is_what_is_left(
    world: World, lesson: Lesson, clock: list[datetime]
) -> None:
    clock[0] = at("10:41")

    shown = page(world.nakamura, f"/rooms/{lesson.booking.uid}/")

    assert "出欠を確定してください" in shown
    assert shown.count("btn solid") == 1
