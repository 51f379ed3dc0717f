"""Writes the states of a consultation into docs/consultations.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from clinics import state_diagram


class Command(BaseCommand):
    help = "Writes the states of a consultation into docs/consultations.md."

    def handle(self, *args: Any, **options: Any) -> None:
        page = Path(settings.BASE_DIR) / "docs" / "consultations.md"
        page.write_text(state_diagram.put_into(page.read_text("utf-8")), "utf-8")
