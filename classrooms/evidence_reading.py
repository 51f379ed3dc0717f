"""From rows to evidence: whose stays a Visit belongs to, for many Receptions at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q

from classrooms import evidence
from classrooms.evidence import Began, End, Evidence, Stay
from classrooms.models import Reception
from realtime.models import Visit

ALIVE_FOR = timedelta(seconds=30)
"""An open row lags: 15 s of silence are no absence yet, beats come and are written every 5 s."""

Standing = Visit.Standing


@dataclass(frozen=True, slots=True)
class Witness:
    """What was measured of one Reception, over the school's own period."""

    school: Evidence
    """The school's room, whatever devices it was there with."""
    teacher: Evidence
    """Whoever led, over the same period: their absence takes nothing from the school's minutes."""
    seats: Mapping[int, Evidence] = field(default_factory=dict)
    """Of pupils at home or in hospital who came by themselves, by the key of their account."""

    def seat(self, user_id: int | None) -> Evidence | None:
        return self.seats.get(user_id) if user_id is not None else None


@dataclass(slots=True)
class _Stays:
    """The stays of one booking by whose they are."""

    of_participant: dict[int, list[Stay]] = field(default_factory=lambda: defaultdict(list))
    of_leaders: list[Stay] = field(default_factory=list)
    of_seats: dict[int, dict[int, list[Stay]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    """By the school's key, then the account's."""


def is_settled(reception: Reception, now: datetime) -> bool:
    """Whether nothing that comes can change the own period, which is over: no stay is counted up to the
    bell on trust, with a last sign of life before it that is too young to be taken for the end."""
    own = Q(standing=Standing.SCHOOL, participant=reception.participant_id)
    seats = Q(standing=Standing.SEAT, organisation=reception.school_id)
    trusted = Visit.objects.filter(
        own | seats | Q(standing=Standing.LEADER),
        booking=reception.lesson_id,
        ended_at=None,
        last_beat_at__gte=now - ALIVE_FOR,
        last_beat_at__lt=reception.participant.end,
    )
    return not trusted.exists()


def of_reception(reception: Reception, now: datetime) -> Witness:
    return of_receptions([reception], now)[reception.pk]


def of_receptions(receptions: Sequence[Reception], now: datetime) -> dict[int, Witness]:
    """What was measured, by the Reception's key. One query, if their participants are loaded."""
    stays = _stays({reception.lesson_id for reception in receptions})
    return {reception.pk: _witness(reception, stays[reception.lesson_id], now) for reception in receptions}


def _witness(reception: Reception, stays: _Stays, now: datetime) -> Witness:
    period = reception.participant.interval

    def witnessed(of: Sequence[Stay]) -> Evidence:
        return evidence.witnessed(of, period, now, alive_for=ALIVE_FOR)

    return Witness(
        school=witnessed(stays.of_participant[reception.participant_id]),
        teacher=witnessed(stays.of_leaders),
        seats={user_id: witnessed(of) for user_id, of in stays.of_seats[reception.school_id].items()},
    )


def _stays(bookings: Collection[int]) -> dict[int, _Stays]:
    found: dict[int, _Stays] = defaultdict(_Stays)
    rows = Visit.objects.filter(booking__in=bookings).exclude(standing=Standing.OBSERVER)
    for visit in rows.order_by("started_at", "pk"):
        _file(found[visit.booking_id], visit)
    return found


def _file(stays: _Stays, visit: Visit) -> None:
    stay = Stay(
        peer=visit.peer,
        start=visit.started_at,
        end=visit.ended_at or visit.last_beat_at,
        end_reason=End(visit.end_reason) if visit.ended_at else End.OPEN,
        began=Began(visit.began),
        page=visit.page,
    )
    if visit.standing == Standing.LEADER:
        stays.of_leaders.append(stay)
    elif visit.standing == Standing.SEAT:
        stays.of_seats[visit.organisation_id][visit.user_id].append(stay)
    elif visit.standing == Standing.SCHOOL and visit.participant_id is not None:
        stays.of_participant[visit.participant_id].append(stay)
