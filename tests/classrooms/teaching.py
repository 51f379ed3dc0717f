"""Lessons of the cast: periods by number, and booking them in one line."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID, uuid4

from classrooms import lessons, wishes
from classrooms.lessons import Periods
from classrooms.models import Lesson, Section, SectionSchool
from classrooms.wishes import Wish
from scheduler import calendars
from scheduler.dayplans import day_plan
from scheduler.models import User
from tests.cast import NOW, RISHIRI_BELLS, THURSDAY, World, add_school


def periods(wish: Wish, number: int, day: date = THURSDAY) -> Periods:
    """Every school's period of that number on that date."""
    facts = calendars.school_facts([group.school.pk for group in wish.groups], day, day)
    found = {}
    for group in wish.groups:
        plan = day_plan(facts[group.school.pk], day, grade=group.grade)
        found[group.school.pk] = next(period for period in plan.periods if period.number == number)
    return found


def book(
    section: Section,
    number: int,
    *,
    day: date = THURSDAY,
    by: User | None = None,
    now: datetime = NOW,
    intention: UUID | None = None,
) -> Lesson:
    wish = wishes.of_section(section)
    return lessons.book(wish, periods(wish, number, day), by=by, now=now, intention=intention or uuid4())


def hold(world: World, number: int, *, day: date = THURSDAY, now: datetime = NOW) -> Lesson:
    wish = wishes.of_section(world.section)
    return lessons.hold(wish, periods(wish, number, day), by=world.sato, now=now, intention=uuid4())


def add_to_section(section: Section, count: int, *, headcount: int = 1) -> None:
    """More schools with Rishiri's bells in the section."""
    first = section.schools.count() + 1
    for n in range(first, first + count):
        school, part, places = add_school(
            f"X{n}", f"北海道第{n}高等学校", f"第{n}", RISHIRI_BELLS, headcount=headcount, kana=f"だい{n}"
        )
        SectionSchool.objects.create(
            section=section, school=school, location=places[0], headcount=headcount
        ).parts.add(part)
