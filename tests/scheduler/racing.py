"""Many writers at once: processes that each run verbs in several threads over the tests' database.

`race` starts the processes, lets them go at one moment, and returns what became of every task.
`main` is what such a process runs.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import IO
from uuid import UUID, uuid4

from django.db import connection

from scheduler import bookings, closures
from scheduler.models import Booking, CalendarDay, Organisation, Participant, User
from scheduler.names import Name
from scheduler.plans import Plan
from tests.browser.live import database_url

PROCESSES = 4
THREADS = 4
ROOT = Path(__file__).resolve().parent.parent.parent
_PROGRAM = "import django; django.setup(); from tests.scheduler import racing; racing.main()"


@dataclass(frozen=True, slots=True)
class Task:
    """One call of a verb: book, hold (`plan`), move (`booking`, `plan`), cancel (`booking`),
    cancel series (of `booking`) or close."""

    verb: str
    plan: Plan | None = None
    booking: int = 0
    school: int = 0
    day: date | None = None
    intention: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`result` is done, refused (for `reasons`), or an unexpected error in its own words."""

    task: Task
    result: str
    booking: int = 0
    reasons: tuple[str, ...] = ()


def race(tasks: Sequence[Task], *, by: User, now: datetime) -> list[Outcome]:
    """What became of the tasks, dealt out in turn to processes that start together."""
    environment = {**os.environ, "DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", _PROGRAM],
                    cwd=ROOT,
                    env=environment,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                )
            )
            for _ in range(PROCESSES)
        ]
        pipes = [(p.stdin, p.stdout) for p in processes if p.stdin and p.stdout]
        for index, (to, _from) in enumerate(pipes):
            _send(to, (list(tasks[index::PROCESSES]), by.pk, now))
        for _to, back in pipes:
            assert pickle.load(back) == "ready"  # noqa: S301 -- our own process
        for to, _from in pipes:
            _send(to, "go")
        return [outcome for _to, back in pipes for outcome in pickle.load(back)]  # noqa: S301


def main() -> None:
    """Reads the tasks, waits for the word, runs them in threads, and sends back what became of them."""
    tasks, by, now = pickle.load(sys.stdin.buffer)  # noqa: S301 -- from our own parent
    user = User.objects.get(pk=by)
    with ThreadPoolExecutor(THREADS) as executor:
        # Threads and connections are there before the word, so that only the verbs race.
        list(executor.map(lambda _n: connection.ensure_connection(), range(THREADS)))
        _send(sys.stdout.buffer, "ready")
        pickle.load(sys.stdin.buffer)  # noqa: S301
        outcomes = list(executor.map(lambda task: _tried(task, user, now), tasks))
    _send(sys.stdout.buffer, outcomes)


def _send(pipe: IO[bytes], what: object) -> None:
    pickle.dump(what, pipe)
    pipe.flush()


def _tried(task: Task, by: User, now: datetime) -> Outcome:
    try:
        return Outcome(task, "done", _done(task, by, now))
    except bookings.ConflictError as refusal:
        return Outcome(task, "refused", reasons=tuple(c.kind.value for c in refusal.verdict.conflicts))
    except bookings.CancelledError:
        return Outcome(task, "refused", reasons=("cancelled",))
    except Exception as error:  # noqa: BLE001 -- whatever it is, the test shall see its words
        return Outcome(task, f"{type(error).__name__}: {error}")


def _done(task: Task, by: User, now: datetime) -> int:
    key = task.intention
    if task.verb == "close":
        school = Organisation.objects.get(pk=task.school)
        assert task.day is not None
        closures.close(school, task.day, title=Name("臨時休業", "Closed"), by=by, now=now)
        return 0
    if task.verb == "cancel series":
        series = Booking.objects.filter(series__bookings=task.booking).values_list("pk", flat=True)
        bookings.cancel_all(list(series), by=by, now=now, intention=key)
        return 0
    if task.verb == "cancel":
        return bookings.cancel(Booking.objects.get(pk=task.booking), by=by, now=now, intention=key).pk
    assert task.plan is not None
    if task.verb == "move":
        booking = Booking.objects.get(pk=task.booking)
        return bookings.move(booking, task.plan, by=by, now=now, intention=key).pk
    if task.verb == "hold":
        return bookings.hold(task.plan, by=by, now=now, intention=key).pk
    return bookings.book(task.plan, by=by, now=now, intention=key).pk


def overlapping_claims() -> int:
    """Pairs of claims on one unit at one time, overrides included, by a query of our own."""
    return _number(
        """
        SELECT count(*) FROM scheduler_claim a JOIN scheduler_claim b
        ON a.resource_id = b.resource_id AND a.unit = b.unit AND a.id < b.id
        AND a.start < b."end" AND b.start < a."end"
        """
    )


def orphaned_claims() -> int:
    """Claims whose booking is cancelled or whose party has left."""
    return _number(
        """
        SELECT count(*) FROM scheduler_claim c JOIN scheduler_booking b ON b.id = c.booking_id
        JOIN scheduler_participant p ON p.id = c.participant_id
        WHERE b.state = 'cancelled' OR p.withdrawn_at IS NOT NULL OR p.booking_id <> c.booking_id
        OR c.start <> p.start OR c."end" <> p."end"
        """
    )


def bare_parties() -> int:
    """Standing parties of confirmed bookings that hold nothing."""
    return _number(
        """
        SELECT count(*) FROM scheduler_participant p JOIN scheduler_booking b ON b.id = p.booking_id
        WHERE b.state = 'confirmed' AND p.withdrawn_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM scheduler_claim c WHERE c.participant_id = p.id)
        """
    )


def sides_on_closed_days() -> list[tuple[int, date]]:
    """(organisation, date) of standing sides of live bookings on a day that is closed there."""
    # The cast's schools are nine hours ahead, and a lesson never crosses midnight.
    sides = Participant.objects.filter(
        booking__state__in=["confirmed", "tentative"], withdrawn_at=None, period_number__isnull=False
    ).values_list("organisation_id", "start")
    closed = set(
        CalendarDay.objects.filter(kind="closure", withdrawn_at=None).values_list("organisation_id", "date")
    )
    dated = [(organisation, (start + timedelta(hours=9)).date()) for organisation, start in sides]
    return [side for side in dated if side in closed]


def _number(query: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0])
