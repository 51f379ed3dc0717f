"""`manage.py demonstrate`: loads the demonstration once, or anew with --reset."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from classrooms import demonstration
from classrooms.demonstration.world import at_eight
from scheduler import demonstrations


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
            self._remove()
        if demonstration.is_loaded():
            self.stdout.write("お試しデータはすでに入っています。 / The demonstration is loaded already.")
        else:
            self.stdout.write("お試しデータを入れています… / Loading the demonstration…")
            self.stdout.flush()
            self._report(self._load(at_eight(date) if date else timezone.now()))
        self._print_sign_ins()

    @transaction.atomic
    def _load(self, now: datetime) -> demonstration.Loaded:
        loaded = demonstration.load(now=now)
        for other in demonstrations.registered():
            other.load(now=now)
        return loaded

    @transaction.atomic
    def _remove(self) -> None:
        """First what hangs on the organisations."""
        for other in demonstrations.registered():
            other.remove()
        demonstration.remove()

    def _report(self, loaded: demonstration.Loaded) -> None:
        self.stdout.write(
            f"{loaded.schools}校・{loaded.people}人・{loaded.sections}講座・授業{loaded.lessons}回・"
            f"校内授業{loaded.local_lessons}回（日課・職員・生徒数は例示です）。"
        )

    def _print_sign_ins(self) -> None:
        self.stdout.write("\nサインインできる人 / Sign in as:")
        others = [account for other in demonstrations.registered() for account in other.sign_ins()]
        for label, email, password in [*demonstration.sign_ins(), *others]:
            self.stdout.write(f"  {_padded(label, 28)}{email:<37}{password}")


def _padded(text: str, width: int) -> str:
    """`text` filled up to `width` columns of a console, where a kanji takes two."""
    taken = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
    return text + " " * max(1, width - taken)
