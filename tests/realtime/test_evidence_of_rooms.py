"""From a real socket to the minutes of a register: the server's clock alone counts."""

from __future__ import annotations

from datetime import timedelta

from channels.db import database_sync_to_async
from django.utils import timezone

from classrooms import evidence_reading, receptions
from classrooms.evidence_reading import Witness
from classrooms.models import Lesson, Reception
from realtime.visits import ledger
from scheduler.models import Booking
from tests.cast import World
from tests.realtime.sockets import enter

YEAR_2001_MS = 978_307_200_000
YEAR_2100_MS = 4_102_444_800_000


def witnessed(booking: Booking, world: World) -> Witness:
    Lesson.objects.create(booking=booking, section=world.section)
    receptions.ensure([booking.pk])
    reception = Reception.objects.select_related("participant").get(lesson=booking.pk, school=world.rishiri)
    return evidence_reading.of_reception(reception, timezone.now())


async def test_a_client_whose_clock_is_wrong_is_measured_by_the_servers(
    world: World, lesson_now: Booking
) -> None:
    before = timezone.now()
    rishiri = await enter(world.rishiri_device, lesson_now.uid)
    for wrong in (YEAR_2001_MS, YEAR_2100_MS):
        await rishiri.say("ping", ts=wrong)
        assert (await rishiri.read())["ts"] == wrong
    await rishiri.say("leave")
    await rishiri.closed()
    await ledger.flush()

    seen = (await database_sync_to_async(witnessed)(lesson_now, world)).school

    after = timezone.now()
    [connected] = seen.connected
    assert before <= connected.start < connected.end <= after
    assert seen.late is not None
    assert seen.late.duration >= timedelta(minutes=5)
    assert seen.left_at == connected.end
