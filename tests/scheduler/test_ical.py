"""The bytes of a calendar, read by two other programs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler import ical
from scheduler.intervals import Interval
from tests.cast import NOW, at
from tests.scheduler import calendar_readers

EDMONTON = ZoneInfo("America/Edmonton")
EVENT = ical.Event(
    uid="1f8f9f4e-0000-4000-8000-000000000001@enkaku",
    sequence=3,
    changed_at=NOW,
    interval=Interval(at("9:45"), at("10:35")),
    zone="Asia/Tokyo",
    status=ical.Status.CONFIRMED,
    visibility="PUBLIC",
    summary="数学Ⅱ",
)


def calendar(*events: ical.Event) -> ical.Calendar:
    return ical.Calendar(
        name="遠隔授業（利尻）",
        zone="Asia/Tokyo",
        language="ja",
        refresh=timedelta(minutes=30),
        events=events,
    )


def test_a_calendar_says_who_it_is_and_how_often_to_look() -> None:
    text = ical.rendered(calendar(EVENT)).decode()

    assert "X-WR-CALNAME:遠隔授業（利尻）\r\n" in text
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT30M\r\n" in text
    assert "X-PUBLISHED-TTL:PT30M\r\n" in text
    assert "METHOD" not in text


def test_an_event_keeps_every_fact_in_both_readers() -> None:
    content = ical.rendered(calendar(EVENT))

    (event,) = calendar_readers.events(content)
    assert event["uid"] == EVENT.uid
    assert event["sequence"] == 3
    assert event["status"] == "CONFIRMED"
    assert event["class"] == "PUBLIC"
    assert calendar_readers.start(event) == at("9:45")
    assert event.end == at("10:35")
    assert event.DTSTAMP == event.LAST_MODIFIED == NOW
    read = calendar_readers.by_ical_js(content)
    assert read["zones"] == ["Asia/Tokyo"]
    (said,) = read["events"]
    assert (said["uid"], said["sequence"], said["status"]) == (EVENT.uid, 3, "CONFIRMED")
    assert said["zone"] == "Asia/Tokyo"
    assert said["wallClock"] == "2026-11-26T09:45:00"
    assert calendar_readers.instant(said["start"]) == at("9:45")
    assert calendar_readers.instant(said["end"]) == at("10:35")


def test_long_japanese_words_commas_and_newlines_come_back_as_they_were() -> None:
    summary = "数学Ⅱ, 演習; 「二次関数」\\ " + "とても長い題名" * 20
    description = "利尻, 礼文\n2校時（9:45–10:35）; 持ち物: 教科書\r\n" + "あ" * 200
    content = ical.rendered(calendar(replace(EVENT, summary=summary, description=description)))

    (event,) = calendar_readers.events(content)
    assert str(event["summary"]) == summary
    assert str(event["description"]) == description.replace("\r\n", "\n")
    (said,) = calendar_readers.by_ical_js(content)["events"]
    assert said["summary"] == summary
    assert said["description"] == description.replace("\r\n", "\n")


@given(st.text(max_size=120))
def test_any_title_leaves_the_calendar_readable(title: str) -> None:
    content = ical.rendered(calendar(replace(EVENT, summary=title), EVENT))

    events = calendar_readers.events(content)

    assert [event["uid"] for event in events] == [EVENT.uid, EVENT.uid]
    assert str(events[1]["summary"]) == "数学Ⅱ"


def test_nine_in_the_morning_stays_nine_over_both_changes_of_the_clocks() -> None:
    # Alberta's clocks change on 14 March and 7 November 2027.
    days = [date(2027, 3, 12), date(2027, 3, 15), date(2027, 11, 5), date(2027, 11, 8)]
    spans = [Interval(at("9:00", day, EDMONTON), at("9:50", day, EDMONTON)) for day in days]
    lessons = [replace(EVENT, zone="America/Edmonton", interval=span) for span in spans]
    content = ical.rendered(calendar(*lessons))

    events = calendar_readers.events(content)
    assert [calendar_readers.start(event) for event in events] == [span.start for span in spans]
    assert [event["dtstart"].to_ical() for event in events] == [
        f"{day:%Y%m%d}T090000".encode() for day in days
    ]
    read = calendar_readers.by_ical_js(content)
    assert read["zones"] == ["America/Edmonton", "Asia/Tokyo"]
    assert [calendar_readers.instant(said["start"]) for said in read["events"]] == [s.start for s in spans]
    assert [said["wallClock"][11:] for said in read["events"]] == ["09:00:00"] * 4


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    # The clocks show 1:30 at 7:30 UTC, and once more an hour later.
    first = datetime(2027, 11, 7, 7, 30, tzinfo=UTC)
    calls = [
        replace(EVENT, zone="America/Edmonton", interval=Interval(start, start + timedelta(minutes=20)))
        for start in (first, first + timedelta(hours=1))
    ]
    content = ical.rendered(calendar(*calls))

    starts = [calendar_readers.start(event) for event in calendar_readers.events(content)]
    read = [
        calendar_readers.instant(said["start"]) for said in calendar_readers.by_ical_js(content)["events"]
    ]

    assert starts == read == [first, first + timedelta(hours=1)]


def changes_within_a_day(at: datetime, zone: ZoneInfo) -> bool:
    day = timedelta(days=1)
    return (at - day).astimezone(zone).utcoffset() != (at + day).astimezone(zone).utcoffset()


@pytest.mark.parametrize(
    "zone", ["America/Edmonton", "Europe/London", "Australia/Lord_Howe", "Africa/Casablanca"]
)
def test_a_zone_block_means_what_the_zone_table_says_at_every_change(zone: str) -> None:
    hours = (datetime(2026, 1, 1, 0, 30, tzinfo=UTC) + timedelta(hours=n) for n in range(24 * 730))
    starts = [at for at in hours if changes_within_a_day(at, ZoneInfo(zone))]
    calls = [
        replace(EVENT, zone=zone, interval=Interval(start, start + timedelta(minutes=20))) for start in starts
    ]

    read = calendar_readers.by_ical_js(ical.rendered(calendar(*calls)))

    assert [calendar_readers.instant(said["start"]) for said in read["events"]] == starts


def test_the_same_events_are_the_same_bytes() -> None:
    first = ical.rendered(calendar(EVENT, replace(EVENT, zone="America/Edmonton")))

    again = ical.rendered(calendar(EVENT, replace(EVENT, zone="America/Edmonton")))

    assert again == first
