"""Workers that send notices, as processes: one is killed while it sends, several work at once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from uuid import uuid4

import pytest

from scheduler import bookings, deliveries, notices
from scheduler.models import Notice
from scheduler.notices import Kind
from tests.browser.live import database_url
from tests.cast import NOW, World
from tests.environment import ROOT
from tests.scheduler import plans

pytestmark = [
    pytest.mark.both_databases,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
PROGRAM = """
import django
django.setup()
from datetime import datetime
from django.conf import settings
settings.EMAIL_BACKEND = "{backend}"
from scheduler import deliveries
print(deliveries.deliver_due(clock=lambda: datetime.fromisoformat("{now}")), flush=True)
"""
FILES = "django.core.mail.backends.filebased.EmailBackend"
HANGING = "tests.faults.hanging_mail.HangingBackend"


def worker(folder: Path, *, backend: str = FILES, now: str = NOW.isoformat()) -> subprocess.Popen[str]:
    """A process that sends what is due at `now`, prints how many left, and ends."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "tests.browser.settings",
        "ENKAKU_VAR": str(folder),
    }
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(backend=backend, now=now)],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def sent_by(process: subprocess.Popen[str]) -> int:
    said, _errors = process.communicate(timeout=60)
    return int(said)


def addressees(folder: Path) -> Counter[str]:
    found: Counter[str] = Counter()
    for file in (folder / "mail").glob("*"):
        for part in file.read_bytes().split(b"-" * 79):
            message = message_from_bytes(part.strip(), policy=default)
            if message["To"]:
                found[str(message["To"])] += 1
    return found


def told(world: World) -> list[str]:
    """A booked lesson; the addresses of all who are to be told."""
    booking = bookings.book(plans.joint(world, 2), by=world.suzuki, now=NOW, intention=uuid4())
    recipients = notices.concerned(booking, now=NOW, besides=world.suzuki)
    notices.tell(recipients, Kind.LESSON_BOOKED, booking, params={"by": world.suzuki.label}, now=NOW)
    # The commit already woke the worker of this process; nothing counts before the others begin.
    Notice.objects.update(state=Notice.State.DUE, attempts=0, locked_until=None, due_at=NOW)
    return [user.email for user in recipients]


def test_what_a_killed_worker_was_sending_is_sent_by_the_next(world: World, tmp_path: Path) -> None:
    expected = told(world)
    killed = worker(tmp_path, backend=HANGING)
    assert killed.stdout
    assert killed.stdout.readline() == "sending\n"

    killed.kill()
    killed.communicate(timeout=10)
    at_once = sent_by(worker(tmp_path))
    after_the_lock = sent_by(worker(tmp_path, now=(NOW + deliveries.LOCK_FOR).isoformat()))

    assert (at_once, after_the_lock) == (len(expected) - 1, 1)
    assert addressees(tmp_path) == Counter(expected)
    assert set(Notice.objects.values_list("state", flat=True)) == {"sent"}


def test_three_processes_at_once_send_each_message_once(world: World, tmp_path: Path) -> None:
    expected = told(world)

    workers = [worker(tmp_path) for _ in range(3)]
    sent = [sent_by(each) for each in workers]

    assert sum(sent) == len(expected)
    assert addressees(tmp_path) == Counter(expected)
