"""The three nearest times for six resources over twelve weeks, beside a sweep over rows in memory."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from statistics import median
from time import perf_counter, process_time
from typing import Any
from uuid import uuid4

from bench import world
from bench.figures import Figure, in_turns, milliseconds
from scheduler import bookings, finding, timegrid
from scheduler.availability import Availability
from scheduler.intervals import Interval
from scheduler.names import Name
from scheduler.plans import Need, Plan, Side
from scheduler.wishes import Wish, WishHost, WishSide
from tests.cast import REBUN_BELLS, add_school

WEEKS = 12
TAKEN = 0.75
"""The share of periods in which somebody of the six is busy: a full timetable."""
ROUNDS = 150
Row = tuple[int, datetime, datetime]


def figures() -> Iterator[Figure]:
    made = world.build(1, code="N", studios=1)
    typical, impossible = _wish(made, minimum=45, wanted=50), _wish(made, minimum=45, wanted=200)
    slots = list(islice(world.slots(), WEEKS * 5 * 6))
    dice = random.Random(20261121)
    for slot in slots:
        if dice.random() < TAKEN:
            _take(made, typical, slot, dice)
    starts = [dice.choice(slots).start for _ in range(ROUNDS)]
    yield from _against_a_sweep("nearest times", typical, starts)
    yield from _against_a_sweep("nearest times, full length nowhere", impossible, starts[: ROUNDS // 3])
    taken = []
    began_cpu = process_time()
    for near in starts:
        began = perf_counter()
        loaded = finding.load(typical, near=near, now=world.NOW)
        finding.nearest(typical, loaded, near=near, not_before=world.NOW)
        taken.append(perf_counter() - began)
    cpu = (process_time() - began_cpu) / len(starts)
    p50 = median(taken) * 1000
    yield Figure(
        "nearest times with reading from the database, p50",
        f"{p50:.1f} ms",
        f"{milliseconds(cpu)} of CPU",
        p50,
        30,
        "ms",
    )


def _against_a_sweep(name: str, wish: Wish, starts: Sequence[datetime]) -> Iterator[Figure]:
    loaded = finding.load(wish, near=world.NOW, now=world.NOW)
    rows = [(t.resource_id, t.start, t.end) for line in _lines(loaded).values() for t in line.rows]
    bells = _bells(loaded, wish)
    assert all(_same(wish, loaded, bells, rows, near) for near in starts[:20])

    def ours(number: int) -> None:
        # A new one each time, so that no day plan is remembered from the round before.
        fresh = Availability(loaded.first, loaded.last, loaded.facts, loaded.resources, _lines(loaded))
        finding.nearest(wish, fresh, near=starts[number], not_before=world.NOW)

    def peer(number: int) -> None:
        sweep(wish, bells, rows, loaded.first, starts[number], world.NOW)

    mine, theirs = in_turns(ours, peer, len(starts))
    yield Figure(
        f"{name}, 6 resources, {WEEKS} weeks, against a sweep in memory",
        milliseconds(mine),
        milliseconds(theirs),
        mine / theirs,
        3,
    )


def _lines(loaded: Availability) -> Any:
    return loaded._timelines  # noqa: SLF001 -- the peer shall have the same rows


def _wish(made: world.BenchWorld, *, minimum: int, wanted: int) -> Wish:
    writer = made.writers[0]
    school, part, places = add_school(f"NR{wanted}", "高校", "校", REBUN_BELLS)
    return Wish(
        kind="lesson",
        title=Name("数学Ⅱ"),
        organiser_id=made.centre.pk,
        sides=(
            WishSide(writer.school.pk, (Need((writer.part.pk,)), Need((writer.place.pk,))), 2),
            WishSide(school.pk, (Need((part.pk,)), Need((places[0].pk,))), 2),
        ),
        hosts=(WishHost(made.centre.pk, (Need((writer.teacher.pk,)), Need((made.studios[0].pk,)))),),
        wanted=timedelta(minutes=wanted),
        minimum=timedelta(minutes=minimum),
    )


def _take(made: world.BenchWorld, wish: Wish, slot: Interval, dice: random.Random) -> None:
    """One to four of the six are busy, as with lessons of others."""
    ids = sorted(wish.resource_ids)
    needs = tuple(Need((pk,)) for pk in dice.sample(ids, dice.randint(1, 4)))
    side = Side(made.centre.pk, slot, needs, is_host=True)
    plan = Plan("local", Name("校内授業"), made.centre.pk, (side,))
    bookings.book(plan, by=made.user, now=world.NOW, intention=uuid4())


Bells = Sequence[Mapping[date, Sequence[tuple[datetime, datetime]]]]


def _bells(loaded: Availability, wish: Wish) -> Bells:
    """The rows of every school's periods, date by date."""
    days = list(timegrid.dates(loaded.first, loaded.last))
    return [
        {
            day: [
                (p.interval.start, p.interval.end)
                for p in loaded.plan(side.organisation_id, day, side.grade).open_periods
            ]
            for day in days
        }
        for side in wish.sides
    ]


def sweep(
    wish: Wish, bells: Bells, rows: Sequence[Row], first: date, near: datetime, now: datetime
) -> list[tuple[datetime, datetime]]:
    """The same answer by going once through all rows: every pair of periods, every claim of its day."""
    claims: dict[tuple[int, date], list[tuple[datetime, datetime]]] = defaultdict(list)
    for resource, start, end in rows:
        claims[resource, (start + timedelta(hours=9)).date()].append((start, end))

    def is_free(resource: int, day: date, start: datetime, end: datetime) -> bool:
        return all(s >= end or e <= start for s, e in claims.get((resource, day), ()))

    one, other = ([n.resource_ids[0] for n in side.needs] for side in wish.sides)
    hosts = [n.resource_ids[0] for host in wish.hosts for n in host.needs]
    found = []
    for day in bells[0]:
        for s1, e1 in bells[0][day]:
            for s2, e2 in bells[1][day]:
                start, end = min(s1, s2), max(e1, e2)
                shared = min(e1, e2) - max(s1, s2)
                if shared < wish.minimum or start < now:
                    continue
                if (
                    all(is_free(pk, day, start, end) for pk in hosts)
                    and all(is_free(pk, day, s1, e1) for pk in one)
                    and all(is_free(pk, day, s2, e2) for pk in other)
                ):
                    found.append((abs(start - near), start, -shared, end))
    found.sort()
    full = [t for t in found if -t[2] >= wish.wanted][:1]
    return [(t[1], t[3]) for t in [*full, *(t for t in found if t not in full)][:3]]


def _same(wish: Wish, loaded: Availability, bells: Bells, rows: Sequence[Row], near: datetime) -> bool:
    """Whether both give the same times: a faster wrong answer is no figure."""
    found = finding.nearest(wish, loaded, near=near, not_before=world.NOW)
    return [(c.interval.start, c.interval.end) for c in found] == sweep(
        wish, bells, rows, loaded.first, near, world.NOW
    )
