"""Periodic work of consultations, run by the worker."""

from __future__ import annotations

from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from clinics import attachments, conferences, nudges, offers


@db_periodic_task(crontab(minute="*"))  # type: ignore[untyped-decorator]  # huey has no types
def settle_offers() -> None:
    """An offer binds nobody once it has run out; this tells whoever waits for it."""
    offers.settle_expired(now=timezone.now())


@db_periodic_task(crontab(minute="*"))  # type: ignore[untyped-decorator]  # huey has no types
def watch_conferences() -> None:
    """Both sides are in the room; nobody came; everybody has left."""
    conferences.watch(now=timezone.now())


@db_periodic_task(crontab(minute="*/5"))  # type: ignore[untyped-decorator]  # huey has no types
def remind() -> None:
    """What is overdue."""
    nudges.remind(now=timezone.now())


@db_periodic_task(crontab(hour="3", minute="50"))  # type: ignore[untyped-decorator]  # huey has no types
def remove_orphaned_files() -> None:
    """Files whose attachment was never written down."""
    attachments.remove_orphans(now=timezone.now())
