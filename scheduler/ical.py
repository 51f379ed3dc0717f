"""iCalendar (RFC 5545, 5546, 7986): events as values, and the bytes of a calendar.

Pure. The same values give the same bytes: DTSTAMP is the event's last change, as the RFC has it
for a calendar without METHOD, so nothing in a feed changes unless something changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import icalendar

from scheduler import ical_zones
from scheduler.intervals import Interval

PRODUCT = "-//Enkaku//Scheduler//JA"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""What RFC 5545 §3.1 allows in no value; pasted titles bring them."""
END = b"END:VCALENDAR\r\n"


class Status(StrEnum):
    CONFIRMED = "CONFIRMED"
    TENTATIVE = "TENTATIVE"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Which date of a series an event is: the start that the recurrence gives it, on `zone`'s clocks."""

    start: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class Event:
    """One VEVENT. `zone` is the IANA name in whose wall clock it is written; `url` is whole or "".

    An `occurrence` makes it a date of the Series with the same UID.
    """

    uid: str
    sequence: int
    changed_at: datetime
    interval: Interval
    zone: str
    status: Status
    visibility: str
    summary: str
    description: str = ""
    location: str = ""
    url: str = ""
    occurrence: Occurrence | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """The recurrence that dates belong to: weekly from `first` to `last` on `zone`'s clocks, without `gaps`.

    Every date that is left stands as an Event of its own, so its words are read by nobody but a
    program that leaves those out.
    """

    uid: str
    changed_at: datetime
    first: Interval
    last: datetime
    gaps: tuple[datetime, ...]
    zone: str
    visibility: str
    summary: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar to subscribe to. `zone` is its reader's own, for events that readers make beside it.

    `events` are of all `zones`; each Series stands before its dates.
    """

    name: str
    zone: str
    language: str
    refresh: timedelta
    events: tuple[Event | Series, ...]


def rendered(calendar: Calendar) -> bytes:
    """The whole calendar."""
    zones = {event.zone for event in calendar.events}
    zones |= {e.occurrence.zone for e in calendar.events if isinstance(e, Event) and e.occurrence}
    front = head(calendar.name, calendar.zone, calendar.refresh, zones)
    return b"".join([front, *(block(event) for event in calendar.events), END])


def head(name: str, zone: str, refresh: timedelta, zones: Iterable[str]) -> bytes:
    """What stands before the first event: the calendar's own properties, a block for each zone."""
    front = icalendar.Calendar()
    front.add("prodid", PRODUCT)
    front.add("version", "2.0")
    front.add("calscale", "GREGORIAN")
    front.add("name", _text(name))
    front.add("x-wr-calname", _text(name))
    front.add("x-wr-timezone", zone)
    front.add("refresh-interval", refresh, parameters={"VALUE": "DURATION"})
    front.add("x-published-ttl", _duration(refresh))
    blocks = (ical_zones.block(key) for key in sorted({*zones, zone}))
    return b"".join([_bytes(front).removesuffix(END), *blocks])


def block(event: Event | Series) -> bytes:
    """One VEVENT."""
    return _event_block(event) if isinstance(event, Event) else _series_block(event)


def _event_block(event: Event) -> bytes:
    zone = ZoneInfo(event.zone)
    written = icalendar.Event()
    written.add("uid", event.uid)
    if event.occurrence:
        written.add("recurrence-id", _clock(event.occurrence.start, ZoneInfo(event.occurrence.zone)))
    written.add("sequence", event.sequence)
    written.add("dtstamp", event.changed_at)
    written.add("last-modified", event.changed_at)
    written.add("dtstart", _clock(event.interval.start, zone))
    written.add("dtend", _clock(event.interval.end, zone))
    written.add("status", str(event.status))
    written.add("class", event.visibility)
    written.add("transp", "TRANSPARENT" if event.status == Status.CANCELLED else "OPAQUE")
    written.add("summary", _text(event.summary))
    for name, words in (("description", event.description), ("location", event.location)):
        if words:
            written.add(name, _text(words))
    if event.url:
        written.add("url", event.url)
    return _bytes(written)


def _series_block(series: Series) -> bytes:
    zone = ZoneInfo(series.zone)
    written = icalendar.Event()
    written.add("uid", series.uid)
    written.add("sequence", 0)
    written.add("dtstamp", series.changed_at)
    written.add("last-modified", series.changed_at)
    written.add("dtstart", series.first.start.astimezone(zone))
    written.add("dtend", series.first.end.astimezone(zone))
    written.add("rrule", {"FREQ": "WEEKLY", "UNTIL": series.last})
    for gap in series.gaps:
        written.add("exdate", gap.astimezone(zone))
    written.add("class", series.visibility)
    written.add("summary", _text(series.summary))
    return _bytes(written)


def is_told_apart(at: datetime, zone: ZoneInfo) -> bool:
    """False in the hour that clocks show twice: no date of a series can be named by it."""
    local = at.astimezone(zone)
    return local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset()


def _clock(at: datetime, zone: ZoneInfo) -> datetime:
    """On the zone's clocks; in UTC in the hour that they show twice, of which programs read
    different ones."""
    return at.astimezone(zone) if is_told_apart(at, zone) else at


def _bytes(component: icalendar.Component) -> bytes:
    """In the order in which the properties were added: what matters first."""
    written: bytes = component.to_ical(sorted=False)
    return written


def _duration(length: timedelta) -> str:
    return f"PT{int(length.total_seconds() // 60)}M"


def _text(words: str) -> str:
    return _CONTROL.sub("", words.replace("\r\n", "\n").replace("\r", "\n"))
