"""The nearest times that work for everyone, held against a search through everything on small worlds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler import availability as availabilities
from scheduler import bookings, dayplans, finding, timegrid
from scheduler.availability import Availability, Kept, Taken
from scheduler.dayplans import Bell, Bells, Entry, Pattern, SchoolFacts
from scheduler.intervals import Interval
from scheduler.models import CalendarDay
from scheduler.names import Name
from scheduler.plans import Need
from scheduler.wishes import Wish, WishHost, WishSide
from tests.cast import NOW, RISHIRI_BELLS, THURSDAY, World, add_school, at
from tests.scheduler import plans

TOKYO = ZoneInfo("Asia/Tokyo")
MONDAY = date(2026, 6, 15)
MINUTE = timedelta(minutes=1)
TEACHER, STUDIO_1, STUDIO_2 = 1, 2, 3
CLASS_A, CLASS_B, SET_A = 4, 5, 6
CENTRE, SCHOOL_A, SCHOOL_B = 10, 11, 12


def utc(hour: int, minute: int = 0, day: date = MONDAY) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=UTC)


def claim(resource: int, start: datetime, end: datetime, unit: int = 0) -> Taken:
    booked_at = start - timedelta(days=7)
    return Taken(
        resource, start, end, unit, 900, "数学Ⅰ", "", "lesson", "confirmed", None, booked_at, "高橋 亮"
    )


def kept(pk: int, kind: str, organisation: int, capacity: int = 1) -> Kept:
    return Kept(pk, kind, Name(f"資源{pk}"), organisation, Name(f"校{organisation}"), capacity)


RESOURCES = {
    TEACHER: kept(TEACHER, "person", CENTRE),
    STUDIO_1: kept(STUDIO_1, "studio", CENTRE),
    STUDIO_2: kept(STUDIO_2, "studio", CENTRE),
    CLASS_A: kept(CLASS_A, "class_part", SCHOOL_A),
    CLASS_B: kept(CLASS_B, "class_part", SCHOOL_B),
    SET_A: kept(SET_A, "receiving_set", SCHOOL_A, capacity=2),
}


def wish(wanted: int, minimum: int) -> Wish:
    return Wish(
        kind="lesson",
        title=Name("数学Ⅱ"),
        organiser_id=CENTRE,
        sides=(
            WishSide(SCHOOL_A, (Need((CLASS_A,)), Need((SET_A,)))),
            WishSide(SCHOOL_B, (Need((CLASS_B,)),)),
        ),
        hosts=(WishHost(CENTRE, (Need((TEACHER,)), Need((STUDIO_1, STUDIO_2)))),),
        wanted=wanted * MINUTE,
        minimum=minimum * MINUTE,
    )


@st.composite
def schools(draw: st.DrawFn) -> SchoolFacts:
    """A school anywhere with a few periods on any weekday and a closed day."""
    zone = ZoneInfo(draw(st.sampled_from(["Asia/Tokyo", "Asia/Tokyo", "America/Edmonton", "UTC"])))
    at, periods = draw(st.integers(0, 20)) * 30, []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        length = draw(st.sampled_from([30, 45, 60, 120]))
        if at + length < 1440:
            periods.append(
                Bell(number, time(at // 60, at % 60), time((at + length) // 60, (at + length) % 60))
            )
        at += length + draw(st.sampled_from([0, 10, 240]))
    patterns = [
        Pattern(weekday, 1, 1, date(2026, 1, 1), None)
        for weekday in draw(st.sets(st.integers(0, 6), min_size=3))
    ]
    closed = MONDAY + timedelta(days=draw(st.integers(0, 4)))
    return SchoolFacts(
        zone,
        {1: Name("通常")},
        patterns,
        [Bells(1, date(2026, 1, 1), None, tuple(periods))],
        {closed: [Entry("closure", Name("臨時休業"))]},
        {},
    )


@st.composite
def worlds(draw: st.DrawFn) -> Availability:
    claims = [
        claim(resource, utc(0) + start * 10 * MINUTE, utc(0) + (start + length) * 10 * MINUTE, unit)
        for resource, start, length, unit in draw(
            st.lists(
                st.tuples(
                    st.sampled_from(sorted(RESOURCES)),
                    st.integers(0, 6 * 24 * 4),
                    st.integers(1, 60),
                    st.integers(0, 1),
                ),
                max_size=12,
            )
        )
    ]
    facts = {SCHOOL_A: draw(schools()), SCHOOL_B: draw(schools())}
    return availabilities.of_rows(facts, RESOURCES, claims, MONDAY, MONDAY + timedelta(days=5))


def is_free(world: Availability, claims: list[Taken], resource: int, interval: Interval) -> bool:
    """Free unless in some minute as many hold it as it has units."""
    held = [c.interval for c in claims if c.resource_id == resource and c.interval.overlaps(interval)]
    minutes = [interval.start + n * MINUTE for n in range(interval.minutes)]
    fullest = max(sum(i.start <= minute < i.end for i in held) for minute in minutes)
    return fullest < world.resources[resource].capacity


def everything(
    world: Availability, wanted: Wish, not_before: datetime
) -> list[tuple[Interval, timedelta, Interval]]:
    """All bookable times as (union, minutes, window), by trying every pair of periods of every date."""
    claims = [row for timeline in world._timelines.values() for row in timeline.rows]
    days = list(timegrid.dates(world.first - timedelta(days=1), world.last + timedelta(days=1)))
    periods = {
        school: [
            (d, p.interval) for d in days for p in dayplans.day_plan(world.facts[school], d).open_periods
        ]
        for school in (SCHOOL_A, SCHOOL_B)
    }
    found = []
    for (day, a), (_day, b) in product(periods[SCHOOL_A], periods[SCHOOL_B]):
        window = a.intersection(b)
        union = Interval(min(a.start, b.start), max(a.end, b.end))
        if not world.first <= day <= world.last or window is None or window.duration < wanted.minimum:
            continue
        fits = (
            is_free(world, claims, TEACHER, union)
            and (is_free(world, claims, STUDIO_1, union) or is_free(world, claims, STUDIO_2, union))
            and is_free(world, claims, CLASS_A, a)
            and is_free(world, claims, SET_A, a)
            and is_free(world, claims, CLASS_B, b)
        )
        if fits and union.start >= not_before:
            found.append((union, window.duration, window))
    return found


@settings(max_examples=300, deadline=None)
@given(
    worlds(),
    st.sampled_from([(50, 30), (30, 30), (120, 20)]),
    st.integers(-600, 6 * 1440),
    st.integers(0, 3 * 1440),
    st.integers(1, 4),
)
def test_the_times_found_are_those_that_trying_everything_finds(
    world: Availability, lengths: tuple[int, int], near_minute: int, now_minute: int, count: int
) -> None:
    wanted = wish(*lengths)
    near, not_before = utc(0) + near_minute * MINUTE, utc(0) + now_minute * MINUTE

    found = finding.nearest(wanted, world, near=near, not_before=not_before, count=count)

    possible = sorted(
        everything(world, wanted, not_before),
        key=lambda t: (abs(t[0].start - near), t[0].start, -t[1], t[2].start),
    )
    full = [t for t in possible if t[1] >= wanted.wanted][:1]
    expected = [*full, *(t for t in possible if t not in full)][:count]
    assert [(c.interval, c.joint.window.duration, c.joint.window) for c in found] == expected
    assert [c.gives_wanted for c in found] == [t[1] >= wanted.wanted for t in expected]
    assert [c.plan.interval for c in found] == [c.interval for c in found]


def lesson_wish(world: World, *, wanted: int = 50, studios: int = 3) -> Wish:
    return Wish(
        kind="lesson",
        title=Name("数学Ⅱ 合同", "Mathematics II"),
        organiser_id=world.centre.pk,
        sides=(
            WishSide(world.rishiri.pk, (Need((world.rishiri_2a.pk,)), Need((world.rishiri_set.pk,))), 2, 6),
            WishSide(world.rebun.pk, (Need((world.rebun_2a.pk,)), Need((world.rebun_set.pk,))), 2, 5),
        ),
        hosts=(
            WishHost(
                world.centre.pk,
                (Need((world.sato_person.pk,)), Need(tuple(s.pk for s in world.studios[:studios]))),
                world.sato_person.pk,
            ),
        ),
        wanted=wanted * MINUTE,
        minimum=45 * MINUTE,
        most_rule="lesson.most_pupils",
    )


def times(found: list[finding.Candidate]) -> list[tuple[str, int]]:
    return [(f"{c.interval.start.astimezone(TOKYO):%d %H:%M}", c.joint.minutes) for c in found]


@pytest.mark.both_databases
def test_a_refused_second_period_is_answered_by_the_full_length_first_then_by_the_nearest(
    world: World,
) -> None:
    bookings.book(plans.joint(world, 2), by=world.suzuki, now=NOW, intention=uuid4())
    wanted, near = lesson_wish(world), at("9:45")

    free = finding.nearest(wanted, finding.load(wanted, near=near, now=NOW), near=near, not_before=NOW)

    # 13:20 gives 50 minutes; 8:45 and 10:45 give 45 and are an hour away.
    assert times(free) == [("26 13:20", 50), ("26 08:45", 45), ("26 10:45", 45)]


@pytest.mark.both_databases
def test_what_is_found_can_be_booked_as_it_is(world: World) -> None:
    wanted, near = lesson_wish(world), at("9:45")
    bookings.book(plans.joint(world, 2), by=world.suzuki, now=NOW, intention=uuid4())
    found = finding.nearest(
        wanted, finding.load(wanted, near=near, now=NOW), near=near, not_before=NOW, count=8
    )

    made = [bookings.book(c.plan, by=world.suzuki, now=NOW, intention=uuid4()) for c in found]

    assert [b.interval for b in made] == [c.interval for c in found]
    held = [list(b.claims.order_by("pk").values_list("resource_id", flat=True)) for b in made]
    assert [sorted(h) for h in held] == [sorted(c.granted) for c in found]


@pytest.mark.both_databases
def test_a_closed_day_gives_no_time(world: World) -> None:
    CalendarDay.objects.create(
        organisation=world.rebun, date=THURSDAY, kind="closure", title="臨時休業（暴風雪）"
    )
    wanted, near = lesson_wish(world), at("9:45")
    loaded = finding.load(wanted, near=near, now=NOW)

    found = finding.nearest(wanted, loaded, near=near, not_before=NOW)

    # 14:20 on Wednesday is nearer than anything on Friday.
    assert times(found) == [("25 14:20", 50), ("25 13:20", 50), ("25 11:45", 45)]
    assert all(c.interval.start.astimezone(TOKYO).date() != THURSDAY for c in found)


@pytest.mark.both_databases
def test_nothing_in_the_past_is_found(world: World) -> None:
    wanted = lesson_wish(world)
    now = at("14:00")

    found = finding.nearest(
        wanted, finding.load(wanted, near=at("9:45"), now=now), near=at("9:45"), not_before=now
    )

    friday = date(2026, 11, 27)
    assert [c.interval.start for c in found] == [at("14:20"), at("8:45", friday), at("9:45", friday)]


@pytest.mark.both_databases
def test_an_expired_hold_is_free_and_a_live_one_is_not(world: World) -> None:
    held = bookings.hold(plans.joint(world, 6), by=world.suzuki, now=NOW, intention=uuid4())
    wanted, near = lesson_wish(world), at("14:20")

    def first(now: datetime) -> datetime:
        loaded = finding.load(wanted, near=near, now=now)
        return finding.nearest(wanted, loaded, near=near, not_before=now)[0].interval.start

    assert held.expires_at is not None
    assert [first(NOW), first(held.expires_at)] == [at("13:20"), at("14:20")]


@pytest.mark.both_databases
def test_a_booking_that_is_to_be_moved_is_not_in_its_own_way(world: World) -> None:
    booking = bookings.book(plans.joint(world, 6), by=world.suzuki, now=NOW, intention=uuid4())
    wanted, near = lesson_wish(world), at("14:20")

    loaded = finding.load(wanted, near=near, now=NOW, ignoring=booking.pk)

    assert finding.nearest(wanted, loaded, near=near, not_before=NOW)[0].interval.start == near


@pytest.mark.both_databases
def test_loading_takes_the_same_queries_for_two_schools_and_a_day_as_for_five_and_half_a_year(
    world: World,
) -> None:
    pair = lesson_wish(world)
    more = []
    for number in range(3):
        school, part, _sets = add_school(f"X{number}", f"高校{number}", f"校{number}", RISHIRI_BELLS)
        more.append(WishSide(school.pk, (Need((part.pk,)),)))
    many = replace(pair, sides=(*pair.sides, *more))

    def queries(wanted: Wish, days: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            loaded = finding.load(wanted, near=at("9:45"), now=NOW, horizon=timedelta(days=days))
            finding.nearest(wanted, loaded, near=at("9:45"), not_before=NOW)
        return len(captured)

    assert queries(pair, 3) == queries(many, 180) == 6


def test_a_wish_without_any_school_is_refused() -> None:
    alone = Wish("lesson", Name("数学"), CENTRE, (), (), 50 * MINUTE, 45 * MINUTE)
    world = availabilities.of_rows({}, {}, [], MONDAY, MONDAY)

    with pytest.raises(ValueError, match="at least one school"):
        finding.nearest(alone, world, near=utc(0), not_before=utc(0))


def test_a_resource_that_nobody_loaded_never_passes_for_free() -> None:
    world = availabilities.of_rows({}, RESOURCES, [], MONDAY, MONDAY)

    with pytest.raises(KeyError):
        world.is_free(999, Interval(utc(0), utc(1)))
