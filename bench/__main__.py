"""`python -m bench [name …]`: prints a table of figures; the names are the modules of this package.

Runs over a PostgreSQL database made for the run and dropped after it. Ends with 0 whatever the
figures say: they are to be read, and a busy machine must not fail a build.
"""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import ExitStack
from importlib import import_module

import django
import psycopg
from django.core.management import call_command

from bench.figures import Figure, table
from tests.servers import postgresql

NAMES = ("booking", "conflict_check", "series", "nearest_times", "planner_page", "signalling", "feeds")


def main(names: list[str]) -> None:
    with ExitStack() as stack:
        server, origin = postgresql(stack)
        database = f"enkaku_bench_{os.getpid()}"
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {database}")
        stack.callback(_drop, server, database)
        os.environ["DATABASE_URL"] = f"{server}/{database}"
        os.environ["ENKAKU_VAR"] = stack.enter_context(tempfile.TemporaryDirectory(prefix="enkaku-bench-"))
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
        django.setup()
        call_command("migrate", verbosity=0)
        figures: list[Figure] = []
        for name in names or NAMES:
            print(f"measuring {name} …", file=sys.stderr, flush=True)
            figures += import_module(f"bench.{name}").figures()
        print(f"PostgreSQL: {origin}; {os.cpu_count()} cores; load {os.getloadavg()[0]:.1f}\n")
        print(table(figures))
        stack.callback(_close)


def _close() -> None:
    from django.db import connections  # noqa: PLC0415 -- after the settings

    connections.close_all()
    for connection in connections.all():
        if hasattr(connection, "close_pool"):
            connection.close_pool()


def _drop(server: str, database: str) -> None:
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")


if __name__ == "__main__":
    main(sys.argv[1:])
