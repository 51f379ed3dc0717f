"""`manage.py demonstrate`: loads the demonstration once, or anew with --reset."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from classrooms import demonstration
from classrooms.demonstration.world import at_eight


class Command(BaseCommand):
    help = "Loads the centre, the 31 schools and two weeks of lessons to try the service with."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reset", action="store_true", help="Remove what is there and load it anew.")
        parser.add_argument(
            "--force",
            action="store_true",
            help="Also where ENKAKU_EMBEDDED is not set. The accounts' password is published!",
        )
        parser.add_argument(
            "--date", type=date.fromisoformat, metavar="YYYY-MM-DD", help="As if today were this date."
        )

    def handle(self, *args: Any, reset: bool, force: bool, date: date | None, **options: Any) -> None:
        if not (settings.EMBEDDED or force):
            raise CommandError(
                "The demonstration is for ENKAKU_EMBEDDED=1: the password of its accounts is published. "
                "Say --force if this service is for trying only."
            )
        if reset:
            demonstration.remove()
        if demonstration.is_loaded():
            self.stdout.write("お試しデータはすでに入っています。 / The demonstration is loaded already.")
        else:
            self.stdout.write("お試しデータを入れています… / Loading the demonstration…")
            self.stdout.flush()
            self._report(demonstration.load(now=at_eight(date) if date else timezone.now()))
        self._print_sign_ins()

    def _report(self, loaded: demonstration.Loaded) -> None:
        self.stdout.write(
            f"{loaded.schools}校・{loaded.people}人・{loaded.sections}講座・授業{loaded.lessons}回・"
            f"校内授業{loaded.local_lessons}回（日課・職員・生徒数は例示です）。"
        )

    def _print_sign_ins(self) -> None:
        self.stdout.write("\nサインインできる人 / Sign in as:")
        for label, email, password in demonstration.sign_ins():
            self.stdout.write(f"  {_padded(label, 28)}{email:<30}{password}")


def _padded(text: str, width: int) -> str:
    """`text` filled up to `width` columns of a console, where a kanji takes two."""
    taken = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
    return text + " " * max(1, width - taken)
