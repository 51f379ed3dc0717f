"""Periodic and background work of the core, run by the worker."""

from __future__ import annotations

from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from scheduler import bookings, deliveries


@db_task()  # type: ignore[untyped-decorator]  # huey has no types
def deliver_notices() -> None:
    """At once after a change was committed, so that mail leaves within seconds."""
    deliveries.deliver_due(clock=timezone.now)


@db_periodic_task(crontab(minute="*"))  # type: ignore[untyped-decorator]  # huey has no types
def deliver_waiting_notices() -> None:
    """What is due again after a failure, and what a killed worker left."""
    deliveries.deliver_due(clock=timezone.now)


@db_periodic_task(crontab(minute="*"))  # type: ignore[untyped-decorator]  # huey has no types
def free_expired_holds() -> None:
    """A hold stops nobody once it has run out; this puts its rows in order within a minute."""
    bookings.expire_holds(now=timezone.now())
