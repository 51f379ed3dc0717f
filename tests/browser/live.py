"""A real server process over the tests' database, and real Chromium in front of it.

`live` starts Daphne on the database that the test has just filled (rows are committed, and
removed after the test); `browser` is one Chromium per test. Playwright's synchronous API runs an
event loop in the test's thread, where Django refuses the ORM: database work inside a test goes
through `rows(...)`, which does it in another thread.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from scheduler.models import User
from tests.cast import World

Result = TypeVar("Result")

CHROMIUM = os.environ.get("ENKAKU_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream=fps=15",
    # Without it a machine that has only a loopback interface finds no address for media.
    "--allow-loopback-in-peer-connection",
    "--mute-audio",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
]
AUTOPLAY = "--autoplay-policy=no-user-gesture-required"
STARTS_WITHIN_S = 40
ROOT = Path(__file__).resolve().parent.parent.parent


def rows(work: Callable[[], Result]) -> Result:
    """What `work` returns, done in a thread of its own, where the ORM may be used."""

    def run() -> Result:
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=1) as executor:
        return executor.submit(run).result()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def database_url() -> str:
    """The address of the database the tests use now, for another process."""
    facts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{facts['NAME']}"
    who = quote(facts["USER"]) + (f":{quote(facts['PASSWORD'])}" if facts["PASSWORD"] else "")
    return f"postgresql://{who}@{quote(facts['HOST'] or '127.0.0.1')}:{facts['PORT'] or 5432}/{facts['NAME']}"


@dataclass
class LiveServer:
    """One Daphne process. `url` has no slash at its end."""

    database: str
    log: Path
    host: str = "127.0.0.1"
    application: str = "scheduler.config.asgi:application"
    port: int = field(default_factory=free_port)
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def start(self) -> None:
        """Returns when it answers; raises with the end of its log when it does not."""
        environment = {
            **os.environ,
            "DATABASE_URL": self.database,
            "DJANGO_SETTINGS_MODULE": "tests.browser.settings",
            "PUBLIC_URL": self.url,
            "ALLOWED_HOSTS": f"127.0.0.1,localhost,{self.host}",
            "SECRET_KEY": settings.SECRET_KEY,
            **self.environment,
        }
        command = [sys.executable, "-m", "daphne", "-b", self.host, "-p", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, self.application],
                cwd=ROOT, env=environment, stdout=log, stderr=log,
            )  # fmt: skip
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the server did not start:\n{self.log_end()}")
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            with socket.create_connection((self.host, self.port), timeout=1):
                pass
            with urlopen(f"{self.url}/accounts/login/", timeout=20):  # noqa: S310 -- http to ourselves
                return True
        except OSError:
            return False

    def kill(self) -> None:
        """As a crash does it: no good-bye to anybody."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        self.process = None

    def restart(self) -> None:
        self.kill()
        self.start()

    def log_end(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-40:])


@pytest.fixture
def live(
    transactional_db: None, django_db_serialized_rollback: None, world: World, tmp_path: Path
) -> Iterator[LiveServer]:
    """A running server over this test's committed rows."""
    server = LiveServer(
        database=database_url(), log=tmp_path / "server.log", environment={"ENKAKU_VAR": str(tmp_path)}
    )
    server.start()
    yield server
    server.kill()


@pytest.fixture
def live_server_process(live: LiveServer) -> str:
    """The base URL of `live`."""
    return live.url


@pytest.fixture
def chromium_flags() -> list[str]:
    """Override in a module to start Chromium differently."""
    return [*FLAGS, AUTOPLAY]


@pytest.fixture
def browser(live: LiveServer, chromium_flags: list[str]) -> Iterator[Browser]:
    """One Chromium for one test, gone before the database is cleared."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=chromium_flags)
        yield chromium
        chromium.close()


NewContext = Callable[..., BrowserContext]


@pytest.fixture
def new_context(browser: Browser, live: LiveServer) -> NewContext:
    """Makes a separate profile: own cookies, relative addresses allowed, camera and microphone granted."""

    def make(**options: Any) -> BrowserContext:
        given = {
            "base_url": live.url,
            "viewport": {"width": 1280, "height": 800},
            "locale": "ja-JP",
            "timezone_id": "Asia/Tokyo",
            "permissions": ["camera", "microphone"],
            "reduced_motion": "reduce",
        }
        context = browser.new_context(**{**given, **options})
        context.set_default_timeout(20_000)
        return context

    return make


@pytest.fixture
def context(new_context: NewContext) -> BrowserContext:
    return new_context()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def sign_in(page: Page, email: str, url: str = "http://127.0.0.1") -> Page:
    """The page's profile is signed in as the account with this address, without the sign-in page."""

    def session() -> str:
        client = Client()
        client.force_login(User.objects.get(email=email))
        return client.cookies[settings.SESSION_COOKIE_NAME].value

    # A cookie belongs to the host, whatever the port.
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": rows(session), "url": url}])
    return page
