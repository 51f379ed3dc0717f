"""The database's own refusal of two claims on one unit at one time."""

from __future__ import annotations

from typing import Any

from django.db import connections
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import BaseConstraint, Model

# int8range(x, x, '[]') instead of "x WITH =" needs no btree_gist extension.
_EXCLUSION = """EXCLUDE USING gist (
  int8range(resource_id, resource_id, '[]') WITH &&,
  int4range(unit::int, unit::int, '[]') WITH &&,
  tstzrange(start, "end", '[)') WITH &&
) WHERE (NOT is_override)"""


class NoOverlap(BaseConstraint):
    """An exclusion constraint on PostgreSQL; on SQLite a migration's triggers do the same."""

    def constraint_sql(
        self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        if schema_editor is None or schema_editor.connection.vendor != "postgresql":
            return ""
        return f"CONSTRAINT {schema_editor.quote_name(self.name)} {_EXCLUSION}"

    def create_sql(self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> str:
        if schema_editor is None or schema_editor.connection.vendor != "postgresql":
            return ""
        return f"ALTER TABLE scheduler_claim ADD {self.constraint_sql(model, schema_editor)}"

    def remove_sql(self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> str:
        if schema_editor is None or schema_editor.connection.vendor != "postgresql":
            return ""
        return f"ALTER TABLE scheduler_claim DROP CONSTRAINT {schema_editor.quote_name(self.name)}"

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Checked under locks by `scheduler.bookings`, which can say who is in the way."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NoOverlap) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)


_TRIGGER = """
CREATE TRIGGER IF NOT EXISTS claim_no_overlap_{verb} BEFORE {verb} ON scheduler_claim
WHEN NOT NEW.is_override AND EXISTS (
  SELECT 1 FROM scheduler_claim c
  WHERE c.resource_id = NEW.resource_id AND c.unit = NEW.unit AND NOT c.is_override
    AND c.start < NEW."end" AND c."end" > NEW.start AND c.id IS NOT NEW.id
)
BEGIN SELECT RAISE(ABORT, 'claim_no_overlap'); END
"""


def install_triggers(*, using: str, **_signal: object) -> None:
    """SQLite's side of the backstop, made after every migrate.

    Not in a migration: SQLite alters a table by copying it, and the copy has no triggers.
    """
    if connections[using].vendor != "sqlite":
        return
    with connections[using].cursor() as cursor:
        for verb in ("INSERT", "UPDATE"):
            cursor.execute(_TRIGGER.format(verb=verb))
