"""Does a plan fit? All reasons at once, and which resource each need gets.

Reads resources, claims, calendars and rules, decides without writing. Under the resources' locks
(`lock`) the answer holds until the transaction ends; without them it is for showing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import connection

from scheduler import calendars, rules, timegrid, units
from scheduler.claims import LONGEST, Obstacle, Want, in_the_way, sitting_around
from scheduler.conflicts import Conflict, Kind, Verdict
from scheduler.dayplans import DayPlan, PeriodSpan, SchoolFacts, day_plan
from scheduler.intervals import Interval
from scheduler.models import Resource
from scheduler.names import Name
from scheduler.plans import Plan, Side

_RESOURCES = """
SELECT r.id, r.kind, r.name, r.name_en, r.capacity, o.short_name, o.name_en
FROM scheduler_resource r JOIN scheduler_organisation o ON o.id = r.organisation_id
WHERE r.id IN ({keys}) ORDER BY r.id
"""
_KIND_OF: dict[str, Kind] = {
    Resource.Kind.PERSON: Kind.PERSON,
    Resource.Kind.CLASS_PART: Kind.CLASS_GROUP,
    Resource.Kind.STUDIO: Kind.LOCATION,
    Resource.Kind.CONFERENCE_ROOM: Kind.LOCATION,
    Resource.Kind.RECEIVING_SET: Kind.RECEIVING_SET,
    Resource.Kind.LINE: Kind.LINE,
}
_PLACES = frozenset({Kind.LOCATION, Kind.RECEIVING_SET})


@dataclass(frozen=True, slots=True)
class Known:
    """What judging needs to know of a resource."""

    kind: Kind
    name: Name
    organisation: Name
    capacity: int


@dataclass(frozen=True, slots=True)
class Grant:
    """A resource that a need gets: by `unit`, or deliberately beside its holder."""

    side: int
    resource_id: int
    unit: int
    interval: Interval
    is_place: bool
    """Whether it is where the party will be (a studio, a set), not who or whom."""
    is_override: bool = False
    reseated: tuple[tuple[int, int], ...] = ()
    """Claims of the same resource that must change to another unit first: (claim, unit)."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one plan, what each need gets, and each side's period number."""

    plan: Plan
    verdict: Verdict
    grants: tuple[Grant, ...]
    period_numbers: tuple[int | None, ...]
    expired: frozenset[int]
    """Bookings whose holds have run out and whose claims lie in the way of a grant."""


def resource_ids(plans: Iterable[Plan]) -> set[int]:
    return {pk for plan in plans for side in plan.sides for need in side.needs for pk in need.resource_ids}


def lock(plans: Sequence[Plan]) -> dict[int, Known]:
    """Locks every resource that the plans name, in order of their keys, until the transaction ends."""
    return _known(resource_ids(plans), is_locking=True)


def look(plans: Sequence[Plan]) -> dict[int, Known]:
    """The same without locks."""
    return _known(resource_ids(plans), is_locking=False)


def _known(ids: set[int], *, is_locking: bool) -> dict[int, Known]:
    # Plain SQL: every booking asks this, and Django's building of the statement costs more than its answer.
    if not ids:
        return {}
    query = _RESOURCES.format(keys=", ".join(["%s"] * len(ids)))
    if is_locking and connection.features.has_select_for_no_key_update:
        # no key: inserting claims takes a share lock on the key, which must not wait for us.
        query += " FOR NO KEY UPDATE OF r"
    with connection.cursor() as cursor:
        cursor.execute(query, sorted(ids))
        return {
            pk: Known(_KIND_OF[kind], Name(name, name_en or name), Name(short, en or short), capacity)
            for pk, kind, name, name_en, capacity, short, en in cursor.fetchall()
        }


def judge(
    plans: Sequence[Plan], known: Mapping[int, Known], *, now: datetime, ignoring: int | None = None,
    accepted: frozenset[str] = frozenset(),
) -> list[Judgement]:  # fmt: skip
    """One judgement per plan, in order: five queries however many plans, resources and dates.

    `ignoring` is a booking whose own claims don't count (it is being moved); `accepted` are the
    kinds of conflict that an override takes upon itself.
    """
    wants, owners = _wants(plans)
    obstacles: list[dict[tuple[int, int], list[Obstacle]]] = [defaultdict(list) for _plan in plans]
    for obstacle in in_the_way(wants, now=now, ignoring=ignoring):
        plan_index, side_index = owners[obstacle.want]
        obstacles[plan_index][side_index, obstacle.resource_id].append(obstacle)
    facts = _facts(plans)
    book = rules.rulebook({plan.most_rule for plan in plans if plan.most_rule})
    return [
        _judged(plan, known, in_way, facts, book, accepted, ignoring)
        for plan, in_way in zip(plans, obstacles, strict=True)
    ]


