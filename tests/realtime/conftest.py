"""Fixtures of the rooms' tests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from asgiref.sync import SyncToAsync
from django.db import connections
from django.utils import timezone

from realtime import visits
from realtime.registry import registry
from realtime.visits import ledger
from scheduler.models import Booking
from tests.cast import World
from tests.realtime.lessons import book_lesson


@pytest.fixture
def empty_rooms(transactional_db: None, django_db_serialized_rollback: None) -> Iterator[None]:
    """Afterwards nobody is in any room of this process."""
    yield
    visits._writer.submit(int).result(10)  # what was being written must not meet the clearing of the tables
    # This thread outlives the test; its connection must not.
    SyncToAsync.single_thread_executor.submit(connections.close_all).result(10)
    registry.rooms.clear()
    registry.sockets.clear()
    ledger.stays.clear()


@pytest.fixture
def lesson_now(empty_rooms: None, world: World) -> Booking:
    """A lesson that began five minutes ago."""
    now = timezone.now()
    return book_lesson(world, now - timedelta(minutes=5), now=now)
