"""The chain of the audit: what an entry's hash is, and the database's own refusal to change one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from django.db import connections

from scheduler.models import AuditEntry

COLUMNS = tuple(
    field.attname
    for field in AuditEntry._meta.concrete_fields  # noqa: SLF001 -- documented by Django
    if field.attname not in {"id", "previous_hash", "hash"}
)
"""Everything that an entry says. Its key says nothing: its place is in `previous_hash`."""


def digest(entry: AuditEntry) -> str:
    """SHA-256 over the previous hash and the canonical JSON of all columns, as 64 hex digits.

    The same for a new entry and for the same entry read from either database.
    """
    said = json.dumps(
        {name: _canonical(getattr(entry, name)) for name in COLUMNS},
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return sha256(f"{entry.previous_hash}\n{said}".encode()).hexdigest()


def _canonical(value: object) -> object:
    return value.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(value, datetime) else value


def plain(facts: Mapping[str, object]) -> dict[str, Any]:
    """`facts` as they come back from a JSON column. Codes and whole numbers: a database may write a
    fraction in another way than it was given, and the hash would break."""
    return {str(name): _plain(value) for name, value in facts.items()}


def _plain(value: object) -> Any:
    if isinstance(value, Mapping):
        return plain(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        raise TypeError(f"An audit's fact is a code or a whole number, not {value}.")
    return str(value)


_REFUSAL = "the audit is only ever appended to"
_POSTGRESQL = (
    f"""
CREATE OR REPLACE FUNCTION scheduler_refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'insufficient_privilege';
END $$
""",
    """
CREATE OR REPLACE TRIGGER audit_is_appended BEFORE UPDATE OR DELETE ON scheduler_auditentry
FOR EACH STATEMENT EXECUTE FUNCTION scheduler_refuse_audit_change()
""",
)
# Not on DELETE: emptying a test's database deletes rows where PostgreSQL truncates.
_SQLITE = (
    f"""
CREATE TRIGGER IF NOT EXISTS audit_is_appended BEFORE UPDATE ON scheduler_auditentry
BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END
""",
)


def install_triggers(*, using: str, **_signal: object) -> None:
    """After every migrate, like the backstop of claims: SQLite copies tables and loses triggers."""
    database = connections[using]
    with database.cursor() as cursor:
        if "scheduler_auditentry" not in database.introspection.table_names(cursor):
            return  # migrated to before the audit
        for statement in _POSTGRESQL if database.vendor == "postgresql" else _SQLITE:
            cursor.execute(statement)
