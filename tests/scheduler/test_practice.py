"""There is always a practice room open, whoever has a post sees it, and nobody is in its way."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from classrooms import tasks
from scheduler import bookings, permissions, practice, providers, timegrid
from scheduler.models import Booking, Claim, Organisation
from scheduler.providers import Reader
from tests.cast import NOW, TOKYO, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def open_at(now: datetime) -> list[Booking]:
    return list(Booking.objects.live(now).filter(kind=Booking.Kind.PRACTICE, start__lte=now, end__gt=now))


@pytest.mark.parametrize("clock", [time(0), time(4, 59), time(12), time(23, 59)])
def test_renew_at_any_hour_leaves_exactly_one_room_open(world: World, clock: time) -> None:
    now = timegrid.instant(date(2026, 11, 24), clock, TOKYO)

    practice.renew(now=now)

    assert len(open_at(now)) == 1


def test_renew_keeps_rooms_for_the_days_ahead_without_a_gap_or_an_overlap(world: World) -> None:
    made = practice.renew(now=NOW)

    first = date(2026, 11, 24)
    assert [booking.interval for booking in made] == [
        timegrid.whole_day(first + timedelta(days=n), TOKYO) for n in range(practice.DAYS_AHEAD + 1)
    ]


def test_renew_again_makes_only_what_is_missing(world: World) -> None:
    before = practice.renew(now=NOW)

    again = practice.renew(now=NOW + timedelta(hours=1))
    next_day = practice.renew(now=NOW + timedelta(days=1))

    assert [b.pk for b in again] == [b.pk for b in before]
    assert [b.pk for b in next_day[:-1]] == [b.pk for b in before[1:]]
    assert Booking.objects.filter(kind=Booking.Kind.PRACTICE).count() == practice.DAYS_AHEAD + 2


def test_renew_leaves_a_cancelled_room_cancelled(world: World) -> None:
    today = practice.renew(now=NOW)[0]
    bookings.cancel(today, by=world.admin, now=NOW, intention=uuid4())

    practice.renew(now=NOW)

    assert open_at(NOW) == []


def test_renew_holds_no_resource_so_it_is_in_nobody_s_way(world: World) -> None:
    practice.renew(now=NOW)

    assert not Claim.objects.exists()


def test_renew_follows_the_midnights_of_each_centre(world: World) -> None:
    edmonton = Organisation.objects.create(
        kind=Organisation.Kind.DELIVERY_CENTRE, code="C2", name="Alberta", short_name="Alberta",
        time_zone="America/Edmonton",
    )  # fmt: skip

    practice.renew(now=NOW)

    first = Booking.objects.filter(organiser=edmonton).earliest("start")
    assert first.interval == timegrid.whole_day(date(2026, 11, 23), ZoneInfo("America/Edmonton"))


def test_the_periodic_job_renews_the_rooms(world: World) -> None:
    tasks.renew_practice_rooms.call_local()

    assert Booking.objects.filter(kind=Booking.Kind.PRACTICE).count() == practice.DAYS_AHEAD + 1


def test_practice_room_is_visible_to_whoever_has_a_post_and_to_nobody_else(world: World) -> None:
    room = practice.renew(now=NOW)[0]

    seeing = {
        user.name
        for user in (world.sato, world.suzuki, world.admin, world.tanaka, world.rishiri_device, world.kudo)
        if permissions.visible_bookings(user, NOW).filter(pk=room.pk).exists()
    }

    assert seeing == {"佐藤 直子", "鈴木 和也", "本間 恵", "田中 誠", "利尻 受信機材1", "工藤 誠"}
    assert not permissions.visible_bookings(world.kato, NOW).filter(pk=room.pk).exists()


def test_practice_entry_leads_into_the_room_only_while_it_is_open(world: World) -> None:
    made = practice.renew(now=NOW)
    bookings.cancel(made[0], by=world.admin, now=NOW, intention=uuid4())
    for booking in made:
        booking.refresh_from_db()
    reader = Reader(world.sato, (), "ja")
    tomorrow = NOW + timedelta(days=1)

    entries = providers.of(Booking.Kind.PRACTICE).entries(made, reader, tomorrow)

    assert [(e.title, bool(e.room_url)) for e in entries] == [
        ("接続練習", False),
        ("接続練習", True),
        ("接続練習", False),
        ("接続練習", False),
    ]
