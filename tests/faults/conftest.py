"""A lesson that is going on, and people in it who sit in browsers of their own, at lines that can die."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, Playwright, WebSocket, expect, sync_playwright

from classrooms.models import Lesson, Reception
from scheduler.models import Booking
from tests.browser.live import AUTOPLAY, CHROMIUM, FLAGS, LiveServer, database_url, sign_in
from tests.browser.rooms import REMEMBER_CONNECTIONS, peer_id
from tests.cast import World
from tests.faults.netlab import Network, Place
from tests.realtime.lessons import book_lesson

PATIENT_S = 30
"""For what takes a second when nobody else uses the machine."""
UP, DOWN = "ok", "broken"


@dataclass
class Seat:
    """Somebody in the lesson's room, in a browser process of their own."""

    browser: Browser
    page: Page
    pid_file: Path
    asked_at: datetime = field(default_factory=timezone.now)
    """Not in the room before; and surely in it from `entered_at` on."""
    entered_at: datetime = field(default_factory=timezone.now)
    heard: list[str] = field(default_factory=list)

    @property
    def peer(self) -> str:
        return peer_id(self.page)

    def kill(self) -> None:
        """`kill -9` of the browser with everything that belongs to it."""
        os.killpg(int(self.pid_file.read_text()), signal.SIGKILL)

    def await_line(self, state: str = UP, *, within_s: float = PATIENT_S) -> None:
        """Returns when the page says this of its connection to the server."""
        line = self.page.locator("#connection")
        expect(line).to_have_attribute("data-state", state, timeout=within_s * 1000)

    def enter(self, lesson: Booking) -> None:
        self._listen()
        self.asked_at = timezone.now()
        self.page.goto(f"/rooms/{lesson.uid}/")
        try:
            self.await_line()
        except AssertionError as failure:
            server = (self.pid_file.parent / "server.log").read_text(errors="replace")
            said = self.page.locator("body").evaluate("body => [body.dataset.started, body.innerText]")
            raise AssertionError("\n".join([*self.heard, str(said), server[-4000:]])) from failure
        self.entered_at = timezone.now()

    def _listen(self) -> None:
        """Keeps what the page says and asks for, to be read should it not get in."""
        say = self.heard.append
        self.page.on("console", lambda message: say(message.text))
        self.page.on("pageerror", lambda error: say(f"error: {error}"))
        self.page.on("requestfailed", lambda asked: say(f"{asked.url}: {asked.failure}"))
        self.page.on("response", lambda answer: say(f"{answer.status} {answer.url}"))
        self.page.on("websocket", self._listen_to)

    def _listen_to(self, socket: WebSocket) -> None:
        say = self.heard.append
        say("a socket opens")
        socket.on("framesent", lambda frame: say(f"> {str(frame)[:200]}"))
        socket.on("framereceived", lambda frame: say(f"< {str(frame)[:200]}"))
        socket.on("close", lambda _: say("a socket has closed"))


Sit = Callable[..., Seat]


@pytest.fixture
def lesson(transactional_db: None, django_db_serialized_rollback: None, world: World) -> Booking:
    """A lesson of the section that began five minutes ago."""
    now = timezone.now()
    booking = book_lesson(world, now - timedelta(minutes=5), now=now)
    lesson = Lesson.objects.create(booking=booking, section=world.section)
    for side in booking.participants.filter(person=None):
        Reception.objects.create(lesson=lesson, participant=side, school=side.organisation)
    return booking


@pytest.fixture
def here(lesson: Booking, tmp_path: Path) -> Iterator[LiveServer]:
    """A server on the same machine as everybody."""
    server = LiveServer(
        database=database_url(), log=tmp_path / "server.log", environment={"ENKAKU_VAR": str(tmp_path)}
    )
    server.start()
    yield server
    server.kill()


@pytest.fixture
def network() -> Iterator[Network]:
    """The centre and a school, each at the end of a line of its own."""
    with Network(["centre", "school"]) as network:
        yield network


@pytest.fixture
def application() -> str:
    """What the server of `far` runs; override in a module."""
    return "scheduler.config.asgi:application"


@pytest.fixture
def far(lesson: Booking, network: Network, application: str, tmp_path: Path) -> Iterator[LiveServer]:
    """A server at the other end of everybody's line."""
    server = LiveServer(
        database=database_url(), log=tmp_path / "server.log", host=network.server, application=application,
        environment={"ENKAKU_VAR": str(tmp_path)},
    )  # fmt: skip
    server.start()
    yield server
    server.kill()


@pytest.fixture
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture
def sit(lesson: Booking, playwright: Playwright, tmp_path: Path) -> Iterator[Sit]:
    """Enters the lesson's room on this server as this account, in a browser of its own, at this place.

    `script` runs in the page before its own scripts.
    """
    with ExitStack() as stack:

        def down(who: str, server: LiveServer, place: Place | None = None, *, script: str = "") -> Seat:
            program = tmp_path / f"chromium-{len(list(tmp_path.glob('chromium-*.pid')))}"
            pid_file = program.with_suffix(".pid")
            way = f"nsenter --net=/run/netns/{place.namespace} " if place else ""
            program.write_text(f'#!/bin/sh\necho $$ > {pid_file}\nexec {way}{CHROMIUM} "$@"\n')
            program.chmod(0o755)
            secure = f"--unsafely-treat-insecure-origin-as-secure={server.url}"
            browser = playwright.chromium.launch(executable_path=program, args=[*FLAGS, AUTOPLAY, secure])
            stack.callback(browser.close)
            context = browser.new_context(
                base_url=server.url, viewport={"width": 1280, "height": 720}, locale="ja-JP",
                timezone_id="Asia/Tokyo", permissions=["camera", "microphone"], reduced_motion="reduce",
            )  # fmt: skip
            context.set_default_timeout(PATIENT_S * 1000)
            context.add_init_script(REMEMBER_CONNECTIONS + script)
            seat = Seat(browser, sign_in(context.new_page(), f"{who}@example.jp", server.url), pid_file)
            seat.enter(lesson)
            return seat

        yield down
