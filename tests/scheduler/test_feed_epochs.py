"""An epoch ends with every change that a calendar may speak of, and with nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from classrooms.models import Course, Section
from scheduler import bookings, feed_epochs
from scheduler.models import (
    Booking,
    ClassGroup,
    FactChange,
    Feed,
    Membership,
    Organisation,
    Participant,
    Person,
    Resource,
    User,
)
from tests.cast import NOW, World
from tests.scheduler import plans

CHANGES: list[Callable[[], object]] = [
    lambda: Organisation.objects.update(short_name="新しい"),
    lambda: Resource.objects.update(name="新しい"),
    lambda: Person.objects.update(kana="あたらしい"),
    lambda: ClassGroup.objects.update(name_en="New"),
    lambda: Membership.objects.update(valid_until=timezone.localdate() + timedelta(days=9)),
    lambda: User.objects.update(language="en"),
    lambda: User.objects.update(is_active=False),
    lambda: Booking.objects.update(title="新しい"),
    lambda: Participant.objects.all().delete(),
    lambda: Course.objects.update(name_en="New"),
    lambda: Section.objects.update(name="新しい"),
    lambda: Feed.objects.update(revoked_at=timezone.now()),
]


@pytest.mark.both_databases
@pytest.mark.parametrize("change", range(len(CHANGES)))
def test_a_change_by_whatever_way_ends_the_epoch(world: World, change: int) -> None:
    bookings.book(plans.joint(world, 2), by=world.sato, now=NOW, intention=uuid4())
    Feed.objects.create(subject_id=world.sato.pk, user=world.sato, secret_hash="x")
    epoch = feed_epochs.taken()
    assert feed_epochs.is_current(epoch)

    CHANGES[change]()

    assert not feed_epochs.is_current(epoch)


@pytest.mark.both_databases
def test_what_no_calendar_says_ends_no_epoch(world: World) -> None:
    feed = Feed.objects.create(subject_id=world.sato.pk, user=world.sato, secret_hash="x")
    epoch = feed_epochs.taken()

    User.objects.filter(pk=world.sato.pk).update(last_login=timezone.now(), password="x")
    Feed.objects.filter(pk=feed.pk).update(last_read_at=timezone.now(), facts_hash="y")

    assert feed_epochs.is_current(epoch)


@pytest.mark.both_databases
def test_notes_of_changes_are_forgotten_after_days_in_which_no_epoch_is_trusted(world: World) -> None:
    assert FactChange.objects.exists()
    feed_epochs.prune(now=timezone.now())
    assert FactChange.objects.exists()

    feed_epochs.prune(now=timezone.now() + feed_epochs.KEPT + timedelta(minutes=1))

    assert not FactChange.objects.exists()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_change_that_began_before_the_epoch_and_is_committed_after_it_ends_it() -> None:
    """Others commit meanwhile, so that the slow one's note is neither the newest nor the highest."""
    school = Organisation.objects.create(kind="board", code="B1", name="局", short_name="局")
    is_written, may_commit = Event(), Event()

    def slow() -> None:
        with transaction.atomic():
            Organisation.objects.filter(pk=school.pk).update(short_name="遅い")
            is_written.set()
            assert may_commit.wait(20)
        connection.close()

    thread = Thread(target=slow)
    thread.start()
    try:
        assert is_written.wait(20)
        Organisation.objects.create(kind="board", code="B2", name="局", short_name="局")
        epoch = feed_epochs.taken()
        assert feed_epochs.is_current(epoch)
    finally:
        may_commit.set()
        thread.join()

    assert not feed_epochs.is_current(epoch)
