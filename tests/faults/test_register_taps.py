"""Two hundred taps on a register while the web process and its database are killed at random."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.browser.live import LiveServer
from tests.environment import ROOT
from tests.faults.own_postgresql import OwnPostgresql
from tests.servers import MissingError

TAPS = 200
ROUNDS = 5
HANDS = 4
GIVES_UP_AFTER_S = 90
MARKS = ("present", "late", "absent", "official")
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
# A world in a database of its own; prints what the test needs of it.
BUILD = """
import json
import django
django.setup()
from django.conf import settings
from django.core.management import call_command
call_command("migrate", verbosity=0)
from datetime import timedelta
from django.test import Client
from django.utils import timezone
from scheduler.models import Booking, Participant
from tests import cast
from tests.classrooms import registering
from tests.classrooms.dates import coming
from tests.classrooms.teaching import book
world = cast.build()
pupils = registering.add_pupils(world)
lesson = book(world.section, 2, day=coming())
start = timezone.now() - timedelta(minutes=20)
span = {"start": start, "end": start + timedelta(minutes=50)}
Participant.objects.filter(booking=lesson.pk).update(**span)
Booking.objects.filter(pk=lesson.pk).update(**span)
client = Client()
client.force_login(world.tanaka)
print(json.dumps({
    "register": registering.side(lesson, world.rishiri).pk,
    "pupils": [pupil.pk for pupil in pupils],
    "session": client.cookies[settings.SESSION_COOKIE_NAME].value,
}))
"""


@dataclass
class Stage:
    database: OwnPostgresql
    server: LiveServer
    register: int
    pupils: list[int]
    cookies: dict[str, str]
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def marks_url(self) -> str:
        return f"{self.server.url}/register/{self.register}/marks/"

    def rows(self) -> list[tuple[str, int, str]]:
        with psycopg.connect(self.database.url) as connection:
            found = connection.execute(
                "SELECT intention::text, student_id, mark FROM classrooms_attendancemark ORDER BY id"
            )
            return [(str(key), int(student), str(mark)) for key, student, mark in found]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with ExitStack() as stack:
        try:
            database = OwnPostgresql(stack)
        except MissingError as missing:
            pytest.skip(str(missing))
        database.start()
        database.create()
        variables = {"ENKAKU_VAR": str(tmp_path), "REDIS_URL": "", "DATABASE_URL": database.url}
        built = subprocess.run(
            [sys.executable, "-c", BUILD], cwd=ROOT, capture_output=True, text=True, check=False,
            env={**os.environ, **variables, "DJANGO_SETTINGS_MODULE": "tests.browser.settings"},
        )  # fmt: skip
        assert built.returncode == 0, built.stderr
        facts = json.loads(built.stdout.splitlines()[-1])
        server = LiveServer(database=database.url, log=tmp_path / "server.log", environment=variables)
        stack.callback(server.kill)
        server.start()
        cookies = {"sessionid": facts["session"]}
        yield Stage(database, server, facts["register"], facts["pupils"], cookies)


def acknowledged(stage: Stage, token: str, tap: dict[str, str]) -> dict[str, str]:
    """The tap, once the server has taken it: sent again with its own key until then, as the page does."""
    deadline = time.monotonic() + GIVES_UP_AFTER_S
    headers = {"Accept": "application/json", "X-CSRFToken": token}
    while time.monotonic() < deadline:
        try:
            answer = httpx.post(
                stage.marks_url, data=tap, headers=headers, timeout=4,
                cookies={**stage.cookies, "csrftoken": token},
            )  # fmt: skip
        except httpx.HTTPError:
            time.sleep(0.1)
            continue
        stage.statuses[answer.status_code] += 1
        if answer.status_code == 200:
            return tap
        assert answer.status_code == 503, (answer.status_code, answer.text[:500])
        assert "二重には記録されません" in answer.text
        time.sleep(0.1)
    raise AssertionError(f"not taken within {GIVES_UP_AFTER_S} s: {stage.server.log_end()}")


def killed_now_and_then(stage: Stage, chance: random.Random, is_done: threading.Event) -> int:
    """Kills the web process, the database or both, and starts them again. How many rounds."""
    rounds = 0
    while rounds < ROUNDS and not is_done.wait(chance.uniform(0.5, 2)):
        kills = chance.choice(["web", "database", "both"]) if rounds > 1 else ("database", "web")[rounds]
        if kills != "web":
            stage.database.kill()
        if kills != "database":
            stage.server.kill()
        time.sleep(chance.uniform(0.1, 1))
        if kills != "web":
            stage.database.start()
        if kills != "database":
            stage.server.start()
        rounds += 1
    return rounds


def csrf_token(stage: Stage) -> str:
    page = httpx.get(f"{stage.server.url}/register/{stage.register}/", cookies=stage.cookies, timeout=30)
    assert page.status_code == 200
    return page.cookies["csrftoken"]


def test_every_acknowledged_tap_is_there_once_whatever_was_killed(stage: Stage) -> None:
    chance = random.Random()
    token, is_done = csrf_token(stage), threading.Event()
    taps = [
        {"student": str(chance.choice(stage.pupils)), "mark": chance.choice(MARKS), "intention": str(uuid4())}
        for _ in range(TAPS)
    ]

    def hand(mine: list[dict[str, str]]) -> list[dict[str, str]]:
        taken = []
        for tap in mine:
            taken.append(acknowledged(stage, token, tap))
            time.sleep(0.05)
        return taken

    with ThreadPoolExecutor(HANDS + 1) as people:
        killer = people.submit(killed_now_and_then, stage, chance, is_done)
        hands = [people.submit(hand, taps[number::HANDS]) for number in range(HANDS)]
        taken = [tap for each in hands for tap in each.result()]
        is_done.set()
        rounds = killer.result()

    expected = sorted((tap["intention"], int(tap["student"]), tap["mark"]) for tap in taken)
    assert rounds == ROUNDS
    assert len(taken) == TAPS
    assert sorted(stage.rows()) == expected
    state = httpx.get(stage.marks_url, cookies=stage.cookies, timeout=30).json()
    last = {student: mark for _key, student, mark in stage.rows()}
    assert {int(key): pupil["mark"] for key, pupil in state["pupils"].items()} == (
        dict.fromkeys(stage.pupils, "present") | last
    )


def test_the_web_process_survives_the_absence_of_its_database(stage: Stage) -> None:
    """It says so in words, and goes on without being started again."""
    assert stage.server.process
    pid, token = stage.server.process.pid, csrf_token(stage)
    stage.database.kill()

    with ThreadPoolExecutor(1) as person:
        tap = {"student": str(stage.pupils[0]), "mark": "late", "intention": str(uuid4())}
        sending = person.submit(acknowledged, stage, token, tap)
        time.sleep(1)
        stage.database.start()
        taken = sending.result()

    assert stage.server.process.poll() is None
    assert stage.server.process.pid == pid
    assert stage.rows() == [(taken["intention"], stage.pupils[0], "late")]
