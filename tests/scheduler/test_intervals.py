"""The algebra of intervals, held against sets of minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.intervals import Interval, hull, intersection, merged, subtracted

ORIGIN = datetime(2026, 11, 26, tzinfo=UTC)


def stretch(start: int, end: int) -> Interval:
    return Interval(ORIGIN + timedelta(minutes=start), ORIGIN + timedelta(minutes=end))


def minutes(intervals: list[Interval]) -> set[int]:
    """The minutes in which an interval runs."""
    result: set[int] = set()
    for interval in intervals:
        first = int((interval.start - ORIGIN).total_seconds() // 60)
        result |= set(range(first, first + interval.minutes))
    return result


stretches = st.tuples(st.integers(0, 60), st.integers(1, 30)).map(lambda t: stretch(t[0], t[0] + t[1]))


def test_an_interval_without_length_is_refused() -> None:
    with pytest.raises(ValueError, match="end after it starts"):
        stretch(5, 5)


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        Interval(datetime(2026, 1, 1), datetime(2026, 1, 2, tzinfo=UTC))  # noqa: DTZ001 -- the point


def test_touching_intervals_do_not_overlap() -> None:
    assert not stretch(0, 5).overlaps(stretch(5, 10))
    assert stretch(0, 5).intersection(stretch(5, 10)) is None


def test_a_minute_that_is_not_full_is_not_counted() -> None:
    assert Interval(ORIGIN, ORIGIN + timedelta(minutes=49, seconds=59)).minutes == 49


@given(stretches, stretches)
def test_two_intervals_overlap_exactly_when_they_share_a_minute(one: Interval, other: Interval) -> None:
    shared = minutes([one]) & minutes([other])

    assert one.overlaps(other) == bool(shared)
    assert minutes([i for i in [one.intersection(other)] if i]) == shared
    assert one.contains(other) == (minutes([other]) <= minutes([one]))


@given(st.lists(stretches, min_size=1, max_size=6))
def test_an_intersection_holds_the_minutes_that_all_share(listed: list[Interval]) -> None:
    shared = intersection(listed)

    assert minutes([shared] if shared else []) == set.intersection(*(minutes([i]) for i in listed))
    assert all(hull(listed).contains(i) for i in listed)
    assert {hull(listed).start, hull(listed).end} <= {x for i in listed for x in (i.start, i.end)}


@given(st.lists(stretches, max_size=8))
def test_merged_intervals_are_the_same_minutes_sorted_and_apart(listed: list[Interval]) -> None:
    result = merged(listed)

    assert minutes(result) == minutes(listed)
    assert all(a.end < b.start for a, b in pairwise(result))


@given(stretches, st.lists(stretches, max_size=8))
def test_what_is_subtracted_is_gone_and_the_rest_stays(whole: Interval, taken: list[Interval]) -> None:
    result = subtracted(whole, taken)

    assert minutes(result) == minutes([whole]) - minutes(taken)
    assert all(a.end < b.start for a, b in pairwise(result))
