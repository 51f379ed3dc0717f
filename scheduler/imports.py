"""Lists as CSV files: reading whatever an office's program wrote, cell by cell, with every reason why not.

Pure. Errors are sentences for the page, with the line and the column they speak of.
"""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from scheduler import spreadsheets, texts, typed_dates
from scheduler.wallclock import is_japanese

if TYPE_CHECKING:
    from _csv import Reader

MOST_BYTES = 5 * 1024 * 1024
MOST_ROWS = 2000
"""So that the rows fit into the form that asks for the word."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CLOCK = re.compile(r"([01]?\d|2[0-3])[:時]([0-5]\d)分?")

Value = TypeVar("Value")


class UnreadableError(Exception):
    """The file as a whole cannot be read; the message says what to do about it."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the file of a list looks like. `kept` says how a column's words are kept (else tidied), and a
    column's length is measured so: one sign may become four (㍻, ㌖)."""

    columns: tuple[str, ...]
    required: tuple[str, ...]
    most_characters: Mapping[str, int] = field(default_factory=dict)
    kept: Mapping[str, Callable[[str], str]] = field(default_factory=dict)
    repeated: str = ""
    """With what the name of each further column begins: 講座 for 講座1, 講座2 …"""
    most_rows: int = MOST_ROWS

    def is_known(self, name: str) -> bool:
        return name in self.columns or bool(self.repeated and name.startswith(self.repeated))


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in one cell, by line of the file (the head is line 1) and column."""

    line: int
    column: str
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line as it was written; `line` is where it begins in the file."""

    line: int
    cells: Mapping[str, str]
    repeated: tuple[tuple[str, str], ...] = ()
    """Column and words of each repeated column that is filled."""
    surplus: bool = False
    """Whether it has more cells than the head has columns."""


@dataclass(frozen=True, slots=True)
class Contents:
    rows: tuple[Row, ...]
    passed_over: tuple[str, ...]
    """Columns that mean nothing to us."""


def read(content: bytes, layout: Layout) -> Contents:
    """The rows of a file. UTF-8 with or without byte order mark, else CP932; commas or tabs.

    Raises UnreadableError.
    """
    text = _decoded(content)
    head_line = text.partition("\n")[0]
    delimiter = "\t" if "\t" in head_line and "," not in head_line else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    listed = _lines(reader)
    head = [texts.plain(cell) for cell in next((cells for _line, cells in listed), [])]
    _check(head, layout)
    filled = ((line, cells) for line, cells in listed if any(cell.strip() for cell in cells))
    rows = tuple(_row(line, cells, head, layout) for line, cells in filled)
    if not rows:
        raise UnreadableError(_("The file has a head and no lines below it."))
    if len(rows) > layout.most_rows:
        words = _("The file has %(n)d lines. Read in at most %(most)d at a time.")
        raise UnreadableError(words % {"n": len(rows), "most": layout.most_rows})
    return Contents(rows, tuple(name for name in head if name and not layout.is_known(name)))


def of_rows(rows: Iterable[Row], layout: Layout) -> str:
    """The rows as one text that `read` reads again."""
    listed = list(rows)
    width = max((len(row.repeated) for row in listed), default=0)
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([*layout.columns, *[f"{layout.repeated}{n}" for n in range(1, width + 1)]])
    for row in listed:
        names = [name for _column, name in row.repeated]
        cells = [row.cells.get(column, "") for column in layout.columns]
        filled = [*cells, *names, *[""] * (width - len(names))]
        writer.writerow([spreadsheets.guarded(cell) for cell in filled])
    return buffer.getvalue()


def _decoded(content: bytes) -> str:
    if not content.strip():
        raise UnreadableError(_("The file is empty."))
    if len(content) > MOST_BYTES:
        raise UnreadableError(_("The file is larger than 5 MB. Such a list is far smaller: is it this one?"))
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UnreadableError(
            _("This is an Excel workbook. Open it in Excel, choose Save as, and there “CSV UTF-8”.")
        )
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UnreadableError(_("This file is written in UTF-16. Save it as “CSV UTF-8”."))
    if b"\x00" in content:
        raise UnreadableError(_("This is no CSV file."))
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableError(_("The file is written neither in UTF-8 nor in Shift_JIS. Save it as “CSV UTF-8”."))


