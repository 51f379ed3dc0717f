"""CSV as spreadsheet programs of schools read and write it (RFC 4180, CRLF).

Two encodings: UTF-8 with a byte order mark, which Excel needs to know it, and CP932, which the
boards' own systems ask for. Pure.

A cell that begins with = + - @ (also full-width), a tab or a return would be run as a formula by
whoever opens the file (OWASP, CSV injection), so an apostrophe is set before it, which
spreadsheets read as "this is text". `unguarded` takes it off again: what is written and read
back is the same.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

_DANGEROUS = re.compile(r"'*[=+\-@＝＋－＠\t\r]")
_GETA = "〓"
_LOOK_ALIKES = str.maketrans(
    {"〜": "～", "−": "－", "—": "―", "–": "－", "‖": "∥", "¢": "￠", "£": "￡", "¬": "￢"}
)
"""What is written with another sign of the same look in CP932."""


class Encoding(StrEnum):
    """As the address of a download names it."""

    UTF8 = "utf-8"
    CP932 = "cp932"


NAMES = {Encoding.UTF8: "utf8", Encoding.CP932: "sjis"}
"""At the end of a file's name, so that both lie side by side in a folder and are told apart."""


def guarded(value: str) -> str:
    return f"'{value}" if _DANGEROUS.match(value) else value


def unguarded(value: str) -> str:
    return value[1:] if value.startswith("'") and _DANGEROUS.match(value) else value


def written(rows: Iterable[Sequence[str]], encoding: Encoding) -> Iterator[bytes]:
    """The file piece by piece, one for each row, so that a long one is never whole in memory."""
    if encoding == Encoding.UTF8:
        yield codecs.BOM_UTF8
    yield from lines(rows, encoding)


def lines(rows: Iterable[Sequence[str]], encoding: Encoding) -> Iterator[bytes]:
    """Rows within a file: `written` without its beginning."""
    for row in rows:
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\r\n").writerow([guarded(cell) for cell in row])
        yield _encoded(buffer.getvalue(), encoding)


def lacking(text: str) -> int:
    """How many characters of the text CP932 lacks; each is written as 〓."""
    return _encoded(text.replace(_GETA, ""), Encoding.CP932).decode("cp932").count(_GETA)


def _encoded(text: str, encoding: Encoding) -> bytes:
    if encoding == Encoding.UTF8:
        return text.encode()
    return text.translate(_LOOK_ALIKES).encode("cp932", errors="geta")


def _geta(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return _GETA * (error.end - error.start), error.end


codecs.register_error("geta", _geta)
