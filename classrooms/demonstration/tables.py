"""The demonstration's figures, read from the CSV files in `data/` (their origin: data/README.md)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from itertools import groupby
from operator import itemgetter
from pathlib import Path

_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class SchoolRow:
    """One receiving school: what is published of it, then what is illustrative."""

    code: str
    name: str
    district: str
    municipality: str
    slug: str
    short_name: str
    kana: str
    name_en: str
    bells: str
    sets: int
    pupils: tuple[int, int, int]
    """Pupils of grade 1, 2 and 3."""


@dataclass(frozen=True, slots=True)
class BellTable:
    """The periods of one day type; `season` is empty or the month in which they hold."""

    bells: str
    day_type: str
    season: str
    periods: tuple[tuple[int, time, time], ...]


@dataclass(frozen=True, slots=True)
class CourseRow:
    subject_area: str
    name: str
    name_en: str
    credits: int


@dataclass(frozen=True, slots=True)
class TeacherRow:
    slug: str
    name: str
    name_en: str
    kana: str
    subject_area: str


@dataclass(frozen=True, slots=True)
class SchoolPeopleRow:
    slug: str
    coordinator: str
    coordinator_en: str
    coordinator_post: str
    staff: str
    staff_en: str
    staff_post: str


@dataclass(frozen=True, slots=True)
class SectionRow:
    """A section. `groups` maps a school's short name to its grade.

    `half` names the ability group that takes it, if the class is split. `fixed` are meetings
    whose place in the week the demonstration's story needs: (school days from today, period).
    """

    course: str
    teacher: str
    groups: Mapping[str, int]
    meetings: int
    half: str
    fixed: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class PupilRow:
    """One pupil who has a part in the story; all the others are drawn by lot."""

    school: str
    grade: int
    seat: int
    name: str
    kana: str


@dataclass(frozen=True, slots=True)
class PupilNames:
    """What pupils' names are made of, each part with its reading."""

    family: list[tuple[str, str]]
    given: list[tuple[str, str]]


def schools() -> list[SchoolRow]:
    """The 31 schools, in the published order."""
    made_up = {row["school"]: row for row in _rows("schools.csv")}
    return [
        SchoolRow(
            code=row["mext_code"],
            name=row["school"],
            district=row["district_kannai"],
            municipality=row["municipality"],
            slug=extra["slug"],
            short_name=extra["short_name"],
            kana=extra["kana"],
            name_en=extra["name_en"],
            bells=extra["bells"],
            sets=int(extra["sets"]),
            pupils=(int(extra["grade1"]), int(extra["grade2"]), int(extra["grade3"])),
        )
        for row in _rows("receiving_schools_fy2023.csv")
        for extra in (made_up[row["school"]],)
    ]


def bell_tables() -> list[BellTable]:
    return [
        BellTable(bells, day_type, season, tuple(_period(row) for row in rows))
        for (bells, day_type, season), rows in groupby(
            _rows("bells.csv"), itemgetter("bells", "day_type", "season")
        )
    ]


def _period(row: Mapping[str, str]) -> tuple[int, time, time]:
    return int(row["period"]), time.fromisoformat(row["start"]), time.fromisoformat(row["end"])


def courses() -> list[CourseRow]:
    return [
        CourseRow(r["subject_area"], r["course"], r["course_en"], int(r["standard_credits"]))
        for r in _rows("courses.csv")
    ]


def teachers() -> list[TeacherRow]:
    return [TeacherRow(**row) for row in _rows("teachers.csv")]


def school_people() -> list[SchoolPeopleRow]:
    return [SchoolPeopleRow(**row) for row in _rows("school_people.csv")]


def sections() -> list[SectionRow]:
    return [
        SectionRow(
            course=r["course"],
            teacher=r["teacher"],
            groups={name: int(grade) for name, grade in _pairs(r["groups"])},
            meetings=int(r["meetings"]),
            half=r["half"],
            fixed=tuple((int(day), int(period)) for day, period in _pairs(r["fixed"])),
        )
        for r in _rows("sections.csv")
    ]


def pupils() -> list[PupilRow]:
    return [
        PupilRow(r["school"], int(r["grade"]), int(r["seat"]), r["name"], r["kana"])
        for r in _rows("pupils.csv")
    ]


def pupil_names() -> PupilNames:
    rows = _rows("pupil_names.csv")
    return PupilNames(
        family=[(r["name"], r["kana"]) for r in rows if r["part"] == "family"],
        given=[(r["name"], r["kana"]) for r in rows if r["part"] == "given"],
    )


def _rows(name: str) -> list[dict[str, str]]:
    with (_DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _pairs(cell: str) -> list[tuple[str, str]]:
    """「利尻:2 礼文:2」 as pairs."""
    return [(first, second) for first, _, second in (part.partition(":") for part in cell.split())]
