"""What happens to one lesson, step by step, for a service that runs in another process."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

from django.utils import timezone

from classrooms import lessons, wishes
from classrooms.lessons import Periods
from classrooms.models import Lesson, Section
from scheduler import feeds
from scheduler.dayplans import PeriodSpan
from scheduler.models import Organisation, User
from tests import cast
from tests.cast import REBUN_BELLS, RISHIRI_BELLS
from tests.scheduler.plans import period


def next_thursday() -> date:
    """At least a week ahead of today, for calendars that show what is near."""
    today = timezone.localdate()
    return today + timedelta(days=(3 - today.weekday()) % 7 + 7)


def periods(number: int) -> Periods:
    """The same period number at both schools, each at its own bells."""
    tables = {"S1": RISHIRI_BELLS, "S2": REBUN_BELLS}
    return {
        school.pk: PeriodSpan(number, period(tables[school.code], number, next_thursday()))
        for school in Organisation.objects.filter(code__in=tables)
    }


def suzuki() -> User:
    return User.objects.get(email="suzuki@example.jp")


def book() -> Lesson:
    wish = wishes.of_section(Section.objects.get())
    return lessons.book(wish, periods(2), by=suzuki(), now=timezone.now(), intention=uuid4())


def begin() -> str:
    """The cast, a lesson in the second period, and the secret of Tanaka's feed."""
    world = cast.build()
    book()
    return feeds.make(feeds.own(world.tanaka), by=world.tanaka, instead_of=None, now=timezone.now())


def move() -> None:
    lesson = Lesson.objects.get()
    wish = wishes.of_section(lesson.section)
    lessons.move(lesson, wish, periods(4), by=suzuki(), now=timezone.now(), intention=uuid4())


def cancel() -> None:
    reason = "山田 花子さんの入院のため"
    lessons.cancel(Lesson.objects.get(), by=suzuki(), now=timezone.now(), intention=uuid4(), reason=reason)
