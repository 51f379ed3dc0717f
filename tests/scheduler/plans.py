"""Plans of the cast's lessons, for tests of the core that know no lessons."""

from __future__ import annotations

from datetime import date, timedelta

from scheduler.intervals import Interval, hull
from scheduler.names import Name
from scheduler.plans import Need, Plan, Side
from tests.cast import REBUN_BELLS, RISHIRI_BELLS, THURSDAY, World, at


def period(table: list[tuple[str, str]], number: int, day: date = THURSDAY) -> Interval:
    start, end = table[number - 1]
    return Interval(at(start, day), at(end, day))


def rishiri_side(world: World, number: int, day: date = THURSDAY) -> Side:
    return Side(
        organisation_id=world.rishiri.pk, interval=period(RISHIRI_BELLS, number, day),
        needs=(Need((world.rishiri_2a.pk,)), Need((world.rishiri_set.pk,))),
        follows_bells=True, grade=2, headcount=6,
    )  # fmt: skip


def rebun_side(world: World, number: int, day: date = THURSDAY) -> Side:
    return Side(
        organisation_id=world.rebun.pk, interval=period(REBUN_BELLS, number, day),
        needs=(Need((world.rebun_2a.pk,)), Need((world.rebun_set.pk,))),
        follows_bells=True, grade=2, headcount=5,
    )  # fmt: skip


def lesson(world: World, *guests: Side, title: str = "数学Ⅱ", teacher: int | None = None) -> Plan:
    """A lesson of the guests by Sato (or `teacher`) in any studio, 50 minutes wanted, 45 at least."""
    teacher = teacher or world.sato_person.pk
    host = Side(
        organisation_id=world.centre.pk, interval=hull(g.interval for g in guests), person_id=teacher,
        needs=(Need((teacher,)), Need(tuple(s.pk for s in world.studios))), is_host=True,
    )  # fmt: skip
    return Plan(
        kind="lesson", title=Name(title, title), organiser_id=world.centre.pk, sides=(host, *guests),
        wanted=timedelta(minutes=50), minimum=timedelta(minutes=45), most_rule="lesson.most_pupils",
    )  # fmt: skip


def joint(world: World, number: int, day: date = THURSDAY) -> Plan:
    return lesson(world, rishiri_side(world, number, day), rebun_side(world, number, day), title="数学Ⅱ 合同")
