"""Periodic and background work of the core, run by the worker."""

from __future__ import annotations

from django.utils import timezone
from huey import CancelExecution, crontab
from huey.contrib.djhuey import HUEY, db_periodic_task, db_task

from scheduler import bookings, deliveries, exports, feed_epochs, feed_store, health, password_links

_DELIVERY_ASKED = "delivery asked"


def ask_for_delivery() -> None:
    """At once after a change was committed, so that mail leaves within seconds.

    One job that has not begun will find what everybody put into the outbox: no second one is queued.
    """
    if not HUEY.put_if_empty(_DELIVERY_ASKED, data=True):
        return
    try:
        deliver_notices()
    except Exception:
        HUEY.delete(_DELIVERY_ASKED)  # nothing was queued: the next change asks again
        raise


@db_task()  # type: ignore[untyped-decorator]  # huey has no types
def deliver_notices() -> None:
    _deliver()


@db_periodic_task(crontab(minute="*"))  # type: ignore[untyped-decorator]  # huey has no types
def deliver_waiting_notices() -> None:
    """What is due again after a failure, and what a killed worker left with its job."""
    _deliver()


def _deliver() -> None:
    HUEY.delete(_DELIVERY_ASKED)  # before looking: what comes from now on may be missed and asks again
    deliveries.deliver_due(clock=timezone.now)
    if deliveries.are_due(timezone.now()):
        ask_for_delivery()


@db_periodic_task(crontab(minute="*"))  # type: ignore[untyped-decorator]  # huey has no types
def show_life() -> None:
    """What `/readyz` and the metrics know of the worker."""
    health.worker_lives(timezone.now())


@db_periodic_task(crontab(minute="*"))  # type: ignore[untyped-decorator]  # huey has no types
def free_expired_holds() -> None:
    """A hold stops nobody once it has run out; this puts its rows in order within a minute."""
    bookings.expire_holds(now=timezone.now())


@db_task()  # type: ignore[untyped-decorator]  # huey has no types
def write_export(pk: int, attempt: int) -> None:
    """What somebody asked for on a page and waits for."""
    exports.write(pk, attempt, clock=timezone.now)


@db_task(retries=3, retry_delay=120)  # type: ignore[untyped-decorator]  # huey has no types
def send_password_link(account_id: int | None) -> None:
    """Asked for on a page that answers before it is known whether there is such an account."""
    if not password_links.send(account_id):
        raise CancelExecution  # until the retries are used up it is not: huey tries again


@db_periodic_task(crontab(minute="20"))  # type: ignore[untyped-decorator]  # huey has no types
def remove_old_exports() -> None:
    """Finished files are kept for a day."""
    exports.remove_old(now=timezone.now())


@db_periodic_task(crontab(hour="3", minute="40"))  # type: ignore[untyped-decorator]  # huey has no types
def forget_old_events() -> None:
    """Written events of a month ago, and what is known of changes that no calendar asks about."""
    feed_store.prune(now=timezone.now())
    feed_epochs.prune(now=timezone.now())
