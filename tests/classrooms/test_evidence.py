"""Stays become seconds of the own period: scripted cases, and laws that hold for any stays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classrooms.evidence import Began, Cause, End, Evidence, Gap, Stay, witnessed
from realtime.models import Visit
from scheduler.intervals import Interval, merged
from tests.cast import at

PERIOD = Interval(at("9:45"), at("10:35"))
LATER = at("11:00")


def clock(text: str) -> datetime:
    """9:45 or 9:45:07."""
    hour, minute, *seconds = text.split(":")
    return at(f"{hour}:{minute}") + timedelta(seconds=int(seconds[0]) if seconds else 0)


def stay(
    start: str, end: str, end_reason: End = End.LEFT, began: Began = Began.ENTERED, peer: str = "a"
) -> Stay:
    return Stay(peer, clock(start), clock(end), end_reason, began)


def span(start: str, end: str) -> Interval:
    return Interval(clock(start), clock(end))


def of(*stays: Stay, now: datetime = LATER, period: Interval = PERIOD) -> Evidence:
    return witnessed(stays, period, now)


def test_the_words_of_the_rows_are_those_of_the_arithmetic() -> None:
    assert {each.value for each in End} == {"", *Visit.EndReason.values}
    assert {each.value for each in Began} == set(Visit.Began.values)


def test_an_early_arrival_counts_from_the_bell_and_a_late_leaving_to_it() -> None:
    found = of(stay("9:38:12", "10:37:40"))

    assert (found.connected, found.late, found.gaps) == ((PERIOD,), None, ())
    assert (found.seconds, found.minutes) == (3000, 50)


def test_a_drop_and_its_return_are_an_outage_to_the_second() -> None:
    found = of(stay("9:40", "10:11:07", End.TIMEOUT), stay("10:13:22", "10:35:30", began=Began.LINE))

    assert found.connected == (span("9:45", "10:11:07"), span("10:13:22", "10:35"))
    assert found.outages == (Gap(span("10:11:07", "10:13:22"), Cause.LINE, is_ending=False),)
    assert (found.seconds, found.minutes) == (2865, 47)
    assert found.bridged == ()


def test_a_second_device_covers_the_gap_of_the_first() -> None:
    found = of(
        stay("9:40", "10:11:07", End.TIMEOUT),
        stay("10:13:22", "10:36", began=Began.LINE),
        stay("9:50", "10:12:00", peer="phone"),
    )

    assert found.seconds == 3000 - 82
    assert [gap.interval for gap in found.gaps] == [span("10:12:00", "10:13:22")]
    assert found.outages[0].cause == Cause.LINE  # the first device says so when it is back


def test_when_every_device_of_a_site_is_silent_the_outage_begins_with_the_last_one() -> None:
    found = of(
        stay("9:40", "10:11:05", End.TIMEOUT, peer="set"),
        stay("9:41", "10:11:08", End.TIMEOUT, peer="phone"),
        stay("10:20:01", "10:36", began=Began.LINE, peer="phone"),
        stay("10:20:31", "10:36", began=Began.LINE, peer="set"),
    )

    assert found.gaps == (Gap(span("10:11:08", "10:20:01"), Cause.LINE, is_ending=False),)


def test_silence_to_the_bell_is_an_outage_and_leaving_is_not() -> None:
    cut_off, gone = of(stay("9:40", "10:30", End.TIMEOUT)), of(stay("9:40", "10:30", End.LEFT))

    assert cut_off.gaps == (Gap(span("10:30", "10:35"), Cause.LINE, is_ending=True),)
    assert (cut_off.left_at, cut_off.outages) == (None, cut_off.gaps)
    assert gone.gaps == (Gap(span("10:30", "10:35"), Cause.LEFT, is_ending=True),)
    assert (gone.left_at, gone.outages) == (clock("10:30"), ())


def test_a_reload_is_the_browsers_and_a_second_entry_after_leaving_is_nobodys_fault() -> None:
    reloaded = of(stay("9:40", "10:00", End.BROWSER), stay("10:01", "10:36", began=Began.BROWSER))
    entered_again = of(stay("9:40", "10:00", End.LEFT), stay("10:04", "10:36", peer="b"))

    assert [gap.cause for gap in reloaded.gaps] == [Cause.BROWSER]
    assert [gap.cause for gap in entered_again.gaps] == [Cause.LEFT]
    assert (entered_again.left_at, entered_again.seconds) == (None, 3000 - 240)


def test_a_gap_of_the_server_closed_by_the_same_peer_counts_and_is_flagged() -> None:
    found = of(stay("9:40", "10:05:10", End.SERVER), stay("10:06:00", "10:36", began=Began.SERVER))

    assert (found.connected, found.gaps) == ((PERIOD,), ())
    assert found.bridged == (span("10:05:10", "10:06:00"),)
    assert found.seconds == 3000


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        (stay("9:40", "10:05", End.SERVER), stay("10:06", "10:36", peer="other"), Cause.SERVER),
        (stay("9:40", "10:05", End.LEFT), stay("10:06", "10:36", began=Began.SERVER), Cause.SERVER),
    ],
    ids=["another peer", "left before"],
)
def test_a_gap_of_the_server_that_another_closes_is_an_outage(
    before: Stay, after: Stay, cause: Cause
) -> None:
    found = of(before, after)

    assert (found.bridged, [gap.cause for gap in found.gaps]) == ((), [cause])
    assert found.seconds == 3000 - 60


def test_a_flag_stands_only_where_no_other_device_was_connected() -> None:
    found = of(
        stay("9:40", "10:05", End.SERVER),
        stay("10:08", "10:36", began=Began.SERVER),
        stay("10:06", "10:36", peer="other"),
    )

    assert found.bridged == (span("10:05", "10:06"),)


def test_a_late_arrival_is_no_outage_but_a_line_cut_before_the_bell_is() -> None:
    late = of(stay("9:52:30", "10:36"))
    cut_off = of(stay("9:30", "9:43", End.TIMEOUT), stay("9:50", "10:36", began=Began.LINE))

    assert (late.late, late.gaps) == (span("9:45", "9:52:30"), ())
    assert late.connected_from == clock("9:52:30")
    assert (cut_off.late, cut_off.gaps) == (None, (Gap(span("9:45", "9:50"), Cause.LINE, is_ending=False),))


def test_a_room_in_which_nobody_was_is_dark_from_the_bell_on() -> None:
    before, during, after = of(now=at("9:45")), of(now=at("9:46")), of()
    only_early = of(stay("9:30", "9:40"))

    assert [found.is_dark for found in (before, during, after, only_early)] == [False, True, True, True]
    assert (after.seconds, after.late, after.gaps) == (0, None, ())


def test_while_the_lesson_runs_only_what_has_passed_is_counted() -> None:
    alive = Stay("a", clock("9:40"), clock("10:00:00"))

    fresh = witnessed([alive], PERIOD, clock("10:00:09"), alive_for=timedelta(seconds=30))
    stale = witnessed([alive], PERIOD, clock("10:00:31"), alive_for=timedelta(seconds=30))

    assert (fresh.seconds, fresh.gaps, fresh.is_over) == (15 * 60 + 9, (), False)
    assert stale.connected == (span("9:45", "10:00"),)
    assert stale.gaps == (Gap(span("10:00", "10:00:31"), Cause.SERVER, is_ending=True),)


def test_a_stay_of_a_moment_is_no_time_but_says_why_it_ended() -> None:
    found = of(
        stay("9:40", "10:00", End.SERVER),
        stay("10:00:30", "10:00:30", End.TIMEOUT, began=Began.SERVER),
        stay("10:05", "10:36", began=Began.LINE),
    )

    assert found.bridged == (span("10:00", "10:00:30"),)
    assert found.gaps == (Gap(span("10:00:30", "10:05"), Cause.LINE, is_ending=False),)


def test_the_own_period_alone_counts_when_the_lesson_is_longer() -> None:
    short = Interval(at("9:50"), at("10:35"))

    found = of(stay("9:40", "10:50"), period=short)

    assert (found.seconds, found.connected) == (2700, (short,))


SECONDS = st.integers(min_value=-1800, max_value=5400)
MOMENTS = SECONDS.map(lambda seconds: PERIOD.start + timedelta(seconds=seconds))
STAYS = st.lists(
    st.builds(
        lambda peer, two, end_reason, began: Stay(peer, min(two), max(two), end_reason, began),
        st.sampled_from("abc"),
        st.tuples(MOMENTS, MOMENTS),
        st.sampled_from(End),
        st.sampled_from(Began),
    ),
    max_size=8,
)


def absent(found: Evidence) -> list[Interval]:
    return [*([found.late] if found.late else []), *(gap.interval for gap in found.gaps)]


@given(STAYS, MOMENTS)
def test_every_second_of_the_period_so_far_is_exactly_one_of_connected_late_and_gap(
    stays: Sequence[Stay], now: datetime
) -> None:
    found = witnessed(stays, PERIOD, now, alive_for=timedelta(seconds=30))

    if found.so_far is None:
        assert (found.connected, absent(found)) == ((), [])
        return
    parts = sorted([*found.connected, *absent(found)])
    if not any(each.start <= now for each in stays):
        assert parts == []
        return
    assert merged(parts) == [found.so_far]
    assert sum((part.duration for part in parts), timedelta()) == found.so_far.duration


@given(STAYS, MOMENTS)
def test_connected_parts_are_within_the_period_and_merging_them_again_changes_nothing(
    stays: Sequence[Stay], now: datetime
) -> None:
    found = witnessed(stays, PERIOD, now)

    assert merged(found.connected) == list(found.connected)
    assert all(PERIOD.contains(part) for part in found.connected)
    assert all(any(whole.contains(part) for whole in found.connected) for part in found.bridged)


@given(STAYS, st.randoms())
def test_neither_the_order_of_rows_nor_a_row_told_twice_matters(stays: list[Stay], random: object) -> None:
    shuffled = [*stays]
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' own Random

    once = witnessed(stays, PERIOD, LATER)

    assert witnessed(shuffled, PERIOD, LATER).connected == once.connected
    assert witnessed([*stays, *stays], PERIOD, LATER).connected == once.connected


@given(STAYS, STAYS)
def test_another_device_never_takes_a_second_away(stays: list[Stay], more: list[Stay]) -> None:
    others = [Stay(f"other-{each.peer}", each.start, each.end, each.end_reason, each.began) for each in more]

    assert witnessed([*stays, *others], PERIOD, LATER).seconds >= witnessed(stays, PERIOD, LATER).seconds
