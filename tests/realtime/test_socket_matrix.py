"""docs/permissions.md is what happens at the doors of rooms: every account, every kind of room."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from realtime.protocol import Close
from scheduler import bookings, permission_table, session_rules
from scheduler.intervals import Interval
from scheduler.models import Booking, Organisation, Role, User
from scheduler.names import Name
from scheduler.plans import Need, Plan, Side
from tests import leaking, permission_matrix
from tests.cast import World, add_person, add_user
from tests.environment import ROOT
from tests.leaking import Stage
from tests.realtime.conferences import let_all_in
from tests.realtime.lessons import book_lesson
from tests.realtime.sockets import cookie, knock_with

DOCUMENT = permission_table.path(ROOT)
WORDS = {
    ("forbidden", Close.FORBIDDEN): "–",
    ("too-early", Close.FORBIDDEN): "early",
    ("waiting", Close.WAITING): "waiting",
    ("room-closed", Close.ROOM_CLOSED): "closed",
    ("auth-failed", Close.AUTH): "sign in",
}
IDLE_MINUTES = 15
NO_KEY = r'"\000aaaaaaaaaaaa"'
"""A NUL, as browsers may send it; PostgreSQL refuses one."""
BEFORE, AFTER = "conference", "the same, let in"


@pytest.fixture
def stage(empty_rooms: None, world: World, settings: Settings) -> Stage:
    settings.SESSION_IDLE_MINUTES = IDLE_MINUTES
    return leaking.build(world)


def rooms(stage: Stage) -> dict[str, Booking]:
    """By what the table's columns are called."""
    people, now = stage.people, stage.now
    hospital = people["abe"].memberships.get().organisation
    conference = _conference(hospital, [people["abe"], people["mori"], people["desk"]], now)
    clinic = Organisation.objects.get(code="H8")
    others = [
        User.objects.get(email="okabe@example.jp"),
        add_user("ueda", "上田 翔", clinic, Role.LOCAL_DOCTOR),
    ]
    return {
        "lesson": stage.running,
        "other lesson": _lesson_of_ito(stage),
        "tomorrow's lesson": book_lesson(stage.world, now + timedelta(days=1), now=now),
        "past lesson": stage.signed,
        "practice": stage.practice,
        BEFORE: conference,
        AFTER: conference,
        "other conference": _conference(clinic, others, now),
    }


def _conference(organiser: Organisation, users: list[User], now: datetime) -> Booking:
    """The first of them leads."""
    whole = Interval(now - timedelta(minutes=5), now + timedelta(minutes=45))
    people = [getattr(user, "person", None) or add_person(user, organiser) for user in users]
    plan = Plan(
        kind=Booking.Kind.CONFERENCE, title=Name("カンファレンス", "Conference"), organiser_id=organiser.pk,
        visibility=Booking.Visibility.CONFIDENTIAL,
        sides=tuple(
            Side(organiser.pk, whole, needs=(Need((one.pk,)),), person_id=one.pk, is_host=one is people[0])
            for one in people
        ),
    )  # fmt: skip
    return bookings.book(plan, by=users[0], now=now, intention=uuid4())


def _lesson_of_ito(stage: Stage) -> Booking:
    world = stage.world
    whole = Interval(stage.now - timedelta(minutes=5), stage.now + timedelta(minutes=45))
    ito = world.ito_person.pk
    plan = Plan(
        kind=Booking.Kind.LESSON, title=Name("物理", "Physics"), organiser_id=world.centre.pk,
        sides=(
            Side(world.centre.pk, whole, needs=(Need((ito,)),), person_id=ito, is_host=True),
            Side(world.rebun.pk, whole, period_number=2, headcount=5),
        ),
    )  # fmt: skip
    return bookings.book(plan, by=world.suzuki, now=stage.now, intention=uuid4())


