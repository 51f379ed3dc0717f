"""`manage.py serve` as a process, watched from outside."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from tests.environment import ROOT

STARTS_WITHIN_S = 60
PASSWORD = "snow-on-the-ferry"
_ADDRESS = re.compile(r"running at (http://\S+)/ ")


class Service:
    """One process over the data in `folder`; `output` is everything it has printed."""

    def __init__(self, folder: Path, *arguments: str, **variables: str) -> None:
        self.output = ""
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", *arguments],
            cwd=ROOT, env=environment(folder, **variables), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.output += line

    @property
    def url(self) -> str:
        """Where it listens, once it says so."""
        wait_until(lambda: _ADDRESS.search(self.output) or self.process.poll() is not None, STARTS_WITHIN_S)
        found = _ADDRESS.search(self.output)
        assert found, f"the service did not start:\n{self.output}"
        return found[1]

    def stop(self, how: signal.Signals = signal.SIGINT, *, within_s: float = 30) -> int:
        """Its exit code; fails when it takes longer than `within_s`."""
        self.process.send_signal(how)
        code = self.process.wait(within_s)
        self._reader.join(5)
        return code


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """As `make run` gives it: embedded, with its data in `folder` and nothing else set."""
    own = {"ENKAKU_EMBEDDED": "1", "ENKAKU_VAR": str(folder), "PYTHONUNBUFFERED": "1"}
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, **own, **variables}


@contextmanager
def running(folder: Path, *arguments: str, **variables: str) -> Iterator[Service]:
    service = Service(folder, *arguments, **variables)
    try:
        yield service
    finally:
        if service.process.poll() is None:
            service.process.kill()
            service.process.wait(10)
        if service.process.stdout:
            service._reader.join(5)
            service.process.stdout.close()


def manage(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env=environment(folder, **variables), capture_output=True, text=True, check=False,
    )  # fmt: skip


def status(url: str) -> int:
    try:
        with urlopen(url, timeout=30) as answer:  # noqa: S310 -- http to ourselves
            return int(answer.status)
    except HTTPError as refusal:
        return refusal.code


def wait_until(condition: object, seconds: float) -> None:
    """Returns as soon as `condition()` is true; leaves judging a time-out to the caller."""
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)


def ask(folder: Path, query: str) -> list[tuple[object, ...]]:
    """Rows of the service's database, read beside it."""
    with closing(sqlite3.connect(folder / "enkaku.sqlite3", timeout=20)) as database:
        return database.execute(query).fetchall()


def run_in(folder: Path, code: str) -> str:
    """What `code` prints when run with the service's models."""
    done = manage(folder, "shell", "--no-imports", "-c", code)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def add_user(folder: Path, email: str) -> None:
    facts = f"'{email}', '{PASSWORD}', name='佐藤 直子'"
    run_in(folder, f"from scheduler.models import User; User.objects.create_user({facts})")


def leave_a_notice_to_somebody_who_left(folder: Path) -> None:
    """Work for the outbox job: it gives such a notice up ("failed") and writes to nobody."""
    run_in(
        folder,
        "from django.utils import timezone; from scheduler.models import Notice, User;"
        "user = User.objects.create_user('left@example.jp', None, name='異動', is_active=False);"
        "Notice.objects.create(recipient=user, kind='booked', dedupe_key='left', due_at=timezone.now())",
    )