def _wants(plans: Sequence[Plan]) -> tuple[list[Want], list[tuple[int, int]]]:
    wants: list[Want] = []
    owners: list[tuple[int, int]] = []
    for plan_index, plan in enumerate(plans):
        for side_index, side in enumerate(plan.sides):
            if side.interval.duration > LONGEST:
                raise ValueError(f"a claim is at most {LONGEST}, got {side.interval.duration}")
            for need in side.needs:
                wants += [Want(pk, side.interval) for pk in need.resource_ids]
                owners += [(plan_index, side_index)] * len(need.resource_ids)
    return wants, owners


def _facts(plans: Sequence[Plan]) -> dict[int, SchoolFacts]:
    sides = [side for plan in plans for side in plan.sides if side.follows_bells]
    if not sides:
        return {}
    # A zone is at most 14 hours from UTC: one date to each side covers every local date.
    first = min(side.interval.start for side in sides).date()
    last = max(side.interval.end for side in sides).date()
    around = (date.fromordinal(first.toordinal() - 1), date.fromordinal(last.toordinal() + 1))
    return calendars.school_facts({side.organisation_id for side in sides}, *around)


def _judged(
    plan: Plan, known: Mapping[int, Known], obstacles: Mapping[tuple[int, int], list[Obstacle]],
    facts: Mapping[int, SchoolFacts], book: rules.Rulebook, accepted: frozenset[str],
    ignoring: int | None,
) -> Judgement:  # fmt: skip
    grants, in_use, expired = _granted(plan, known, obstacles, accepted, ignoring)
    numbers: list[int | None] = []
    calendar: list[Conflict] = []
    for side in plan.sides:
        if not side.follows_bells:
            numbers.append(side.period_number)
            continue
        number, reason = _on_the_bells(side, facts[side.organisation_id], _organisation(side, known))
        numbers.append(number)
        calendar += [reason] if reason else []
    refusals, cautions = _minutes(plan)
    conflicts = [*in_use, *calendar, *refusals, *_headcount(plan, facts, book)]
    remaining = tuple(c for c in conflicts if not (c.is_overridable and c.kind in accepted))
    return Judgement(
        plan, Verdict(remaining, tuple(cautions)), tuple(grants), tuple(numbers), frozenset(expired)
    )


def _organisation(side: Side, known: Mapping[int, Known]) -> Name | None:
    return next((known[pk].organisation for need in side.needs for pk in need.resource_ids), None)


def _granted(
    plan: Plan, known: Mapping[int, Known], obstacles: Mapping[tuple[int, int], list[Obstacle]],
    accepted: frozenset[str], ignoring: int | None,
) -> tuple[list[Grant], list[Conflict], set[int]]:  # fmt: skip
    grants: list[Grant] = []
    conflicts: list[Conflict] = []
    expired: set[int] = set()
    for index, side in enumerate(plan.sides):
        for need in side.needs:
            candidates = [pk for pk in need.resource_ids if pk in known]
            found = _first_free(index, side, candidates, known, obstacles, grants, ignoring)
            if found is None:
                conflict = _in_use(index, side, candidates, known, obstacles)
                conflicts.append(conflict)
                if conflict.kind in accepted:
                    first = candidates[0]
                    place = known[first].kind in _PLACES
                    grants.append(Grant(index, first, 0, side.interval, place, is_override=True))
                continue
            grants.append(found)
            expired |= {
                o.holder.booking_id for o in obstacles.get((index, found.resource_id), ()) if o.is_expired
            }
    return grants, conflicts, expired


def _first_free(
    index: int, side: Side, candidates: Sequence[int], known: Mapping[int, Known],
    obstacles: Mapping[tuple[int, int], list[Obstacle]], grants: Sequence[Grant],
    ignoring: int | None,
) -> Grant | None:  # fmt: skip
    for pk in candidates:
        taken = {o.unit for o in obstacles.get((index, pk), ()) if not o.is_expired}
        taken |= {g.unit for g in grants if g.resource_id == pk and g.interval.overlaps(side.interval)}
        unit = next((u for u in range(known[pk].capacity) if u not in taken), None)
        if unit is not None:
            return Grant(index, pk, unit, side.interval, known[pk].kind in _PLACES)
        if known[pk].capacity == 1 or any(g.resource_id == pk for g in grants):
            continue  # a plan that needs two units of one resource takes them where they are free
        if found := _reseated(pk, side.interval, known[pk].capacity, ignoring):
            unit, moves = found
            return Grant(index, pk, unit, side.interval, known[pk].kind in _PLACES, reseated=moves)
    return None