def cookies(stage: Stage) -> dict[str, bytes]:
    """By what the table's rows are called: everybody of the stage, and who only seems to be somebody."""
    found = {name: cookie(user) for name, user in stage.people.items()}
    rishiri, today = stage.world.rishiri, timezone.localdate(stage.now)
    gone = add_user("gone", "去年の教頭", rishiri, Role.SCHOOL_COORDINATOR, valid_until=today)
    closed = add_user("closed", "閉じた教頭", rishiri, Role.SCHOOL_COORDINATOR)
    found |= {"post that ended": cookie(gone), "closed account": cookie(closed)}
    User.objects.filter(pk=closed.pk).update(is_active=False)
    found["expired session"] = cookie(stage.world.sato)
    key = found["expired session"].decode().split("=")[1]
    Session.objects.filter(pk=key).update(expire_date=stage.now - timedelta(seconds=1))
    found["idle session"] = _idle_cookie(stage.people["abe"], stage.now)
    return found | {"nobody": b"", "no session's key": f"{settings.SESSION_COOKIE_NAME}={NO_KEY}".encode()}


def _idle_cookie(user: User, now: datetime) -> bytes:
    """Of a browser that stood unattended since it opened a page."""
    client = Client()
    client.force_login(user)
    session = client.session
    left = now - timedelta(minutes=IDLE_MINUTES)
    session[session_rules.BEGAN] = session[session_rules.SEEN] = left.isoformat()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}".encode()


async def got(brought: bytes, uid: UUID) -> str:
    """What the door of the room gives to a socket with this cookie, in the table's words."""
    socket = await knock_with(brought, uid)
    await socket.say("join", v=1)
    event = await socket.wire.receive_output(timeout=10)
    message = json.loads(event["text"])
    if message["t"] == "joined":
        await socket.say("leave")
        await socket.closed()
        return str(message["role"])
    assert message["t"] == "error"
    closed = await socket.wire.receive_output(timeout=10)
    return WORDS[message["code"], Close(closed["code"])]


async def asked(stage: Stage, by_name: Mapping[str, Booking], brought: Mapping[str, bytes]) -> str:
    table = {name: dict[str, str]() for name in brought}
    for room, booking in by_name.items():
        if room == AFTER:
            await database_sync_to_async(let_all_in)(booking, by=stage.people["abe"], now=timezone.now())
        for name, its in brought.items():
            table[name][room] = await got(its, booking.uid)
    lines = [f"| account | {' | '.join(by_name)} |", f"|---|{'---|' * len(by_name)}"]
    lines += [f"| {name} | {' | '.join(cells.values())} |" for name, cells in table.items()]
    return "\n".join(lines)


async def test_every_room_opens_for_whom_the_document_says(stage: Stage) -> None:
    by_name = await database_sync_to_async(rooms)(stage)
    brought = await database_sync_to_async(cookies)(stage)

    table = await asked(stage, by_name, brought)

    permission_matrix.kept(DOCUMENT, table, begin=permission_matrix.SOCKETS)


async def test_no_room_tells_that_it_exists(stage: Stage) -> None:
    """What a stranger gets is what everybody gets at an address that is nobody's."""
    brought = await database_sync_to_async(cookies)(stage)

    answers = {name: await got(its, uuid4()) for name, its in brought.items()}

    signed_out = {"nobody", "no session's key", "expired session", "idle session", "closed account"}
    assert answers == {name: "sign in" if name in signed_out else "–" for name in brought}


async def test_whoever_needs_a_second_step_enters_nowhere_without_it(
    stage: Stage, settings: Settings
) -> None:
    settings.REQUIRE_SECOND_FACTOR = True
    by_name = await database_sync_to_async(rooms)(stage)
    brought = await database_sync_to_async(cookies)(stage)
    del by_name[AFTER]

    for name in ("admin", "abe", "mori", "desk", "auditor"):
        assert {await got(brought[name], booking.uid) for booking in by_name.values()} == {"sign in"}, name
    assert await got(brought["sato"], stage.running.uid) == "host"
