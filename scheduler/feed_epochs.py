"""Has anything changed that a calendar may say? Asked in one short query, and never wrong.

Triggers write a FactChange for every statement that touches a watched table, whoever sends it. A
feed remembers the epoch in which it was made; while no later FactChange is visible it still says
the same, and nothing else has to be read.

On PostgreSQL a transaction that began earlier may become visible later, so the highest key of the
log proves nothing. An epoch is therefore the oldest transaction then still running: whatever was
not visible yet has that number or a higher one, and rows with such numbers are counted. SQLite has
one writer at a time, and there the highest key does.

Rows are kept for `KEPT`, longer than any epoch is trusted (`feeds` looks again every midnight).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple
from zlib import crc32

from django.db import connection, connections

from scheduler.models import FactChange

KEPT = timedelta(days=3)


class Epoch(NamedTuple):
    """`changes` FactChanges from `first` on were visible."""

    first: int
    changes: int


# Tables, and the columns that count where not all do: signing in writes an account's last_login.
_watched: dict[str, tuple[str, ...]] = {
    "scheduler_booking": (),
    "scheduler_participant": (),
    "scheduler_organisation": (),
    "scheduler_resource": (),
    "scheduler_person": (),
    "scheduler_classgroup": (),
    "scheduler_classpart": (),
    "scheduler_membership": (),
    "scheduler_user": ("name", "name_en", "language", "is_active"),
    # So that what a process remembers of an address ends with it.
    "scheduler_feed": ("revoked_at",),
}

_TAKE = {
    "postgresql": "SELECT txid_snapshot_xmin(s), (SELECT count(*) FROM scheduler_factchange"
    " WHERE txid >= txid_snapshot_xmin(s)) FROM txid_current_snapshot() s",
    "sqlite": "SELECT coalesce(max(id), 0) + 1, 0 FROM scheduler_factchange",
}
# After a restore into a new cluster PostgreSQL's numbers begin again, below the epochs that were kept.
_LATER = {
    "postgresql": "SELECT count(*), txid_snapshot_xmax(txid_current_snapshot())"
    " FROM scheduler_factchange WHERE txid >= %s",
    "sqlite": "SELECT 0, coalesce(max(id), 0) + 1 FROM scheduler_factchange WHERE id >= %s",
}


def watch(table: str, *columns: str) -> None:
    """A vertical's table whose rows its words are made of. Called in `AppConfig.ready()`."""
    _watched[table] = columns


def taken() -> Epoch:
    """The present epoch. Take it before reading the facts."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE[connection.vendor])
        return Epoch(*cursor.fetchone())


def is_current(epoch: Epoch) -> bool:
    """Whether nothing has changed since it was taken. A tenth of a millisecond."""
    with connection.cursor() as cursor:
        cursor.execute(_LATER[connection.vendor], [epoch.first])
        changes, newest = cursor.fetchone()
    if connection.vendor == "sqlite":
        return bool(newest <= epoch.first)
    return bool(changes == epoch.changes and newest >= epoch.first)


def prune(*, now: datetime) -> int:
    """Forgets what no trusted epoch can still ask about; how many rows."""
    return FactChange.objects.filter(at__lt=now - KEPT).delete()[0]


def install_triggers(*, using: str, **_signal: object) -> None:
    """After every migrate, like the backstop of claims: SQLite copies tables and loses triggers."""
    database = connections[using]
    with database.cursor() as cursor:
        tables = set(database.introspection.table_names(cursor))
        if "scheduler_factchange" not in tables:
            return
        if database.vendor == "postgresql":
            cursor.execute(_FUNCTION)
        cursor.execute(_INSTALLED[database.vendor])
        installed = {name for (name,) in cursor.fetchall()}
        for table in sorted(tables & _watched.keys()):
            for name, statement in _triggers(database.vendor, table):
                if name not in installed:
                    cursor.execute(statement)


_FUNCTION = """
CREATE OR REPLACE FUNCTION scheduler_note_fact_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO scheduler_factchange (txid, at) VALUES (txid_current(), now());
  RETURN NULL;
END $$
"""
_INSTALLED = {
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
}


def _triggers(vendor: str, table: str) -> Iterator[tuple[str, str]]:
    """Names and statements. A statement of PostgreSQL's is noted once, of SQLite's once a row."""
    columns = _watched[table]
    of = f" OF {', '.join(columns)}" if columns else ""
    # Other columns are another trigger: the one before only notes too much.
    name = f"fact_change_{table}" + (f"_{crc32(of.encode()):08x}" if of else "")
    if vendor == "postgresql":
        when = f"AFTER INSERT OR DELETE OR UPDATE{of} ON {table} FOR EACH STATEMENT"
        yield name, f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION scheduler_note_fact_change()"
        return
    for verb in ("INSERT", "DELETE", f"UPDATE{of}"):
        own = f"{name}_{verb.split()[0].lower()}"
        yield own, f"CREATE TRIGGER {own} AFTER {verb} ON {table} BEGIN {_NOTE}; END"


_NOTE = "INSERT INTO scheduler_factchange (txid, at) VALUES (0, strftime('%Y-%m-%d %H:%M:%f', 'now'))"
