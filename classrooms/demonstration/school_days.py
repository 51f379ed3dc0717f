"""The schools' calendars around the day of loading: short days, examinations, a swap, events, closures.

Vacations are left out, so that the demonstration has lessons on whatever date it is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping

from classrooms.demonstration.days import Days
from classrooms.demonstration.schools import School
from scheduler.models import CalendarDay

BLIZZARD_SCHOOL = "羅臼"


def build(schools: Mapping[str, School], days: Days) -> None:
    """Everything that was known when the lessons were booked; what came later is in `changes`."""
    CalendarDay.objects.bulk_create(
        [
            _day_type(
                schools["利尻"],
                "short",
                "三者面談（45分授業）",
                "Parent meetings (45-minute periods)",
                days,
                1,
            ),
            _day_type(
                schools["本別"], "short", "職員会議（短縮授業）", "Staff meeting (short periods)", days, 3
            ),
            _day_type(
                schools["阿寒"], "short", "避難訓練（短縮授業）", "Evacuation drill (short periods)", days, 2
            ),
            *(
                _day_type(
                    schools["清里"],
                    "exam",
                    f"定期考査 {number}日目",
                    f"Examinations, day {number}",
                    days,
                    offset,
                )
                for number, offset in enumerate((2, 3, 4), 1)
            ),
            _swap(schools["常呂"], days),
            *_events(schools, days),
        ]
    )


def _day_type(school: School, code: str, title: str, title_en: str, days: Days, offset: int) -> CalendarDay:
    return CalendarDay(
        organisation=school.organisation,
        date=days.on(offset),
        kind=CalendarDay.Kind.DAY_TYPE,
        day_type=school.day_types[code],
        title=title,
        title_en=title_en,
    )


def _swap(school: School, days: Days) -> CalendarDay:
    """The fifth school day runs as the weekday of the first."""
    weekday = days.weekday(0)
    return CalendarDay(
        organisation=school.organisation,
        date=days.on(4),
        kind=CalendarDay.Kind.SWAP,
        runs_as_weekday=weekday,
        title=f"{'月火水木金'[weekday]}曜日課",
        title_en=f"{('Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday')[weekday]} timetable",
    )


def _events(schools: Mapping[str, School], days: Days) -> list[CalendarDay]:
    def event(name: str, offset: int, title: str, title_en: str, *, grade: int | None = None) -> CalendarDay:
        return CalendarDay(
            organisation=schools[name].organisation,
            date=days.on(offset),
            kind=CalendarDay.Kind.EVENT,
            grade=grade,
            title=title,
            title_en=title_en,
        )

    return [
        event("礼文", 0, "町の健康診断（放課後）", "Health check after lessons"),
        event("利尻", 2, "生徒総会（放課後）", "Pupils' assembly after lessons"),
        event("夕張", 3, "進路講演会（7校時）", "Careers talk after lessons", grade=2),
        event("南茅部", 1, "地域清掃（放課後）", "Clean-up after lessons"),
    ]
