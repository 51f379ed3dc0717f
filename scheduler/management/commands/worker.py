"""`manage.py worker`: the background jobs, as a process of its own (one is enough)."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from scheduler import connections
from scheduler.jobs import Worker


class Command(BaseCommand):
    help = "Runs periodic and requested jobs until SIGTERM or Ctrl-C, finishing the job in hand."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--threads", type=int, default=2, help="Jobs that may run at once.")

    def handle(self, *args: Any, threads: int, **options: Any) -> None:
        if settings.EMBEDDED:
            raise CommandError("ENKAKU_EMBEDDED=1: the worker already runs inside manage.py serve.")
        connections.require()
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        worker = Worker(threads=threads)
        worker.start()
        self.stdout.write("ワーカーが動いています。 The worker is running.")
        self.stdout.flush()
        stop.wait()
        worker.stop()
        connections.close()
