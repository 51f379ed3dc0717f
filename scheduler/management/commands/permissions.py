"""`manage.py permissions`: what each role may, as the code decides it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from scheduler import permission_table


class Command(BaseCommand):
    help = "Prints what each role may; --write puts it into docs/permissions.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--write", action="store_true")

    def handle(self, **options: Any) -> None:
        if not options["write"]:
            self.stdout.write(permission_table.table())
            return
        document = permission_table.path(settings.BASE_DIR)
        document.write_text(permission_table.written(document.read_text()))
