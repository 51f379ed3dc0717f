"""The worker: runs what every package's `tasks.py` declares, periodic or asked for.

A job is a function in `tasks.py` under huey's `db_periodic_task` or `db_task`
(`huey.contrib.djhuey`): five lines that read the clock and call a verb. A periodic job may run
twice or be missed when the service was down, so the verb must not mind either. Embedded, the
worker's threads live in the web process; in production `manage.py worker` is a process of its own,
and one is enough: a second would run each periodic job again.
"""

from __future__ import annotations

import threading
from typing import Any

from django.utils.module_loading import autodiscover_modules
from huey.consumer import Consumer
from huey.contrib.djhuey import HUEY

STOPPING_S = 10
"""How long a job in hand may go on after the worker is told to stop."""


class _Consumer(Consumer):  # type: ignore[misc]  # huey has no types
    def _set_signal_handlers(self) -> None:
        """Signals belong to the process that the worker is a guest of."""


class Worker:
    """Threads that run jobs between `start` and `stop`; started once."""

    def __init__(self, *, threads: int) -> None:
        autodiscover_modules("tasks")
        self._consumer: Any = _Consumer(
            HUEY,
            workers=threads,
            # A job that somebody asked for on a page should not wait long for an idle worker.
            max_delay=1.0,
            shutdown_timeout=STOPPING_S,
        )
        self._thread = threading.Thread(target=self._consumer.run, name="worker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when no job runs any more, at most `STOPPING_S` later; what waits stays in the queue."""
        self._consumer.stop(graceful=True)
        self._thread.join(1)