def _reseated(
    resource_id: int, wanted: Interval, capacity: int, ignoring: int | None
) -> tuple[int, tuple[tuple[int, int], ...]] | None:
    """A unit for `wanted` after those who sit there changed places, or None when it is full."""
    neighbours = sitting_around(resource_id, wanted, ignoring=ignoring)
    seats = units.seated({pk: interval for pk, (_unit, interval) in neighbours.items()}, wanted, capacity)
    if seats is None:
        return None
    unit, places = seats
    return unit, tuple((pk, place) for pk, place in places.items() if place != neighbours[pk][0])


def _in_use(
    index: int, side: Side, candidates: Sequence[int], known: Mapping[int, Known],
    obstacles: Mapping[tuple[int, int], list[Obstacle]],
) -> Conflict:  # fmt: skip
    """Why none of `candidates` is free. The subject is the one that was booked last."""
    if not candidates:
        raise ValueError(f"side {index} needs a resource that does not exist")
    holders = [
        (pk, o.holder) for pk in candidates for o in obstacles.get((index, pk), ()) if not o.is_expired
    ]
    last = max(holders, key=lambda h: h[1].booked_at)[0] if holders else candidates[0]
    return Conflict(
        kind=known[last].kind,
        organisation=known[last].organisation,
        subject=known[last].name,
        wanted=side.interval,
        holders=tuple(h for pk, h in sorted(holders, key=lambda h: h[1].interval) if pk == last),
        alternatives=len(candidates),
    )


def _on_the_bells(
    side: Side, facts: SchoolFacts, organisation: Name | None
) -> tuple[int | None, Conflict | None]:
    """The number of the period that the side begins in, or why it is none.

    A side may cover several periods in a row (2時間連続): it starts with one and ends with one.
    """
    day = day_plan(facts, timegrid.local_date(side.interval.start, facts.zone), grade=side.grade)
    closed = next((c for c in day.closures if c.interval.overlaps(side.interval)), None)
    if closed:
        return side.period_number, Conflict(
            kind=Kind.CLOSED_DAY, organisation=organisation, subject=closed.title, wanted=side.interval,
            closed=closed.interval,
        )  # fmt: skip
    starting = next((p for p in day.periods if p.interval.start == side.interval.start), None)
    if starting and any(p.interval.end == side.interval.end for p in day.periods):
        return starting.number, None
    return side.period_number, Conflict(
        kind=Kind.OUTSIDE_BELLS,
        organisation=organisation,
        wanted=side.interval,
        nearest=_nearest(day, side.interval),
    )


def _nearest(day: DayPlan, wanted: Interval) -> Interval | None:
    def distance(period: PeriodSpan) -> float:
        return abs((period.interval.start - wanted.start).total_seconds())

    return min(day.open_periods, key=distance).interval if day.open_periods else None


def _minutes(plan: Plan) -> tuple[list[Conflict], list[Conflict]]:
    if plan.minimum is None or plan.wanted is None or not any(side.follows_bells for side in plan.sides):
        return [], []
    window = plan.joint_window
    minutes = window.minutes if window else 0
    minimum, wanted = (int(d.total_seconds() // 60) for d in (plan.minimum, plan.wanted))
    if minutes < minimum:
        return [Conflict(kind=Kind.JOINT_WINDOW, wanted=window, minutes=minutes, limit=minimum)], []
    if minutes < wanted:
        return [], [Conflict(kind=Kind.SHORT, wanted=window, minutes=minutes, limit=wanted)]
    return [], []


def _headcount(plan: Plan, facts: Mapping[int, SchoolFacts], book: rules.Rulebook) -> Iterator[Conflict]:
    if plan.most_rule is None:
        return
    zone = next((facts[s.organisation_id].zone for s in plan.sides if s.follows_bells), ZoneInfo("UTC"))
    day = timegrid.local_date(plan.interval.start, zone)
    most = book.limit(plan.most_rule, on=day, organisation_id=plan.organiser_id)
    if most and plan.headcount > most.value:
        yield Conflict(kind=Kind.OVER_CAPACITY, count=plan.headcount, limit=most.value, source=most.source)
