"""One slot, many people, several server processes: one of them gets it, the others are told why not."""

from __future__ import annotations

import asyncio
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from uuid import uuid4

import httpx
import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from classrooms.models import Lesson, Reception
from scheduler import calendars
from scheduler.dayplans import day_plan
from scheduler.models import Booking, Claim, Notice, User
from tests.browser.live import LiveServer, database_url
from tests.cast import World
from tests.scheduler import racing

pytestmark = [
    pytest.mark.both_databases,
    pytest.mark.usefixtures("transactional_db", "django_db_serialized_rollback"),
]
PROCESSES = 4
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


@pytest.fixture(scope="module")
def servers(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[LiveServer]]:
    """Server processes over the tests' database; they see what a test has committed."""
    folder = tmp_path_factory.mktemp("servers")
    with ExitStack() as stack:
        started = []
        for number in range(PROCESSES):
            server = LiveServer(
                database=database_url(),
                log=folder / f"server-{number}.log",
                environment={"ENKAKU_VAR": str(folder), "REDIS_URL": ""},
            )
            stack.callback(server.kill)
            server.start()
            started.append(server)
        yield started


def requests_at_once() -> int:
    """SQLite has one writer at a time, so fewer people queue there."""
    return 200 if connection.vendor == "postgresql" else 50


def school_day(world: World) -> date:
    """The first day from next week on with lessons at both schools; servers live in the real present."""
    first = timezone.localdate() + timedelta(days=7)
    schools = [world.rishiri.pk, world.rebun.pk]
    days = [first + timedelta(days=n) for n in range(30)]
    facts = calendars.school_facts(schools, days[0], days[-1])
    return next(day for day in days if all(day_plan(facts[pk], day).open_periods for pk in schools))


def session_of(user: User) -> dict[str, str]:
    client = Client()
    client.force_login(user)
    return {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}


async def posted(
    servers: list[LiveServer], cookies: dict[str, str], forms: list[dict[str, str]]
) -> list[httpx.Response]:
    """The answers to all forms, sent at one moment and dealt out to the servers in turn."""
    address = reverse("classrooms:book")
    async with httpx.AsyncClient(cookies=cookies, timeout=120, limits=httpx.Limits()) as client:
        page = await client.get(f"{servers[0].url}{address}")
        token = TOKEN.search(page.text)
        assert page.status_code == 200
        assert token is not None
        return await asyncio.gather(
            *(
                client.post(
                    f"{servers[number % len(servers)].url}{address}",
                    data={**form, "csrfmiddlewaretoken": token[1]},
                )
                for number, form in enumerate(forms)
            )
        )


def slot_form(world: World, day: date, period: int, intention: str) -> dict[str, str]:
    return {
        "section": str(world.section.pk),
        "date": day.isoformat(),
        "length": "50",
        "slot": f"{world.rishiri.pk}-{period}.{world.rebun.pk}-{period}",
        "action": "book",
        "intention": intention,
    }


def assert_one_booking_and_nothing_left_over() -> None:
    booking = Booking.objects.get()
    assert booking.state == "confirmed"
    assert set(Claim.objects.values_list("booking", flat=True)) == {booking.pk}
    assert (Claim.objects.count(), Lesson.objects.count(), Reception.objects.count()) == (6, 1, 2)
    assert racing.overlapping_claims() == 0
    assert racing.orphaned_claims() == 0
    assert racing.bare_parties() == 0


def test_of_200_people_who_book_one_slot_at_once_one_gets_it_and_199_are_told_why_not(
    world: World, servers: list[LiveServer]
) -> None:
    count, day = requests_at_once(), school_day(world)
    forms = [slot_form(world, day, 2, str(uuid4())) for _ in range(count)]

    answers = asyncio.run(posted(servers, session_of(world.suzuki), forms))

    assert Counter(a.status_code for a in answers) == {302: 1, 409: count - 1}
    assert_one_booking_and_nothing_left_over()
    for answer in answers:
        if answer.status_code == 409:
            # Every reason with its name: the teacher, both classes and both sets.
            for word in ("佐藤 直子", "利尻", "礼文", "受信機材1", "2年A組", "9:45–10:40"):
                assert word in answer.text
    assert not any("Traceback" in server.log.read_text(errors="replace") for server in servers)


def test_one_form_that_arrives_20_times_at_once_books_once_and_answers_all(
    world: World, servers: list[LiveServer]
) -> None:
    form = slot_form(world, school_day(world), 3, str(uuid4()))

    answers = asyncio.run(posted(servers, session_of(world.suzuki), [form] * 20))

    lesson = reverse("classrooms:lesson", args=[Booking.objects.get().uid])
    assert [(a.status_code, a.headers["location"]) for a in answers] == [(302, lesson)] * 20
    assert_one_booking_and_nothing_left_over()
    told = list(Notice.objects.values_list("recipient", "kind"))
    assert len(told) == len(set(told))


@contextmanager
def held(resource_id: int, *, seconds: float) -> Iterator[None]:
    """Nobody can book this resource for so long: somebody else's transaction has it."""
    with psycopg.connect(database_url()) as other:
        other.execute("SELECT id FROM scheduler_resource WHERE id = %s FOR UPDATE", [resource_id])
        end = threading.Timer(seconds, other.rollback)
        end.start()
        try:
            yield
        finally:
            end.join()


@pytest.mark.postgresql
def test_a_crowd_that_waits_for_one_lock_waits_at_the_door_and_nobody_is_sent_away(
    world: World, servers: list[LiveServer]
) -> None:
    """Longer than a request waits for one of the process's connections, and more than it has of them."""
    options = connection.settings_dict["OPTIONS"]["pool"]
    count = options["max_size"] * 2
    day = school_day(world)
    forms = [slot_form(world, day, 4, str(uuid4())) for _ in range(count)]

    with held(world.section.teacher_id, seconds=options["timeout"] + 2):
        answers = asyncio.run(posted(servers[:1], session_of(world.suzuki), forms))

    assert Counter(a.status_code for a in answers) == {302: 1, 409: count - 1}
    assert_one_booking_and_nothing_left_over()
