"""`bookings.book` of four claims, by one writer and by sixteen, beside raw SQL that does the same."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from statistics import median
from time import perf_counter
from uuid import uuid4

import psycopg
from django.db import connection

from bench import raw, world
from bench.figures import Figure, in_turns, milliseconds
from scheduler import bookings
from scheduler.models import User
from scheduler.plans import Plan

ALONE = 120
EACH = 12
PROCESSES = 4
THREADS = 4
ROUNDS = 2
_PROGRAM = "import django; django.setup(); from bench import booking; booking.main()"


def figures() -> Iterator[Figure]:
    yield _one_writer()
    yield _sixteen_writers()


def _one_writer() -> Figure:
    made = world.build(2, code="A")
    # Two teachers and schools: each writes its own bookings, both into a calendar equally full.
    plans = [
        [world.plan(made, writer, slot) for slot in islice(world.slots(), ALONE)] for writer in made.writers
    ]
    with psycopg.connect(world.address(), autocommit=True) as driver:

        def ours(number: int) -> None:
            bookings.book(plans[0][number], by=made.user, now=world.NOW, intention=uuid4())

        def peer(number: int) -> None:
            assert raw.book(driver, [plans[1][number]], by=made.user.pk, now=world.NOW, is_series=False)

        mine, theirs = in_turns(ours, peer, ALONE)
    return Figure(
        "book, 4 claims, 1 writer: throughput of raw SQL",
        milliseconds(mine),
        milliseconds(theirs),
        theirs / mine,
        0.5,
        is_floor=True,
    )


def _sixteen_writers() -> Figure:
    made = world.build(PROCESSES * THREADS, code="B", studios=PROCESSES * THREADS)
    slots = list(islice(world.slots(), EACH * ROUNDS * 2))
    # Every writer has his own teacher and school; they share the studios, and so their locks.
    rates: dict[str, list[float]] = {"ours": [], "raw": []}
    for number in range(ROUNDS * 2):
        way = ("ours", "raw")[number % 2]
        mine = slots[number * EACH : (number + 1) * EACH]
        work = [[world.plan(made, writer, slot) for slot in mine] for writer in made.writers]
        rates[way].append(_raced(way, work, made.user))
    ours, peer = median(rates["ours"]), median(rates["raw"])
    return Figure(
        "book, 4 claims, 16 writers: throughput of raw SQL",
        f"{ours:.0f}/s",
        f"{peer:.0f}/s",
        ours / peer,
        0.5,
        is_floor=True,
    )


def _raced(way: str, work: Sequence[list[Plan]], user: User) -> float:
    """Bookings a second of all writers together, from the common start to the last one's end."""
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE
                )
            )
            for _ in range(PROCESSES)
        ]
        pipes = [(p.stdin, p.stdout) for p in processes if p.stdin and p.stdout]
        for index, (to, _back) in enumerate(pipes):
            pickle.dump((way, work[index::PROCESSES], user.pk), to)
            to.flush()
        for _to, back in pipes:
            pickle.load(back)  # noqa: S301 -- our own process
        began = perf_counter()
        for to, _back in pipes:
            pickle.dump("go", to)
            to.flush()
        booked = sum(pickle.load(back) for _to, back in pipes)  # noqa: S301 -- our own processes
        return float(booked / (perf_counter() - began))


def main() -> None:
    """One process of writers: as many threads as it was given lists of plans."""
    way, work, by = pickle.load(sys.stdin.buffer)  # noqa: S301 -- from our own parent
    user = User.objects.get(pk=by)
    start = threading.Barrier(len(work) + 1)
    booked: list[int] = []
    writer = _ours if way == "ours" else _raw
    threads = [threading.Thread(target=writer, args=(plans, user, start, booked)) for plans in work]
    for thread in threads:
        thread.start()
    pickle.dump("ready", sys.stdout.buffer)
    sys.stdout.buffer.flush()
    pickle.load(sys.stdin.buffer)  # noqa: S301 -- from our own parent
    start.wait()
    for thread in threads:
        thread.join()
    pickle.dump(sum(booked), sys.stdout.buffer)


Writer = Callable[[list[Plan], User, threading.Barrier, list[int]], None]


def _ours(plans: list[Plan], user: User, start: threading.Barrier, booked: list[int]) -> None:
    connection.ensure_connection()
    start.wait()
    for plan in plans:
        bookings.book(plan, by=user, now=world.NOW, intention=uuid4())
    booked.append(len(plans))
    connection.close()


def _raw(plans: list[Plan], user: User, start: threading.Barrier, booked: list[int]) -> None:
    with psycopg.connect(world.address(), autocommit=True) as driver:
        start.wait()
        done = [raw.book(driver, [p], by=user.pk, now=world.NOW, is_series=False) for p in plans]
    assert all(done)
    booked.append(len(done))
