"""The threads in which the gate is asked.

Each keeps its connection: to take one from the pool, to look whether it lives and to give it back
takes longer than one of the gate's statements does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

THREADS = 4
WAIT_S = 10
Answer = TypeVar("Answer")

_threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="gate")


async def ask(question: Callable[[], Answer]) -> Answer:
    """What `question` says, which only reads. It is asked a second time where the database had gone:
    a connection that lay idle may have died of a restart meanwhile."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _ask, question)


def _ask(question: Callable[[], Answer]) -> Answer:
    try:
        return question()
    except (OperationalError, InterfaceError):
        connection.close()
    try:
        return question()
    except (OperationalError, InterfaceError):
        connection.close()
        raise


def in_every_thread(work: Callable[[], None]) -> None:
    """Does `work` once in each, and returns when all have done it."""
    all_here = Barrier(THREADS)

    def once() -> None:
        all_here.wait(WAIT_S)
        work()

    for done in [_threads.submit(once) for _ in range(THREADS)]:
        done.result(WAIT_S)


def release() -> None:
    """Every thread's connection is closed; the next question opens another."""
    # Looked up in each thread: `connection` is another one there.
    in_every_thread(lambda: connection.close())  # noqa: PLW0108 -- see above