def _lines(reader: Reader) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line on which it begins; a cell may hold line breaks."""
    while True:
        line = reader.line_num + 1
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error:
            words = _("Line %(line)d cannot be read: a quotation mark is missing or too many.")
            raise UnreadableError(words % {"line": line}) from None


def listed_words(words: Iterable[str]) -> str:
    """「機関コード、日付」 or "code, day"."""
    return ("、" if is_japanese(get_language() or "ja") else ", ").join(words)


def _check(head: Sequence[str], layout: Layout) -> None:
    missing = [name for name in layout.required if name not in head]
    if missing:
        words = _("The first line must name the columns. Missing: %(names)s")
        raise UnreadableError(words % {"names": listed_words(missing)})
    twice = [name for name in layout.columns if head.count(name) > 1]
    if twice:
        raise UnreadableError(_("The column %(name)s stands there twice.") % {"name": twice[0]})


def _row(line: int, cells: Sequence[str], head: Sequence[str], layout: Layout) -> Row:
    tidied = [spreadsheets.unguarded(cell.strip()) for cell in cells]
    pairs = [(name, cell) for name, cell in zip(head, tidied, strict=False) if layout.is_known(name)]
    return Row(
        line=line,
        cells={name: cell for name, cell in pairs if name in layout.columns},
        repeated=tuple((name, cell) for name, cell in pairs if name not in layout.columns and cell),
        surplus=any(cell for cell in tidied[len(head) :]),
    )


class Cells:
    """One row's values. What is wrong with a cell is collected in `problems`; its value is None then,
    and that of an empty cell too."""

    def __init__(self, row: Row, layout: Layout) -> None:
        self.row, self.layout = row, layout
        self.problems = list(_words_problems(row, layout))

    def wrong(self, column: str, words: str) -> None:
        self.problems.append(Problem(self.row.line, column, words))

    def text(self, column: str) -> str:
        """As it is kept; "" for an empty one."""
        return self.layout.kept.get(column, texts.tidy)(self.row.cells.get(column, ""))

    def day(self, column: str) -> dt.date | None:
        words = _("This is no date. Write it like 2026-04-01 or R8.4.1.")
        found = self._read(column, typed_dates.read, words)
        if found is not None and not typed_dates.is_plausible(found):
            self.wrong(column, str(typed_dates.OUT_OF_RANGE))
            return None
        return found

    def number(self, column: str, least: int, most: int) -> int | None:
        def reading(text: str) -> int | None:
            figures = texts.plain(text)
            is_one = re.fullmatch(r"[0-9]{1,9}", figures) and least <= int(figures) <= most
            return int(figures) if is_one else None

        words = _("Write a number from %(least)d to %(most)d.") % {"least": least, "most": most}
        return self._read(column, reading, words)

    def clock(self, column: str) -> dt.time | None:
        """8:45 or 8時45分."""

        def reading(text: str) -> dt.time | None:
            found = _CLOCK.fullmatch(texts.plain(text).replace(" ", ""))
            return dt.time(int(found[1]), int(found[2])) if found else None

        return self._read(column, reading, _("This is no time. Write it like 8:45."))

    def one_of(self, column: str, choices: Mapping[str, Value]) -> Value | None:
        words = _("This is none of: %(names)s") % {"names": listed_words(dict.fromkeys(choices))}
        return self._read(column, lambda text: choices.get(texts.plain(text)), words)

    def _read(self, column: str, reading: Callable[[str], Value | None], words: str) -> Value | None:
        text = self.row.cells.get(column, "")
        value = reading(text) if text else None
        if text and value is None:
            self.wrong(column, words)
        return value


def _words_problems(row: Row, layout: Layout) -> Iterator[Problem]:
    """What is missing, too long, or not to be seen."""
    for column in layout.required:
        if not texts.tidy(row.cells.get(column, "")):
            yield Problem(row.line, column, _("This is empty."))
    for column, cell in (*row.cells.items(), *row.repeated):
        if _CONTROL.search(cell):
            yield Problem(row.line, column, _("There is a line break or another invisible sign in it."))
        most = layout.most_characters.get(column)
        if most is not None and len(layout.kept.get(column, texts.tidy)(cell)) > most:
            words = _("This is longer than %(most)d characters.") % {"most": most}
            yield Problem(row.line, column, words)
    if row.surplus:
        yield Problem(row.line, "", _("The line has more cells than the first line has columns."))
