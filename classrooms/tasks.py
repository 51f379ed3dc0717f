"""Periodic work of the classrooms, run by the worker."""

from __future__ import annotations

from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from classrooms import enrolments, receptions
from scheduler import practice


@db_periodic_task(crontab(minute="*/10"))  # type: ignore[untyped-decorator]  # huey has no types
def renew_practice_rooms() -> None:
    """Keeps the practice rooms of the days to come; every ten minutes, so that a start soon has them."""
    practice.renew(now=timezone.now())


@db_periodic_task(crontab(minute="*/5"))  # type: ignore[untyped-decorator]  # huey has no types
def settle_receptions() -> None:
    """Schools' sides follow their booking at once; this mends those of a process killed in between."""
    receptions.settle_stale()


@db_periodic_task(crontab(minute="7"))  # type: ignore[untyped-decorator]  # huey has no types
def recount_pupils() -> None:
    """Enrolments begin and end at midnight by themselves; the numbers to book with follow within the hour."""
    enrolments.recount(timezone.localdate())
