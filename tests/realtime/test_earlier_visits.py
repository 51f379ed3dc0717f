"""Stays written before a stay said on which side it stood are evidence of somebody after the update."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from realtime.models import Visit
from scheduler import bookings
from scheduler.models import Booking, Organisation, Participant, User
from tests.cast import NOW, World, at
from tests.scheduler import plans

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

BEFORE = ("realtime", "0003_devices_and_gaps")
AFTER = ("realtime", "0004_standing_of_earlier_visits")


def migrate(*to: tuple[str, str]) -> None:
    MigrationExecutor(connection).migrate(list(to))


@pytest.fixture(autouse=True)
def _every_table_afterwards(world: World) -> Iterator[None]:
    """The tests that follow share this database: they find it as every other test leaves it."""
    yield
    migrate(*MigrationExecutor(connection).loader.graph.leaf_nodes())


def stay(booking: Booking, user: User, organisation: Organisation, **more: str) -> Visit:
    """As the release before wrote it: with the new columns at their defaults."""
    return Visit.objects.create(
        booking=booking, user=user, organisation=organisation, peer=f"peer-{user.pk}", server="0" * 16,
        started_at=at("9:45"), last_beat_at=at("9:45") + timedelta(minutes=50), **more,
    )  # fmt: skip


def test_each_stay_is_its_leaders_its_schools_or_an_observers(world: World) -> None:
    booking = bookings.book(plans.joint(world, 2), by=world.sato, now=NOW, intention=uuid4())
    sides = {side.organisation_id: side for side in Participant.objects.filter(booking=booking)}
    Participant.objects.filter(pk=sides[world.rebun.pk].pk).update(withdrawn_at=at("10:00"))
    migrate(BEFORE)
    stays = {
        "teacher": stay(booking, world.sato, world.centre),
        "set": stay(booking, world.rishiri_device, world.rishiri),
        "staff": stay(booking, world.tanaka, world.rishiri),
        "left": stay(booking, world.rebun_device, world.rebun),
        "planner": stay(booking, world.suzuki, world.centre),
        "new": stay(booking, world.nakamura, world.rishiri, page="7f3a"),
    }

    migrate(AFTER)

    found = {
        name: Visit.objects.values_list("standing", "participant").get(pk=each.pk)
        for name, each in stays.items()
    }
    assert found == {
        "teacher": ("leader", sides[world.centre.pk].pk),
        "set": ("school", sides[world.rishiri.pk].pk),
        "staff": ("school", sides[world.rishiri.pk].pk),
        "left": ("school", sides[world.rebun.pk].pk),
        "planner": ("observer", None),
        "new": ("observer", None),
    }


def test_a_guest_who_takes_part_as_a_person_stands_on_their_own_side(world: World) -> None:
    booking = bookings.book(plans.joint(world, 2), by=world.sato, now=NOW, intention=uuid4())
    Participant.objects.filter(booking=booking, organisation=world.centre).update(role="guest")
    migrate(BEFORE)
    visit = stay(booking, world.sato, world.centre)

    migrate(AFTER)

    visit.refresh_from_db()
    assert visit.standing == "person"
    assert visit.participant == Participant.objects.get(booking=booking, organisation=world.centre)
