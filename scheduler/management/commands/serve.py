"""`manage.py serve`: the web service, and embedded also its worker, until Ctrl-C."""

from __future__ import annotations

import gc
import logging
import os
import shlex
import signal
import sys
from typing import Any

from channels.routing import get_default_application
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from scheduler import connections, server
from scheduler.checks import is_loopback
from scheduler.jobs import Worker

INTERRUPTED = 128 + signal.SIGINT
"""As a shell reports it."""


class Command(BaseCommand):
    help = "Serves pages and rooms; with ENKAKU_EMBEDDED=1 the worker runs in the same process."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="Address to listen on.")
        parser.add_argument(
            "--port", type=int, default=settings.PORT, help="Default: PORT. 0 takes a free one."
        )
        parser.add_argument(
            "--first",
            action="append",
            default=[],
            metavar="COMMAND",
            help="A management command to run before serving, once the port is ours; may be repeated.",
        )
        parser.add_argument("--no-worker", action="store_true", help="Embedded: leave the jobs undone.")

    def handle(
        self, *args: Any, host: str, port: int, first: list[str], no_worker: bool, **options: Any
    ) -> None:
        if settings.EMBEDDED and not is_loopback(host):
            raise CommandError(
                f"ENKAKU_EMBEDDED=1 is for one machine's own use and only listens on loopback, not on {host}."
            )
        try:
            listening = server.listen(host, port)
        except server.ListenError as error:
            self.stderr.write(str(error))
            raise SystemExit(1) from error
        try:
            for command in first:
                call_command(*shlex.split(command))
        except KeyboardInterrupt:
            raise SystemExit(INTERRUPTED) from None
        connections.require()
        self._run(listening, worker=Worker(threads=1) if settings.EMBEDDED and not no_worker else None)

    def _run(self, listening: Any, *, worker: Worker | None) -> None:
        host, port = listening.getsockname()[:2]
        web = server.Server(
            get_default_application(),
            listening=listening,
            on_ready=lambda: self._announce(f"http://{f'[{host}]' if ':' in host else host}:{port}/"),
        )
        if worker:
            worker.start()
        # What is loaded by now stays, and most of what a request makes dies with it: the collector need
        # not look through the one at all, nor after every few hundred objects for the other.
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 50)
        web.run()
        if worker:
            worker.stop()
        connections.close()
        if web.abandoned:
            logging.getLogger(__name__).warning("Left %d requests unanswered.", web.abandoned)
            _leave()

    def _announce(self, address: str) -> None:
        self.stdout.write(
            f"\n遠隔は {address} で動いています。止めるには Ctrl-C を押してください。\n"
            f"Enkaku is running at {address} (stop with Ctrl-C).\n"
        )
        self.stdout.flush()


def _leave() -> None:
    """Ends the process although a thread still works: Python would wait for it for ever."""
    logging.shutdown()
    sys.stdout.flush()
    os._exit(1)
