"""`manage.py backup FOLDER`: database and uploads at one point in time, while the service runs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from redis import RedisError

from scheduler import backup, health
from scheduler.database_copies import BackupError


class Command(BaseCommand):
    help = "Writes database and uploads into an empty folder. Keys are named in it, and not included."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="An empty folder, or one that is not there yet.")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        now, began = timezone.now(), time.monotonic()
        try:
            manifest = backup.make(folder, now=now)
        except (BackupError, OSError) as error:
            raise CommandError(str(error)) from error
        try:
            health.backup_made(now)
        except RedisError:
            self.stderr.write("Redis does not answer: the metrics will not know of this backup.")
        size = manifest.database.size + sum(file.size for file in manifest.uploads.values())
        self.stdout.write(
            f"{folder}: {len(manifest.tables)} tables with {sum(manifest.tables.values())} rows, "
            f"{len(manifest.uploads)} uploads, {size / 1e6:.1f} MB in {time.monotonic() - began:.1f} s."
        )
        kept = ", ".join(name for name, print_ in manifest.keys.items() if print_)
        self.stdout.write(f"Not in it, keep them elsewhere: {kept}.")
