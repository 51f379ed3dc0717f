"""The centre, the board and the 31 schools with their bells, classes, studios and receiving sets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from classrooms.demonstration.days import Days
from classrooms.demonstration.tables import BellTable, SchoolRow
from scheduler.models import (
    BellSchedule,
    ClassGroup,
    ClassPart,
    DayPattern,
    DayType,
    Location,
    Organisation,
    Period,
    Resource,
)

CENTRE_CODE = "D101210200067"
"""北海道有朋高等学校, which the delivery centre is a part of (domain notes §5.1)."""
BOARD_CODE = "HOKKAIDO-BOARD"
STUDIOS = 10
SPLIT_SCHOOL = "寿都"
"""The school whose grade 2 is taught in ability halves in mathematics (習熟度別)."""
HALVES = (("発展", "advanced"), ("基礎", "basic"))
HARVEST_SCHOOL = "南茅部"
"""Starts at 09:00 in July, when its pupils help with the kombu harvest (domain notes §1.4)."""

_DAY_TYPES = {
    "normal": ("通常", "Normal"),
    "seventh": ("7校時日課", "Seven periods"),
    "short": ("短縮授業", "Short periods"),
    "exam": ("考査", "Examinations"),
}
_WEDNESDAY = 2


@dataclass
class School:
    """A school as the rest of the demonstration needs it."""

    row: SchoolRow
    organisation: Organisation
    sets: list[Location] = field(default_factory=list)
    parts: dict[int, list[ClassPart]] = field(default_factory=dict)
    """The parts of the class of grade 1, 2 and 3."""
    day_types: dict[str, DayType] = field(default_factory=dict)


def build_centre() -> tuple[Organisation, list[Location]]:
    """The delivery centre with its ten studios, and beside it the board of education."""
    Organisation.objects.create(
        kind=Organisation.Kind.BOARD,
        code=BOARD_CODE,
        name="北海道教育委員会",
        short_name="道教委",
        name_en="Hokkaido Board of Education",
        kana="どうきょうい",
        municipality="札幌市",
        is_illustrative=True,
    )
    centre = Organisation.objects.create(
        kind=Organisation.Kind.DELIVERY_CENTRE,
        code=CENTRE_CODE,
        name="北海道有朋高等学校 遠隔授業配信センター",
        short_name="配信センター",
        name_en="Delivery Centre",
        kana="はいしんせんたー",
        district="石狩",
        municipality="札幌市",
        telephone="011-000-0000",
        is_illustrative=True,
    )
    studios = [
        Location.objects.create(
            kind=Resource.Kind.STUDIO,
            organisation=centre,
            name=f"配信室{number}",
            name_en=f"Studio {number}",
            position=number,
        )
        for number in range(1, STUDIOS + 1)
    ]
    return centre, studios


def build_schools(rows: Sequence[SchoolRow], tables: Sequence[BellTable], days: Days) -> dict[str, School]:
    """The schools by short name."""
    made = Organisation.objects.bulk_create(
        Organisation(
            kind=Organisation.Kind.HIGH_SCHOOL,
            code=row.code,
            name=row.name,
            short_name=row.short_name,
            name_en=row.name_en,
            kana=row.kana,
            district=row.district,
            municipality=row.municipality,
            is_illustrative=True,
        )
        for row in rows
    )
    schools = {row.short_name: School(row, school) for row, school in zip(rows, made, strict=True)}
    for school in schools.values():
        _add_rooms_and_classes(school)
    _add_bells(schools.values(), tables, days)
    return schools


def _add_rooms_and_classes(school: School) -> None:
    # One by one: Django cannot bulk-create a row that is spread over two tables.
    organisation = school.organisation
    school.sets = [
        Location.objects.create(
            kind=Resource.Kind.RECEIVING_SET,
            organisation=organisation,
            name=f"受信機材{number}",
            name_en=f"Receiving set {number}",
            position=number,
        )
        for number in range(1, school.row.sets + 1)
    ]
    for grade, pupils in enumerate(school.row.pupils, 1):
        group = ClassGroup.objects.create(
            organisation=organisation, name=f"{grade}年A組", name_en=f"Class {grade}-A", grade=grade
        )
        halves = HALVES if (organisation.short_name, grade) == (SPLIT_SCHOOL, 2) else (("", ""),)
        school.parts[grade] = [
            ClassPart.objects.create(
                kind=Resource.Kind.CLASS_PART,
                organisation=organisation,
                group=group,
                name=f"{group.name} {name}".strip(),
                name_en=f"{group.name_en} {name_en}".strip(),
                headcount=pupils // len(halves),
            )
            for name, name_en in halves
        ]


def _add_bells(schools: Iterable[School], tables: Sequence[BellTable], days: Days) -> None:
    periods: list[Period] = []
    patterns: list[DayPattern] = []
    since = date(days.year - 1, 4, 1)
    for school in schools:
        own = [t for t in tables if t.bells == school.row.bells]
        for code in dict.fromkeys(table.day_type for table in own):
            name, name_en = _DAY_TYPES[code]
            school.day_types[code] = DayType.objects.create(
                organisation=school.organisation, code=code, name=name, name_en=name_en
            )
        for table in own:
            for valid_from, valid_until in _validity(school, table, since, days):
                schedule = BellSchedule.objects.create(
                    day_type=school.day_types[table.day_type], valid_from=valid_from, valid_until=valid_until
                )
                periods += [
                    Period(bell_schedule=schedule, number=number, starts_at=start, ends_at=end)
                    for number, start, end in table.periods
                ]
        patterns += _week(school, since)
    Period.objects.bulk_create(periods)
    DayPattern.objects.bulk_create(patterns)


def _validity(school: School, table: BellTable, since: date, days: Days) -> list[tuple[date, date | None]]:
    """When a table holds: from `since` on, or in each July of last year to next year."""
    if not table.season:
        return [(since, None)]
    if school.row.short_name != HARVEST_SCHOOL:
        return []
    return [(date(year, 7, 1), date(year, 8, 1)) for year in range(days.year - 1, days.year + 2)]


def _week(school: School, since: date) -> list[DayPattern]:
    """Normal days, with a seventh period on Wednesday where the school's bells have one."""
    on_wednesday = school.day_types.get("seventh", school.day_types["normal"])
    return [
        DayPattern(
            organisation=school.organisation,
            weekday=weekday,
            day_type=on_wednesday if weekday == _WEDNESDAY else school.day_types["normal"],
            valid_from=since,
        )
        for weekday in range(5)
    ]
