"""A whole database as one file, at one point in time, and back: PostgreSQL by its own tools, SQLite by its
own copying. Nothing here uses Django's connection, which belongs to a running service.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from django.db import connection
from psycopg import sql

MISSING = "{tool} is not installed. On Debian: apt install postgresql-client (of the server's version)."

OTHERS: LiteralString = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class BackupError(Exception):
    """Its text is a sentence for the console."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a database is. For SQLite `name` is the file."""

    vendor: str
    name: str
    host: str = ""
    port: str = ""
    user: str = ""
    password: str = ""

    @classmethod
    def of_settings(cls) -> Place:
        facts: Mapping[str, Any] = connection.settings_dict
        return cls(
            vendor=connection.vendor, name=str(facts["NAME"]), host=facts["HOST"], port=str(facts["PORT"]),
            user=facts["USER"], password=facts["PASSWORD"],
        )  # fmt: skip

    def named(self, name: str) -> Place:
        return replace(self, name=name)

    @property
    def variables(self) -> dict[str, str]:
        """For PostgreSQL's tools; a password among their arguments could be read by everybody here."""
        facts = {"PGDATABASE": self.name, "PGHOST": self.host, "PGPORT": self.port, "PGUSER": self.user,
                 "PGPASSWORD": self.password}  # fmt: skip
        return {name: value for name, value in facts.items() if value}

    def connect(self) -> psycopg.Connection[Any]:
        try:
            return psycopg.connect(
                dbname=self.name, host=self.host or None, port=self.port or None, user=self.user or None,
                password=self.password or None, autocommit=True,
            )  # fmt: skip
        except psycopg.Error as error:
            raise BackupError(f"The database does not answer: {str(error).strip()}") from error


def dump(place: Place, file: Path) -> dict[str, int]:
    """Writes it; how many rows each table had at that very moment."""
    if place.vendor == "sqlite":
        return _copy_sqlite(Path(place.name), file)
    with place.connect() as database:
        database.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        snapshot = _one(database, "SELECT pg_export_snapshot()")
        _run("pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={file}", place=place)
        return _rows(database)


def load(place: Place, file: Path, *, replace: bool) -> None:
    """Reads it into an empty database, or with `replace` over whatever is there."""
    if place.vendor == "sqlite":
        target = Path(place.name)
        if not replace and counted(place):
            raise BackupError(f"{target} is not empty.")
        draft = target.with_name(f"{target.name}.restoring")
        shutil.copyfile(file, draft)
        draft.chmod(0o600)
        for ending in ("-wal", "-shm"):
            target.with_name(target.name + ending).unlink(missing_ok=True)
        draft.replace(target)
        return
    with place.connect() as database:
        others = _one(database, OTHERS)
        if others:
            raise BackupError(f"{others} others are connected to {place.name}: stop serve and worker first.")
        if _rows(database):
            if not replace:
                raise BackupError(f"The database {place.name} is not empty.")
            database.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    options = ("--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges")
    _run("pg_restore", *options, f"--dbname={place.name}", str(file), place=place)


def counted(place: Place) -> dict[str, int]:
    """Rows by table; nothing for a database that is not there or has no tables."""
    if place.vendor == "sqlite":
        if not Path(place.name).exists():
            return {}
        with closing(sqlite3.connect(f"file:{place.name}?mode=ro", uri=True)) as file:
            return _sqlite_rows(file)
    with place.connect() as database:
        return _rows(database)


def _copy_sqlite(source: Path, target: Path) -> dict[str, int]:
    """Page by page in one go, while others write: SQLite begins anew when they do."""
    with closing(sqlite3.connect(source, timeout=60)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        return _sqlite_rows(copy)


def _sqlite_rows(database: sqlite3.Connection) -> dict[str, int]:
    names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    tables = [row[0] for row in database.execute(names)]
    counts = {
        name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 -- the schema's own
        for name in tables
    }
    return {name: int(count) for name, count in sorted(counts.items())}


def _rows(database: psycopg.Connection[Any]) -> dict[str, int]:
    found = database.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    ).fetchall()
    count = "SELECT count(*) FROM {}"
    return {
        name: int(database.execute(sql.SQL(count).format(sql.Identifier("public", name))).fetchall()[0][0])
        for (name,) in found
    }


def _one(database: psycopg.Connection[Any], query: LiteralString) -> Any:
    row = database.execute(query).fetchone()
    assert row is not None
    return row[0]


def _run(tool: str, *arguments: str, place: Place) -> None:
    path = shutil.which(tool)
    if path is None:
        raise BackupError(MISSING.format(tool=tool))
    done = subprocess.run(  # noqa: S603 -- our own words and the operator's
        [path, *arguments], env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", **place.variables},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise BackupError(f"{tool} failed: {done.stderr.strip()}")
