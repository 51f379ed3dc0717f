"""A unit is found exactly when fewer claims overlap than there are units."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from scheduler.intervals import Interval
from scheduler.units import seated

MIDNIGHT = datetime(2026, 11, 26, tzinfo=UTC)
minutes = st.tuples(st.integers(0, 30), st.integers(1, 12)).map(
    lambda pair: Interval(MIDNIGHT + timedelta(minutes=pair[0]), MIDNIGHT + timedelta(minutes=sum(pair)))
)


@given(st.lists(minutes, max_size=8), minutes, st.integers(1, 4))
def test_seated_agrees_with_counting_every_minute(
    sitting: list[Interval], wanted: Interval, capacity: int
) -> None:
    claims = dict(enumerate(sitting))
    everybody = [*sitting, wanted]
    deepest = max(
        sum(i.start <= minute < i.end for i in everybody)
        for minute in (MIDNIGHT + timedelta(minutes=m) for m in range(43))
    )

    found = seated(claims, wanted, capacity)

    assert (found is not None) == (deepest <= capacity)
    if found is not None:
        unit, places = found
        seats = [(place, claims[key]) for key, place in places.items()] + [(unit, wanted)]
        assert all(0 <= place < capacity for place, _ in seats)
        assert not any(
            a[0] == b[0] and a[1].overlaps(b[1]) for i, a in enumerate(seats) for b in seats[i + 1 :]
        )
