"""The waiting room of a conference: nobody is in before the host's word, and everybody is told the truth."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from channels.db import database_sync_to_async
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from realtime import access, admittances
from realtime.access import Admission, Reason, Refusal
from realtime.models import Admittance
from realtime.protocol import Close
from scheduler import audit, bookings
from scheduler.models import AuditEntry, Booking, Role, User
from tests.cast import World, add_user
from tests.realtime.conferences import Doctors, add_doctors, book_conference, conference_plan
from tests.realtime.lessons import book_lesson
from tests.realtime.sockets import Knocker, answers, enter, knock


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def doctors(world: World) -> Doctors:
    return add_doctors()


@pytest.fixture
def conference(doctors: Doctors, now: datetime) -> Booking:
    return book_conference(doctors, now - timedelta(minutes=5), now=now)


@pytest.fixture
def conference_now(lesson_now: Booking, world: World) -> tuple[Booking, Doctors]:
    """Beside a lesson, whose fixture leaves nobody in any room."""
    doctors, now = add_doctors(), timezone.now()
    return book_conference(doctors, now - timedelta(minutes=5), now=now), doctors


def signed_in(user: User, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(user)
    return client


def get(user: User, path: str) -> HttpResponse:
    response: HttpResponse = signed_in(user).get(path)  # type: ignore[assignment]
    return response


def door(host: User, booking: Booking) -> dict[str, list[dict[str, str]]]:
    facts: dict[str, list[dict[str, str]]] = signed_in(host).get(f"/rooms/{booking.uid}/door/").json()
    return facts


def names(callers: list[dict[str, str]]) -> list[str]:
    return [caller["name"] for caller in callers]


def say(host: User, booking: Booking, word: str, *whom: User) -> HttpResponse:
    keys = [admittances.key_of(row) for row in booking.admittances.filter(user__in=whom)]
    client = signed_in(host)
    response: HttpResponse = client.post(f"/rooms/{booking.uid}/{word}/", {"key": keys})  # type: ignore[assignment]
    return response


def reason(user: User, booking: Booking, now: datetime) -> str:
    """ "" for an admission."""
    decision = access.decide(user, booking.uid, now)
    return decision.reason if isinstance(decision, Refusal) else ""


def test_a_guest_waits_and_the_host_does_not(doctors: Doctors, conference: Booking, now: datetime) -> None:
    host = access.decide(doctors.abe, conference.uid, now)

    assert isinstance(host, Admission)
    assert (host.role, host.mode) == ("host", "mesh")
    assert reason(doctors.mori, conference, now) == Reason.WAITING
    assert reason(doctors.ueda, conference, now) == Reason.WAITING
    assert reason(doctors.hara, conference, now) == Reason.NO_RIGHT


def test_a_lesson_has_no_waiting_room(world: World, doctors: Doctors, now: datetime) -> None:
    lesson = book_lesson(world, now, now=now)

    assert reason(world.rishiri_device, lesson, now) == ""
    assert get(world.sato, f"/rooms/{lesson.uid}/door/").status_code == 404
    assert signed_in(world.sato).post(f"/rooms/{lesson.uid}/admit/").status_code == 404


def test_the_waiting_page_says_for_whom_and_since_when_and_what_to_ring(
    doctors: Doctors, conference: Booking
) -> None:
    response = get(doctors.mori, f"/rooms/{conference.uid}/")

    page = response.content.decode()
    assert response.status_code == 200
    assert "<title>待合室 | 遠隔</title>" in page
    for words in (
        "カンファレンス",
        "札幌総合病院",
        "阿部 桜",
        "主催者はまだ来ていません",
        "tel:011-111-1111",
    ):
        assert words in page
    assert "上田" not in page
    assert 'id="stage"' not in page
    assert "/ws/" not in page


def test_the_host_reads_who_waits_and_lets_them_in_and_the_page_then_enters(
    doctors: Doctors, conference: Booking
) -> None:
    get(doctors.mori, f"/rooms/{conference.uid}/")
    waits = door(doctors.abe, conference)

    answer = say(doctors.abe, conference, "admit", doctors.mori)

    assert [(one["name"], one["org"]) for one in waits["waiting"]] == [("森 誠", "利尻島国保病院")]
    assert answer.status_code == 302
    after = door(doctors.abe, conference)
    assert (names(after["waiting"]), names(after["admitted"])) == ([], ["森 誠"])
    assert get(doctors.mori, f"/rooms/{conference.uid}/waiting/").status_code == 204
    assert 'id="stage"' in get(doctors.mori, f"/rooms/{conference.uid}/").content.decode()
    assert get(doctors.ueda, f"/rooms/{conference.uid}/waiting/").status_code == 200


def test_the_hosts_word_is_on_the_audit_once_for_each_account(
    world: World, doctors: Doctors, conference: Booking
) -> None:
    for user in (doctors.mori, doctors.ueda):
        get(user, f"/rooms/{conference.uid}/")

    say(doctors.abe, conference, "admit", doctors.mori, doctors.ueda)
    say(doctors.abe, conference, "admit", doctors.mori)  # twice is once
    say(doctors.mori, conference, "return", doctors.ueda)  # not theirs to say
    say(doctors.abe, conference, "return", doctors.mori)

    entries = AuditEntry.objects.filter(object_type="room", object_key=str(conference.uid)).order_by("pk")
    assert [(entry.event, entry.actor_id, entry.facts) for entry in entries] == [
        ("room.admit", doctors.abe.pk, {"account": doctors.mori.pk}),
        ("room.admit", doctors.abe.pk, {"account": doctors.ueda.pk}),
        ("room.return", doctors.abe.pk, {"account": doctors.mori.pk}),
    ]
    assert audit.verify() == []
    page = get(world.admin, "/audit/").content.decode()
    assert "待合室からの入室許可" in page
    assert "待合室への差し戻し" in page


def test_only_those_are_let_in_whom_the_host_has_named(
    doctors: Doctors, conference: Booking, now: datetime
) -> None:
    for user in (doctors.mori, doctors.ueda):
        get(user, f"/rooms/{conference.uid}/")

    say(doctors.abe, conference, "admit")
    assert names(door(doctors.abe, conference)["admitted"]) == []
    say(doctors.abe, conference, "admit", doctors.mori, doctors.ueda)

    assert [reason(user, conference, now) for user in (doctors.mori, doctors.ueda)] == ["", ""]


def test_nobody_but_the_host_reads_the_door_or_speaks_at_it(
    world: World, doctors: Doctors, conference: Booking, now: datetime
) -> None:
    get(doctors.mori, f"/rooms/{conference.uid}/")
    get(doctors.ueda, f"/rooms/{conference.uid}/")
    say(doctors.abe, conference, "admit", doctors.ueda)

    for user in (doctors.mori, doctors.ueda, doctors.hara, world.kato, world.admin):
        assert get(user, f"/rooms/{conference.uid}/door/").status_code == 404
        assert say(user, conference, "admit", doctors.mori).status_code == 404
        assert say(user, conference, "return", doctors.ueda).status_code == 404

    assert reason(doctors.mori, conference, now) == Reason.WAITING
    assert reason(doctors.ueda, conference, now) == ""


def test_the_hosts_word_needs_the_forms_token(doctors: Doctors, conference: Booking) -> None:
    client = signed_in(doctors.abe, enforce_csrf_checks=True)

    for word in ("admit", "return"):
        assert client.post(f"/rooms/{conference.uid}/{word}/", {"key": "x"}).status_code == 403


def test_a_stranger_finds_the_closed_door_of_an_unknown_room(
    world: World, doctors: Doctors, conference: Booking
) -> None:
    for user in (doctors.hara, world.kato, world.admin):
        for path in ("", "waiting/", "help/"):
            found = get(user, f"/rooms/{conference.uid}/{path}").status_code
            assert (found, get(user, f"/rooms/{uuid4()}/{path}").status_code) == (404, 404)

    assert not Admittance.objects.exists()


def test_whoever_stops_knocking_no_longer_stands_at_the_door(
    doctors: Doctors, conference: Booking, now: datetime
) -> None:
    later = now + timedelta(seconds=10)
    admittances.knock(conference, doctors.mori, now=now)
    admittances.knock(conference, doctors.ueda, now=later)

    def who(at: datetime) -> list[int]:
        return [row.user_id for row in admittances.waiting(conference, at)]

    assert who(now + timedelta(seconds=14)) == [doctors.mori.pk, doctors.ueda.pk]
    assert who(now + timedelta(seconds=15)) == [doctors.ueda.pk]
    assert admittances.knock(conference, doctors.ueda, now=now + timedelta(seconds=13)) == later
    back = now + timedelta(minutes=1)
    assert admittances.knock(conference, doctors.mori, now=back) == back
    assert who(back) == [doctors.mori.pk]


def test_the_word_stands_when_the_conference_is_moved_a_little_and_is_void_on_another_day(
    doctors: Doctors, now: datetime
) -> None:
    booking = book_conference(doctors, now + timedelta(minutes=15), now=now)
    admittances.knock(booking, doctors.mori, now=now)
    keys = [admittances.key_of(row) for row in booking.admittances.all()]
    admittances.admit(booking, keys, by=doctors.abe, now=now)

    def moved(to: datetime) -> Booking:
        plan = conference_plan(doctors, to)
        return bookings.move(booking, plan, by=doctors.abe, now=now, intention=uuid4())

    soon, tomorrow = now + timedelta(minutes=45), now + timedelta(days=1)
    assert reason(doctors.mori, moved(soon), soon) == ""
    later = moved(tomorrow)
    assert reason(doctors.mori, later, tomorrow) == Reason.WAITING
    assert not admittances.admitted(later)
    admittances.knock(later, doctors.mori, now=tomorrow)
    admittances.admit(later, keys, by=doctors.abe, now=tomorrow)
    assert reason(doctors.mori, later, tomorrow) == ""


def test_a_cancelled_conference_says_so_to_whoever_waits(
    doctors: Doctors, conference: Booking, now: datetime
) -> None:
    assert get(doctors.mori, f"/rooms/{conference.uid}/waiting/").status_code == 200

    bookings.cancel(conference, by=doctors.abe, now=now, intention=uuid4())

    assert get(doctors.mori, f"/rooms/{conference.uid}/waiting/").status_code == 204
    page = get(doctors.mori, f"/rooms/{conference.uid}/")
    assert (page.status_code, "行われません" in page.content.decode()) == (410, True)


def test_whoever_no_longer_takes_part_waits_no_more(
    doctors: Doctors, conference: Booking, now: datetime
) -> None:
    get(doctors.mori, f"/rooms/{conference.uid}/")
    side = conference.participants.get(person__user=doctors.mori)

    side.withdrawn_at = now
    side.save()

    assert get(doctors.mori, f"/rooms/{conference.uid}/waiting/").status_code == 404


@pytest.mark.parametrize("many", [1, 3])
def test_the_door_asks_the_database_as_often_for_many_as_for_one(
    doctors: Doctors, now: datetime, many: int, django_assert_num_queries: Any
) -> None:
    more = [add_user(f"d{n}", f"医師{n}", doctors.hospital, Role.SPECIALIST) for n in range(many)]
    booking = book_conference(doctors, now, *more, now=now)
    for user in more:
        admittances.knock(booking, user, now=now)

    with django_assert_num_queries(2):
        assert len(admittances.callers(booking, admittances.waiting(booking, now))) == many


# Sockets


async def at_door(word: str, host: User, booking: Booking, *whom: User) -> None:
    await database_sync_to_async(say)(host, booking, word, *whom)


async def let_in(host: User, booking: Booking, *whom: User) -> None:
    for user in whom:
        await database_sync_to_async(get)(user, f"/rooms/{booking.uid}/")
    await at_door("admit", host, booking, *whom)


async def test_a_socket_opened_by_hand_is_refused_until_the_hosts_word(
    conference_now: tuple[Booking, Doctors],
) -> None:
    booking, doctors = conference_now
    host = await enter(doctors.abe, booking.uid)

    early = await knock(doctors.mori, booking.uid)
    await early.say("join", v=1)
    stranger = await knock(doctors.hara, booking.uid)

    assert await early.closed() == ("waiting", Close.WAITING)
    assert await stranger.closed() == ("forbidden", Close.FORBIDDEN)
    await let_in(doctors.abe, booking, doctors.mori)
    joined = await (await knock(doctors.mori, booking.uid)).join()
    assert [peer["id"] for peer in joined["peers"]] == [host.id]


async def test_who_is_sent_back_is_out_at_once_and_the_others_stay(
    conference_now: tuple[Booking, Doctors],
) -> None:
    booking, doctors = conference_now
    await let_in(doctors.abe, booking, doctors.mori, doctors.ueda)
    host = await enter(doctors.abe, booking.uid)
    mori = await enter(doctors.mori, booking.uid)
    ueda = await enter(doctors.ueda, booking.uid)
    second_device = await enter(doctors.mori, booking.uid)

    await at_door("return", doctors.abe, booking, doctors.mori)

    assert await mori.closed() == ("waiting", Close.WAITING)
    assert await second_device.closed() == ("waiting", Close.WAITING)
    left = [await host.read_until("peer-left"), await host.read_until("peer-left")]
    assert {(one["id"], one["reason"]) for one in left} == {
        (mori.id, "removed"), (second_device.id, "removed"),
    }  # fmt: skip
    await ueda.read_until("peer-left")
    await ueda.read_until("peer-left")
    await answers(host)
    await answers(ueda)
    again = await knock(doctors.mori, booking.uid)
    await again.say("join", v=1, resume=mori.resume)
    assert await again.closed() == ("waiting", Close.WAITING)


async def test_who_was_let_in_comes_back_by_reload_and_by_a_second_device(
    conference_now: tuple[Booking, Doctors],
) -> None:
    booking, doctors = conference_now
    await let_in(doctors.abe, booking, doctors.mori)
    first = await enter(doctors.mori, booking.uid)

    reloaded = await enter(doctors.mori, booking.uid, first.resume)
    second = await enter(doctors.mori, booking.uid)

    assert reloaded.id == first.id
    assert second.id != first.id


async def pages_of(user: User, booking: Booking, count: int) -> list[Knocker]:
    return [await enter(user, booking.uid) for _ in range(count)]


async def test_a_sixth_is_told_that_the_room_is_full_and_ghosts_do_not_count(
    conference_now: tuple[Booking, Doctors],
) -> None:
    booking, doctors = conference_now
    await let_in(doctors.abe, booking, doctors.mori, doctors.ueda)
    host = await enter(doctors.abe, booking.uid)
    inside = await pages_of(doctors.mori, booking, 4)

    sixth = await knock(doctors.ueda, booking.uid)
    await sixth.say("join", v=1)

    assert await sixth.closed() == ("room-full", Close.FULL)
    assert (await enter(doctors.mori, booking.uid, inside[0].resume)).id == inside[0].id
    await inside[3].vanish()
    await (await knock(doctors.ueda, booking.uid)).join()
    assert not host.wire.future.done()


async def test_a_place_is_kept_for_the_host(conference_now: tuple[Booking, Doctors]) -> None:
    booking, doctors = conference_now
    await let_in(doctors.abe, booking, doctors.mori, doctors.ueda)
    inside = await pages_of(doctors.mori, booking, 4)

    fifth = await knock(doctors.ueda, booking.uid)
    await fifth.say("join", v=1)

    assert await fifth.closed() == ("room-full", Close.FULL)
    joined = await (await knock(doctors.abe, booking.uid)).join()
    assert {peer["id"] for peer in joined["peers"]} == {page.id for page in inside}
