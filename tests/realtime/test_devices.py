"""The receiving room's own device: its waiting page, its reports, and the press that starts it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from realtime import devices
from realtime.devices import Report, State
from realtime.models import DeviceStatus, Visit
from scheduler import bookings
from scheduler.models import Booking, Location, Membership, Organisation, Participant, Resource, Role, User
from tests.cast import World, add_user
from tests.realtime.lessons import book_lesson, book_practice

FINE = {"camera": "ok", "microphone": "ok", "speaker": "", "line": "ok"}


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def lesson(world: World, now: datetime) -> Booking:
    """It begins in ten minutes, so its room is open."""
    return book_lesson(world, now + timedelta(minutes=10), now=now)


def client_of(user: User, language: str = "ja") -> Client:
    user.language = language
    user.save()
    client = Client()
    client.force_login(user)
    return client


def says(user: User, **facts: object) -> tuple[int, dict[str, Any]]:
    answer = client_of(user).post("/device/status/", facts, content_type="application/json")
    return answer.status_code, answer.json() if answer.status_code == 200 else {}


def side_of(lesson: Booking, school: Organisation) -> Participant:
    return lesson.participants.get(organisation=school)


def state(lesson: Booking, school: Organisation, now: datetime) -> State:
    return devices.state_of(side_of(lesson, school), now).state


def post(user: User, now: datetime) -> Membership:
    found = devices.post_of(user, now)
    assert found is not None
    return found


# The waiting page


def test_a_device_waits_for_its_own_schools_next_lesson(world: World, lesson: Booking) -> None:
    page = client_of(world.rishiri_device).get("/device/").content.decode()

    assert all(
        words in page for words in ("利尻", "受信機材1", "数学Ⅱ 合同", "2校時", "佐藤 直子先生", "礼文と合同")
    )
    assert f'href="/rooms/{lesson.uid}/"' in page
    assert "授業を始める" in page
    assert "まだ記録がありません" in page
    assert "011-000-0000" in page


def test_another_schools_device_sees_nothing_of_it(world: World, now: datetime, lesson: Booking) -> None:
    side = side_of(lesson, world.rebun)
    bookings.withdraw(side, by=world.suzuki, now=now, intention=uuid4())

    page = client_of(world.rebun_device).get("/device/").content.decode()

    assert "この教室の授業予定はありません" in page
    assert "数学" not in page


def test_before_the_door_opens_the_page_says_when(world: World, now: datetime) -> None:
    book_lesson(world, now + timedelta(hours=2), now=now)

    page = client_of(world.rishiri_device).get("/device/").content.decode()

    assert "に開きます" in page
    assert "授業を始める" not in page


@pytest.mark.parametrize("who", ["tanaka", "nakamura", "sato", "suzuki", "admin", "kato"])
def test_nobody_but_a_device_has_a_waiting_page(world: World, who: str) -> None:
    client = client_of(getattr(world, who))

    assert client.get("/device/").status_code == 404
    assert client.post("/device/status/", FINE, content_type="application/json").status_code == 404
    assert not DeviceStatus.objects.exists()


def test_a_post_that_has_ended_waits_no_more(world: World) -> None:
    today = timezone.localdate()
    Membership.objects.filter(user=world.rishiri_device).update(valid_until=today)

    assert client_of(world.rishiri_device).get("/device/").status_code == 404


def test_a_lesson_on_the_other_set_is_for_the_device_that_stands_there(
    world: World, now: datetime, lesson: Booking
) -> None:
    other = Location.objects.create(
        kind=Resource.Kind.RECEIVING_SET, organisation=world.rishiri, name="受信機材2", position=2
    )
    second = add_user("rishiri-set2", "利尻 受信機材2", world.rishiri, Role.DEVICE, location=other)

    assert devices.next_side(post(world.rishiri_device, now), now) == side_of(lesson, world.rishiri)
    assert devices.next_side(post(second, now), now) is None


def test_a_hold_is_no_lesson_to_wait_for(world: World, now: datetime, lesson: Booking) -> None:
    Booking.objects.filter(pk=lesson.pk).update(
        state=Booking.State.TENTATIVE, expires_at=now + timedelta(minutes=5)
    )

    assert devices.next_side(post(world.rishiri_device, now), now) is None


# Reports


def test_a_report_is_taken_down_and_answered(world: World, lesson: Booking) -> None:
    status, orders = says(world.rishiri_device, **FINE, age=12)

    assert status == 200
    assert orders["go"] == ""
    assert orders["every"] == 3000
    row = DeviceStatus.objects.get(user=world.rishiri_device)
    assert (row.camera, row.speaker, row.line) == ("ok", "", "ok")
    assert row.checked_at is not None
    assert timedelta(seconds=11) < row.seen_at - row.checked_at < timedelta(seconds=13)


def test_far_from_a_lesson_a_device_reports_seldom(world: World) -> None:
    assert says(world.rishiri_device, **FINE)[1]["every"] == 15000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b'{"camera": "maybe"}',
        b'{"age": -1}',
        b'{"age": "x"}',
        b'{"room": "a"}',
        b'{"age": 1%s}' % (b"0" * 400),
        b"[" * 100_000,
    ],
)
def test_nonsense_is_refused_and_changes_nothing(world: World, body: bytes) -> None:
    answer = client_of(world.rishiri_device).post("/device/status/", body, content_type="application/json")

    assert answer.status_code == 400
    assert not DeviceStatus.objects.exists()


def test_a_device_stays_signed_in_for_months_after_its_last_day(world: World) -> None:
    client = client_of(world.rishiri_device)

    answer = client.post("/device/status/", FINE, content_type="application/json")

    assert int(answer.cookies["sessionid"]["max-age"]) == 90 * 24 * 3600
    again = client.post("/device/status/", FINE, content_type="application/json")
    assert "sessionid" not in again.cookies


def test_the_state_follows_what_the_device_says(world: World, now: datetime, lesson: Booking) -> None:
    device = post(world.rishiri_device, now)
    assert state(lesson, world.rishiri, now) == State.GONE

    devices.report(device, Report({}), now=now)
    assert state(lesson, world.rishiri, now) == State.WAITING
    devices.report(device, Report(FINE, timedelta(0)), now=now)
    assert state(lesson, world.rishiri, now) == State.CHECKED
    devices.report(device, Report(FINE | {"microphone": "bad"}, timedelta(0)), now=now)
    assert state(lesson, world.rishiri, now) == State.PROBLEM
    assert state(lesson, world.rishiri, now + timedelta(seconds=41)) == State.GONE


def test_a_school_without_a_device_says_so(world: World, now: datetime, lesson: Booking) -> None:
    Membership.objects.filter(user=world.rishiri_device).delete()

    assert state(lesson, world.rishiri, now) == State.NONE


def test_a_device_in_the_room_is_known_by_its_visit_and_no_longer_than_its_beats(
    world: World, now: datetime, lesson: Booking
) -> None:
    visit = Visit.objects.create(
        booking=lesson, user=world.rishiri_device, organisation=world.rishiri,
        participant=side_of(lesson, world.rishiri), standing=Visit.Standing.SCHOOL, peer="p", server="s",
        started_at=now, last_beat_at=now,
    )  # fmt: skip

    assert state(lesson, world.rishiri, now) == State.INSIDE
    assert state(lesson, world.rebun, now) == State.GONE
    assert state(lesson, world.rishiri, now + timedelta(minutes=2)) == State.GONE
    visit.ended_at = now
    visit.save()
    assert state(lesson, world.rishiri, now) == State.GONE


def test_a_computer_that_stands_in_for_the_device_counts_as_one(
    world: World, now: datetime, lesson: Booking
) -> None:
    Visit.objects.create(
        booking=lesson, user=world.tanaka, organisation=world.rishiri, standing=Visit.Standing.SCHOOL,
        peer="p", server="s", started_at=now, last_beat_at=now,
    )  # fmt: skip

    assert state(lesson, world.rishiri, now) == State.INSIDE
    assert state(lesson, world.rebun, now) == State.GONE
    devices.report(post(world.rishiri_device, now), Report(FINE, timedelta(0)), now=now)
    assert state(lesson, world.rishiri, now) == State.CHECKED, "the device may still be started"


@pytest.mark.parametrize("places", [(1, 2), (1, None), (None, None), (2, 2)])
def test_whoever_serves_a_side_waits_for_it(
    world: World, now: datetime, lesson: Booking, places: tuple[int | None, int | None]
) -> None:
    """The lesson is on set 1: its own device, else one on no set, else any."""
    other = Location.objects.create(
        kind=Resource.Kind.RECEIVING_SET, organisation=world.rishiri, name="受信機材2", position=2
    )
    sets = {1: world.rishiri_set, 2: other, None: None}
    second = add_user("rishiri-set2", "利尻 受信機材2", world.rishiri, Role.DEVICE)
    for user, place in zip((world.rishiri_device, second), places, strict=True):
        Membership.objects.filter(user=user).update(location=sets[place])
    side = side_of(lesson, world.rishiri)

    waiting = {
        user for user in (world.rishiri_device, second) if devices.next_side(post(user, now), now) == side
    }

    for user in (world.rishiri_device, second):
        DeviceStatus.objects.all().delete()
        devices.report(post(user, now), Report(FINE, timedelta(0)), now=now)
        assert (devices.state_of(side, now).user == user) == (user in waiting)
    assert len(waiting) == (1 if 1 in places else 2)


# Starting from a telephone


def start(user: User, uid: UUID) -> int:
    return client_of(user).post(f"/rooms/{uid}/start/").status_code


def test_the_staffs_press_sends_the_device_into_the_room(world: World, lesson: Booking) -> None:
    says(world.rishiri_device, **FINE)
    says(world.rebun_device, **FINE)

    assert start(world.tanaka, lesson.uid) == 302

    room = f"/rooms/{lesson.uid}/"
    assert says(world.rishiri_device, **FINE)[1]["go"] == room
    assert says(world.rishiri_device, **FINE)[1]["go"] == room, "an answer may be lost"
    assert says(world.rebun_device, **FINE)[1]["go"] == "", "another school's device stays"


def test_a_device_that_did_it_is_not_sent_again(world: World, lesson: Booking) -> None:
    says(world.rishiri_device, **FINE)
    start(world.nakamura, lesson.uid)

    assert says(world.rishiri_device, room=str(lesson.uid))[1] | {"at": ""} == {
        "go": "",
        "every": 5000,
        "at": "",
    }
    assert says(world.rishiri_device, **FINE)[1]["go"] == "", "it left the room deliberately"


def test_an_order_holds_five_minutes(world: World, now: datetime, lesson: Booking) -> None:
    device = post(world.rishiri_device, now)
    devices.report(device, Report(FINE), now=now)
    devices.ask_to_start(side_of(lesson, world.rishiri), by=world.tanaka, now=now)

    late = devices.report(device, Report(FINE), now=now + timedelta(minutes=4, seconds=59))
    too_late = devices.report(device, Report(FINE), now=now + timedelta(minutes=5))

    assert late.enter == lesson.uid
    assert too_late.enter is None


def test_the_next_lessons_press_calls_a_device_out_of_the_last_room(
    world: World, now: datetime, lesson: Booking
) -> None:
    practice = book_practice(world, now=now)
    says(world.rishiri_device, room=str(practice.uid))
    start(world.tanaka, lesson.uid)

    assert says(world.rishiri_device, room=str(practice.uid))[1]["go"] == f"/rooms/{lesson.uid}/"


def test_a_device_left_in_a_room_that_is_over_goes_back_to_wait(
    world: World, now: datetime, lesson: Booking
) -> None:
    device = post(world.rishiri_device, now)
    inside = Report({}, room=lesson.uid)

    assert not devices.report(device, inside, now=lesson.end + timedelta(minutes=9)).wait
    assert devices.report(device, inside, now=lesson.end + timedelta(minutes=10)).wait


@pytest.mark.parametrize("who", ["sato", "suzuki", "admin", "kato", "rishiri_device"])
def test_only_the_schools_staff_may_start(world: World, lesson: Booking, who: str) -> None:
    says(world.rishiri_device, **FINE)

    assert start(getattr(world, who), lesson.uid) == 404
    assert says(world.rishiri_device, **FINE)[1]["go"] == ""


def test_another_schools_staff_start_their_own_device_alone(world: World, lesson: Booking) -> None:
    for device in (world.rishiri_device, world.rebun_device):
        says(device, **FINE)

    assert start(world.kudo, lesson.uid) == 302

    assert says(world.rebun_device, **FINE)[1]["go"]
    assert says(world.rishiri_device, **FINE)[1]["go"] == ""


def test_before_the_door_opens_nothing_is_started(world: World, now: datetime) -> None:
    early = book_lesson(world, now + timedelta(hours=1), now=now)
    says(world.rishiri_device, **FINE)

    answer = client_of(world.tanaka).post(f"/rooms/{early.uid}/start/", follow=True)

    assert "端末には知らせていません" in answer.content.decode()
    assert says(world.rishiri_device, **FINE)[1]["go"] == ""


def test_a_device_that_is_not_connected_was_not_told_and_nobody_says_so(
    world: World, lesson: Booking, now: datetime
) -> None:
    says(world.rishiri_device, **FINE)
    DeviceStatus.objects.update(seen_at=now - timedelta(minutes=5))

    page = client_of(world.tanaka).post(f"/rooms/{lesson.uid}/start/", follow=True).content.decode()

    assert "端末がつながりしだい、教室に入ります" in page
    assert "知らせました" not in page


def test_a_device_that_was_never_there_cannot_be_told(world: World, lesson: Booking) -> None:
    answer = client_of(world.tanaka).post(f"/rooms/{lesson.uid}/start/", follow=True)

    assert "まだ一度もつながっていません" in answer.content.decode()


# The page beside the device


def companion(user: User, lesson: Booking, query: str = "", language: str = "ja") -> tuple[int, str]:
    answer = client_of(user, language).get(f"/rooms/{lesson.uid}/{query}")
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize("who", ["tanaka", "nakamura"])
def test_staff_get_the_page_beside_the_device_and_no_room(world: World, lesson: Booking, who: str) -> None:
    says(world.rishiri_device, **FINE, age=1)

    status, page = companion(getattr(world, who), lesson)

    assert status == 200
    assert "教室の端末で始める" in page
    assert "確認済み" in page
    assert "このパソコンを教室の端末にする" not in page, "it would howl"
    assert "/ws/" not in page
    assert "room_page.js" not in page


def test_without_a_device_a_computer_may_take_its_place(world: World, lesson: Booking) -> None:
    _, page = companion(world.tanaka, lesson)

    assert "つながっていません" in page
    assert f'href="/rooms/{lesson.uid}/?join=1"' in page
    assert "room_page.js" in companion(world.tanaka, lesson, "?join=1")[1]


def test_the_device_itself_the_teacher_and_the_centre_enter_the_room(world: World, lesson: Booking) -> None:
    for user in (world.rishiri_device, world.sato, world.suzuki):
        assert "room_page.js" in companion(user, lesson)[1]


def test_the_practice_room_is_entered_by_staff_and_device_alike(world: World, now: datetime) -> None:
    practice = book_practice(world, now=now)

    for user in (world.tanaka, world.rishiri_device):
        assert "room_page.js" in companion(user, practice)[1]


def test_a_started_device_shows_on_the_staffs_page(world: World, lesson: Booking) -> None:
    says(world.rishiri_device, **FINE)
    start(world.tanaka, lesson.uid)

    _, page = companion(world.tanaka, lesson)

    assert "端末に知らせました" in page
    assert "教室の端末で始める" not in page


def test_the_staffs_page_is_there_before_and_after_the_lesson(world: World, now: datetime) -> None:
    early = book_lesson(world, now + timedelta(hours=3), now=now)
    past = book_lesson(world, now - timedelta(hours=3), now=now)

    status, page = companion(world.tanaka, early)
    assert (status, "に開きます" in page, "教室の端末で始める" in page) == (200, True, False)
    status, page = companion(world.tanaka, past)
    assert (status, "教室の端末で始める" in page) == (200, False)


def test_a_withdrawn_schools_staff_find_no_page_and_a_stranger_none(
    world: World, now: datetime, lesson: Booking
) -> None:
    side = side_of(lesson, world.rebun)
    bookings.withdraw(side, by=world.suzuki, now=now, intention=uuid4())

    assert companion(world.kudo, lesson)[0] == 404
    assert companion(world.kato, lesson)[0] == 404


def test_the_staffs_page_speaks_english(world: World, lesson: Booking) -> None:
    _, page = companion(world.tanaka, lesson, language="en")

    assert "Make this computer the room" in page
    assert "Call the centre for help" in page


def test_a_device_comes_back_to_its_waiting_page_from_a_room(world: World, lesson: Booking) -> None:
    assert '"today": "/device/"' in companion(world.rishiri_device, lesson)[1]
    assert '"today": "/"' in companion(world.sato, lesson)[1]
