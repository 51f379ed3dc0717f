"""What an operator watches of this process's rooms: how many, never which or who."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from prometheus_client import Counter
from prometheus_client.core import GaugeMetricFamily, Metric

from realtime.models import Admittance
from realtime.registry import registry as rooms
from realtime.rooms import Room
from realtime.visits import ledger
from scheduler import metrics
from scheduler.metrics import gauge

FRESH_S = 10.0
"""A leg of which nobody has reported for so long is no leg any more; reports come every 2 s."""
KNOCKED = timedelta(seconds=30)

joins = Counter("enkaku_room_joins", "Sockets that entered a room", ["how"], registry=metrics.registry)
refusals = Counter(
    "enkaku_room_refusals", "Sockets that were closed with an error", ["code"], registry=metrics.registry
)


class _Rooms:
    """Read in the event loop, which alone touches the rooms."""

    def collect(self) -> Iterable[Metric]:
        everybody = list(rooms.peers())
        away = sum(peer.is_away for _, peer in everybody)
        yield gauge("rooms", "Rooms with somebody of this process in them", len(rooms.rooms))
        peers = GaugeMetricFamily("enkaku_peers", "Who is in them, by this process", labels=["state"])
        peers.add_metric(["here"], len(everybody) - away)
        peers.add_metric(["away"], away)
        yield peers
        yield gauge("room_sockets", "Open sockets, those at the door included", len(rooms.sockets))
        yield _legs()
        unwritten = [
            stay for stay in ledger.stays if stay.end_reason or stay.last_beat_at != stay.written_beat
        ]
        yield gauge("visits_unwritten", "Stays whose latest is not in the database", len(unwritten))


def _legs() -> GaugeMetricFamily:
    """Sound from one peer to another, as the receiving end reports it."""
    found = {"heard": 0, "silent": 0, "one_way": 0}
    now = time.monotonic()
    for room in rooms.rooms.values():
        heard = {
            (peer.id, speaker): arrives
            for peer in room.peers.values()
            for speaker, (at, arrives) in peer.hears.items()
            if now - at <= FRESH_S
        }
        for (listener, speaker), arrives in heard.items():
            if arrives:
                found["heard"] += 1
            elif _speaks(room, speaker):
                found["one_way" if heard.get((speaker, listener)) else "silent"] += 1
    family = GaugeMetricFamily(
        "enkaku_legs", "Ways of sound to this process's peers, as the receiving end tells", labels=["state"]
    )
    for state, number in found.items():
        family.add_metric([state], number)
    return family


def _speaks(room: Room, peer: str) -> bool:
    """Whether its microphone is on, so that something should arrive."""
    one = room.find(peer)
    if one is None or one.is_away:
        return False
    return one.audio


@metrics.stored
def _waiting(now: datetime) -> Iterable[GaugeMetricFamily]:
    at_the_door = Admittance.objects.filter(admitted_at=None, seen_at__gte=now - KNOCKED)
    yield gauge("waiting", "People in waiting rooms", at_the_door.count())


metrics.registry.register(_Rooms())
