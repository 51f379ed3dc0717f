"""What the metrics say of rooms: how many, whose sound arrives, who was turned away; and nothing else."""

from __future__ import annotations

from prometheus_client.exposition import generate_latest

from realtime import presence
from scheduler import metrics
from scheduler.models import Booking
from tests.cast import World
from tests.realtime.sockets import answers, enter, knock


def said(name: str) -> float:
    """The value of one line, like `enkaku_legs{state="heard"}`; 0 where it is not there yet."""
    lines = generate_latest(metrics.registry).decode().splitlines()
    return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} ")), 0.0)


async def test_rooms_peers_and_joins_are_counted(world: World, lesson_now: Booking) -> None:
    before = said('enkaku_room_joins_total{how="anew"}')
    sato = await enter(world.sato, lesson_now.uid)
    rishiri = await enter(world.rishiri_device, lesson_now.uid)

    assert said("enkaku_rooms") == 1
    assert said('enkaku_peers{state="here"}') == 2
    assert said('enkaku_room_joins_total{how="anew"}') == before + 2
    await rishiri.vanish()
    await sato.read_until("peer-away")
    assert said('enkaku_peers{state="away"}') == 1


async def test_a_leg_is_heard_silent_or_one_way_as_the_receiving_end_tells(
    world: World, lesson_now: Booking
) -> None:
    sato = await enter(world.sato, lesson_now.uid)
    rishiri = await enter(world.rishiri_device, lesson_now.uid)
    await sato.read_until("peer-joined")
    for one in (sato, rishiri):
        await one.say("state", audio=True, video=False)

    async def tell(hears_sato: int, hears_rishiri: int) -> list[float]:
        await rishiri.say("heard", to=sato.id, level=0.2, packets=hears_sato, frames=0)
        await sato.say("heard", to=rishiri.id, level=0.2, packets=hears_rishiri, frames=0)
        for one in (sato, rishiri):
            await one.read_until("heard")
        return [said(f'enkaku_legs{{state="{state}"}}') for state in ("heard", "silent", "one_way")]

    assert await tell(100, 100) == [2, 0, 0]
    assert await tell(100, 0) == [1, 0, 1]
    assert await tell(0, 0) == [0, 2, 0]
    await sato.say("state", audio=False, video=False)
    assert await tell(0, 0) == [0, 1, 0]


async def test_who_is_turned_away_is_counted_by_code_and_named_nowhere(
    world: World, lesson_now: Booking
) -> None:
    before = said('enkaku_room_refusals_total{code="forbidden"}')
    kato = await knock(world.kato, lesson_now.uid)
    await kato.closed()
    sato = await enter(world.sato, lesson_now.uid)
    await answers(sato)

    everything = generate_latest(metrics.registry).decode()
    assert said('enkaku_room_refusals_total{code="forbidden"}') == before + 1
    for private in (world.sato.name, world.kato.email, str(lesson_now.uid), lesson_now.title, sato.id):
        assert private not in everything
    await presence.on_stopping(sender=None)
