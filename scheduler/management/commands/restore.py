"""`manage.py restore FOLDER`: a backup comes back, into an empty place unless told otherwise."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from psycopg import Error, sql

from scheduler import backup
from scheduler.database_copies import BackupError, Place


class Command(BaseCommand):
    help = "Restores a backup, compares every table and file with it, and says how long that took."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="What manage.py backup has written.")
        how = parser.add_mutually_exclusive_group()
        how.add_argument(
            "--force", action="store_true", help="Throw away what is in the database and uploads."
        )
        how.add_argument(
            "--drill", action="store_true", help="Restore beside the service, and remove it again."
        )

    def handle(self, *args: Any, folder: Path, force: bool, drill: bool, **options: Any) -> None:
        began = time.monotonic()
        try:
            if drill:
                with _beside() as (place, uploads):
                    manifest = backup.restore(folder, place=place, uploads=uploads, replace=False)
            else:
                manifest = backup.restore(
                    folder, place=Place.of_settings(), uploads=settings.UPLOADS_DIR, replace=force
                )
        except (BackupError, OSError, Error) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{'Could be restored' if drill else 'Restored'}: the state of {manifest.made_at}, "
            f"{len(manifest.tables)} tables with {sum(manifest.tables.values())} rows and "
            f"{len(manifest.uploads)} uploads, compared, in {time.monotonic() - began:.1f} s."
        )
        for name in backup.differing_keys(manifest):
            self.stderr.write(f"{name} is not the one with which the backup was made.")
        if not drill:
            self.stdout.write("Run manage.py migrate before the service starts.")


@contextmanager
def _beside() -> Iterator[tuple[Place, Path]]:
    """An empty database on the same server and an empty folder, gone afterwards."""
    here = Place.of_settings()
    with tempfile.TemporaryDirectory(prefix="enkaku-drill-") as folder:
        if here.vendor == "sqlite":
            yield here.named(f"{folder}/drill.sqlite3"), Path(folder) / "uploads"
            return
        name = sql.Identifier(f"enkaku_drill_{secrets.token_hex(4)}")
        with here.connect() as database:
            database.execute(sql.SQL("CREATE DATABASE {}").format(name))
        try:
            yield here.named(name.as_string().strip('"')), Path(folder) / "uploads"
        finally:
            with here.connect() as database:
                database.execute(sql.SQL("DROP DATABASE {}").format(name))
