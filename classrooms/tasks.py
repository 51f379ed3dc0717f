"""Periodic work of the classrooms, run by the worker."""

from __future__ import annotations

from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from scheduler import practice


@db_periodic_task(crontab(minute="*/10"))  # type: ignore[untyped-decorator]  # huey has no types
def renew_practice_rooms() -> None:
    """Keeps the practice rooms of the days to come; every ten minutes, so that a start soon has them."""
    practice.renew(now=timezone.now())
