"""Dates and times as people read them, in Japanese and English.

Pure. The caller says which zone's clocks and which language; nothing here asks what time it is.
"""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from scheduler.timegrid import local_date

WEEKDAYS_JA = "月火水木金土日"
WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# First day of each era, newest first. Law for Era Names (1979) and Cabinet Order 143 of 2019.
ERAS = ((date(2019, 5, 1), "令和"), (date(1989, 1, 8), "平成"), (date(1926, 12, 25), "昭和"))


def is_japanese(language: str) -> bool:
    return language.startswith("ja")


def day(on: date, language: str, *, year: bool = False) -> str:
    """「11月26日（木）」 or "Thu 26 Nov"; with `year` 「2026年11月26日（木）」, "Thu 26 Nov 2026"."""
    if is_japanese(language):
        prefix = f"{on.year}年" if year else ""
        return f"{prefix}{on.month}月{on.day}日（{WEEKDAYS_JA[on.weekday()]}）"
    suffix = f" {on.year}" if year else ""
    return f"{WEEKDAYS_EN[on.weekday()]} {on.day} {MONTHS_EN[on.month - 1]}{suffix}"


def clock(at: datetime, zone: ZoneInfo) -> str:
    """9:45, the hour without a leading zero."""
    local = at.astimezone(zone)
    return f"{local.hour}:{local.minute:02}"


def clock_range(start: datetime, end: datetime, zone: ZoneInfo, language: str) -> str:
    """「9:45–10:40」; an end on another date carries that date, and midnight closes its day at 24:00."""
    first, last = local_date(start, zone), local_date(end, zone)
    if first == last:
        return f"{clock(start, zone)}–{clock(end, zone)}"
    if (last - first).days == 1 and clock(end, zone) == "0:00":
        return f"{clock(start, zone)}–24:00"
    gap = "" if is_japanese(language) else ", "
    return f"{clock(start, zone)}–{day(last, language)}{gap}{clock(end, zone)}"


def part_of_day(start: time | None, end: time | None, language: str) -> str:
    """「13:00から」, 「12:00まで」, 「9:00–12:00」; None and 0:00 are the day's own ends."""
    first, last = (f"{at:%-H:%M}" if at and at != time(0) else "" for at in (start, end))
    if first and last:
        return f"{first}–{last}"
    if is_japanese(language):
        return f"{first}から" if first else f"{last}まで" if last else ""
    return f"from {first}" if first else f"until {last}" if last else ""


def moment(start: datetime, end: datetime, zone: ZoneInfo, language: str) -> str:
    """「11月26日（木）9:45–10:40」 or "Thu 26 Nov, 9:45–10:40"."""
    gap = "" if is_japanese(language) else ", "
    return f"{day(local_date(start, zone), language)}{gap}{clock_range(start, end, zone, language)}"


def point(at: datetime, zone: ZoneInfo, language: str) -> str:
    """「11月26日（木）9:45」 or "Thu 26 Nov, 9:45"."""
    gap = "" if is_japanese(language) else ", "
    return f"{day(local_date(at, zone), language)}{gap}{clock(at, zone)}"


def spoken_clock(at: datetime, zone: ZoneInfo, language: str) -> str:
    """「午前9時33分」 or "9:33 am"."""
    local = at.astimezone(zone)
    if is_japanese(language):
        return f"{'午前' if local.hour < 12 else '午後'}{local.hour % 12}時{local.minute:02}分"
    return f"{local.hour % 12 or 12}:{local.minute:02} {'am' if local.hour < 12 else 'pm'}"


def school_year(on: date) -> int:
    """The year in whose April the school year of `on` began."""
    return on.year if on.month >= 4 else on.year - 1


def era_year(on: date) -> str:
    """「令和8年」; the first year of an era is 元年. Dates before 1926 keep the common year."""
    for first, name in ERAS:
        if on >= first:
            number = on.year - first.year + 1
            return f"{name}{'元' if number == 1 else number}年"
    return f"{on.year}年"


def school_year_label(year: int, language: str) -> str:
    """「令和8年度」 or "School year 2026".

    The year 2019 is 令和元年度 although its April was still 平成: documents are headed by the era
    in which the year ends.
    """
    if not is_japanese(language):
        return f"School year {year}"
    return f"{era_year(date(year, 12, 31))}度"
