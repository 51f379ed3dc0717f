"""Periodic work of the rooms."""

from __future__ import annotations

from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from realtime import visit_rows


@db_periodic_task(crontab(minute="*"))  # type: ignore[untyped-decorator]  # huey ships no types
def close_stale_visits() -> None:
    """Visits whose server was killed end at their last beat."""
    visit_rows.close_stale(timezone.now())
