"""The columns of a school's list of pupils, and what one line of it says. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from scheduler import texts
from scheduler.imports import Cells, Contents, Layout, Problem, Row
from scheduler.imports import read as read_file

NUMBER, NAME, KANA, GROUP, SEAT = "学籍番号", "氏名", "ふりがな", "学級", "出席番号"
ENTERED, LEFT, SECTION = "入学日", "転出日", "講座"
COLUMNS = (NUMBER, NAME, KANA, GROUP, SEAT, ENTERED, LEFT)
MOST_SECTIONS = 6
"""Columns for sections in the files that we write; any number is read."""
HIGHEST_SEAT = 99
LAYOUT = Layout(
    columns=COLUMNS,
    required=(NUMBER, NAME, GROUP, SEAT),
    most_characters={NUMBER: 20, NAME: 80, KANA: 80},
    kept={NUMBER: texts.plain, KANA: texts.reading},
    repeated=SECTION,
)


@dataclass(frozen=True, slots=True)
class Line:
    """A row's own values, without a look at what the school has."""

    number: str
    name: str
    kana: str
    seat: int | None
    entered: date | None
    left: date | None
    problems: tuple[Problem, ...]


def read(content: bytes) -> Contents:
    """The rows of a list of pupils. Raises scheduler.imports.UnreadableError."""
    return read_file(content, LAYOUT)


def read_line(row: Row) -> Line:
    cells = Cells(row, LAYOUT)
    return Line(
        number=cells.text(NUMBER),
        name=cells.text(NAME),
        kana=cells.text(KANA),
        seat=cells.number(SEAT, 1, HIGHEST_SEAT),
        entered=cells.day(ENTERED),
        left=cells.day(LEFT),
        problems=tuple(cells.problems),
    )
