"""iCalendar (RFC 5545, 5546, 7986): events as values, and the bytes of a calendar.

Pure. The same values give the same bytes: DTSTAMP is the event's last change, as the RFC has it
for a calendar without METHOD, so nothing in a feed changes unless something changed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

import icalendar

from scheduler import ical_zones
from scheduler.intervals import Interval

PRODUCT = "-//Enkaku//Scheduler//JA"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""What RFC 5545 §3.1 allows in no value; pasted titles bring them."""
_END = b"END:VCALENDAR\r\n"


class Status(StrEnum):
    CONFIRMED = "CONFIRMED"
    TENTATIVE = "TENTATIVE"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Event:
    """One VEVENT. `zone` is the IANA name in whose wall clock it is written; `url` is whole or ""."""

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


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar to subscribe to. `zone` is its reader's own, for events that readers make beside it."""

    name: str
    zone: str
    language: str
    refresh: timedelta
    events: tuple[Event, ...]


def rendered(calendar: Calendar) -> bytes:
    """The whole calendar. Events that were rendered before cost only their joining."""
    head = _head(calendar)
    zones = sorted({event.zone for event in calendar.events} | {calendar.zone})
    return b"".join(
        [head, *(ical_zones.block(zone) for zone in zones), *(_event_block(e) for e in calendar.events), _END]
    )


def _head(calendar: Calendar) -> bytes:
    head = icalendar.Calendar()
    head.add("prodid", PRODUCT)
    head.add("version", "2.0")
    head.add("calscale", "GREGORIAN")
    head.add("name", _text(calendar.name))
    head.add("x-wr-calname", _text(calendar.name))
    head.add("x-wr-timezone", calendar.zone)
    head.add("refresh-interval", calendar.refresh, parameters={"VALUE": "DURATION"})
    head.add("x-published-ttl", _duration(calendar.refresh))
    return _bytes(head).removesuffix(_END)


# A few thousand lessons of the coming weeks, about 1 kB each; icalendar writes 2,000 a second, and
# a feed that changed usually changed in one event.
@lru_cache(maxsize=8192)
def _event_block(event: Event) -> bytes:
    zone = ZoneInfo(event.zone)
    block = icalendar.Event()
    block.add("uid", event.uid)
    block.add("sequence", event.sequence)
    block.add("dtstamp", event.changed_at)
    block.add("last-modified", event.changed_at)
    block.add("dtstart", _clock(event.interval.start, zone))
    block.add("dtend", _clock(event.interval.end, zone))
    block.add("status", str(event.status))
    block.add("class", event.visibility)
    block.add("transp", "TRANSPARENT" if event.status == Status.CANCELLED else "OPAQUE")
    block.add("summary", _text(event.summary))
    for name, words in (("description", event.description), ("location", event.location)):
        if words:
            block.add(name, _text(words))
    if event.url:
        block.add("url", event.url)
    return _bytes(block)


def _clock(at: datetime, zone: ZoneInfo) -> datetime:
    """On the zone's clocks; in UTC in the hour that they show twice, of which programs read
    different ones."""
    local = at.astimezone(zone)
    is_shown_twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return at if is_shown_twice else local


def _bytes(component: icalendar.Component) -> bytes:
    """In the order in which the properties were added: what matters first."""
    written: bytes = component.to_ical(sorted=False)
    return written


def _duration(length: timedelta) -> str:
    return f"PT{int(length.total_seconds() // 60)}M"


def _text(words: str) -> str:
    return _CONTROL.sub("", words.replace("\r\n", "\n").replace("\r", "\n"))
