"""`manage.py audit_verify`: whether the audit is as it was written."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand

from scheduler import audit
from scheduler.audit import Fault

SENTENCES = {
    Fault.CHANGED: "Entry {pk} was changed: its hash is not that of its columns.",
    Fault.MISPLACED: "Before entry {pk} something is missing, was put in, or stands elsewhere.",
    Fault.CUT_OFF: "Entries are missing after {pk}.",
    Fault.UNCOUNTED: "Up to entry {pk} there are more entries than were recorded.",
    Fault.UNKNOWN_HEAD: "The kept head is not in the chain: it was written anew, up to entry {pk}.",
}


def _head(text: str) -> tuple[int, str]:
    count, _, digest = text.partition(":")
    if not count.isdecimal() or len(digest) != 64:
        raise ArgumentTypeError("expected NUMBER:HASH as an earlier run printed it")
    return int(count), digest


class Command(BaseCommand):
    help = "Verifies the audit's chain; exits with 1 and names the entries where it is broken."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--kept", type=_head, metavar="NUMBER:HASH", help="a head of an earlier day")

    def handle(self, **options: Any) -> None:
        count, digest = audit.head()
        breaks = audit.verify(kept=options["kept"])
        for each in breaks:
            self.stderr.write(SENTENCES[each.fault].format(pk=each.pk or "the beginning"))
        if breaks:
            sys.exit(1)
        self.stdout.write(f"{count} entries, unbroken.")
        if count:
            self.stdout.write(f"Keep this line somewhere else, for --kept: {count}:{digest}")
