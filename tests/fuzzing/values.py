"""What is put into a form: what somebody may type or paste, and what only a program sends."""

from __future__ import annotations

import io
import random
import zipfile
from dataclasses import dataclass

TYPED = {
    "empty": "",
    "blank": "   \t ",
    "wide blank": "\u3000\u3000",
    "long": "長い文章です。" * 900,
    "long without a break": "x" * 6000,
    "emoji": "👩‍🏫🏴󠁧󠁢󠁳󠁣󠁴󠁿🇯🇵",
    "right to left": "\u202eمرحبا\u202c שלום \u200f",
    "zero width": "\u200b\ufeff\u2060",
    "combining": "か\u3099\u0301\u0301\u0301e\u0301",
    "outside the basic plane": "𠮷野家 𩸽 髙﨑",
    "wide digits": "１２３",
    "Arabic digits": "٣٤",
    "superscript digit": "²",
    "wide date": "２０２６-１２-０１",
    "HTML": "<script>alert(1)</script>&amp;'\"><b>",
    "template": "{{ 7|add:7 }}{% now %}%(name)s%s{0}",
    "SQL": "'; DROP TABLE scheduler_user; --",
    "formula": '=HYPERLINK("http://x")',
    "control": "a\x07b\x0bc\x1b[31m\x7f",
    "lines": "一行目\n二行目\r\n三行目\rend",
    "separators": "a\u2028b\u2029c\x85d",
    "huge": "9" * 400,
    "over 64 bits": "9223372036854775808",
    "over 31 bits": "2147483648",
    "negative": "-1",
    "very negative": "-99999999999999999999",
    "zero": "0",
    "fraction": "1.5",
    "exponent": "1e400",
    "not a number": "NaN",
    "infinity": "Infinity",
    "underscore": "1_000",
    "year 0": "0000-01-01",
    "year 1": "0001-01-01",
    "year 9999": "9999-12-31",
    "30 February": "2026-02-30",
    "date of an era": "令和8年12月1日",
    "date and time": "2026-12-01T09:00",
    "first instant": "0001-01-01T00:00",
    "last instant": "9999-12-31T23:59",
    "time 24": "24:00",
    "time 25": "25:61:61",
    "midnight": "00:00",
    "last minute": "23:59:59.999999",
    "address": "nobody@example.jp",
    "wide address": "ｎｏｂｏｄｙ＠ｅｘａｍｐｌｅ．ｊｐ",
    "two addresses": "a@example.jp,b@example.jp\nBcc: c@example.jp",
    "long address": "a" * 300 + "@example.jp",
    "address of letters": "あ@例え.jp",
    "zone": "Asia/Tokyo",
    "path": "../../../etc/passwd",
    "word": "さくら",
}
"""Everything that comes out of a keyboard or a clipboard."""

SENT = {
    "NUL": b"a\x00b",
    "NUL alone": b"\x00",
    "surrogate": b"\xed\xa0\x80\xed\xb0\x80",
    "half of a surrogate": b"a\xed\xa0\xbd",
    "not UTF-8": b"\xff\xfe\x80",
    "cp932": "礼文".encode("cp932"),
    "cut in the middle": "礼文".encode()[:-1],
    "too long a code": b"\xc0\xaf\xf4\x90\x80\x80",
    "no UUID": b"zzzzzzzz-0000-0000-0000-000000000000",
    "nobody's UUID": b"00000000-0000-4000-8000-000000000000",
    "UUID in braces": b"{00000000-0000-4000-8000-000000000000}",
    "small key": b"1",
    "another key": b"7",
    "nobody's key": b"987654321",
    "list": b"[1,2]",
    "object": b'{"a":1}',
    "words of Python": b"None",
    "true": b"true",
}
"""What a browser would not send by itself: keys of others, bytes that are no text."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One pair of a request; `label` says in a report what it is."""

    name: str
    label: str
    raw: bytes

    @property
    def text(self) -> str:
        """As Django reads it."""
        return self.raw.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Upload:
    name: str
    label: str
    filename: str
    kind: str
    raw: bytes


def typed(name: str, dice: random.Random) -> Sent:
    label = dice.choice(list(TYPED))
    return Sent(name, label, TYPED[label].encode())


def sent(name: str, dice: random.Random) -> Sent:
    label = dice.choice(list(SENT))
    return Sent(name, label, SENT[label])


def upload(name: str, good: bytes, dice: random.Random) -> Upload:
    """A file of a wrong type, of no type, or of the right one with something wrong in it."""
    label, filename, kind, raw = dice.choice(_files(good, dice))
    return Upload(name, label, dice.choice(_NAMES) or filename, kind, raw)


_NAMES = ["", "", "", "a\x00.csv", "../../x.csv", "名簿" * 60 + ".csv", "x", ".csv", "👩‍🏫.png", 'a";b.csv']


def _files(good: bytes, dice: random.Random) -> list[tuple[str, str, str, bytes]]:
    lines = good.split(b"\r\n") if b"\r\n" in good else good.split(b"\n")
    cell = dice.choice(list(TYPED.values())).replace("\r", " ").replace("\n", " ")
    cells = b",".join([('"' + cell.replace('"', '""') + '"').encode()] * (lines[0].count(b",") + 1))
    return [
        ("empty file", "a.csv", "text/csv", b""),
        ("picture", "a.png", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(64)),
        ("broken JPEG", "a.jpg", "image/jpeg", b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(40)),
        ("broken PDF", "a.pdf", "application/pdf", b"%PDF-1.7\n1 0 obj <</Type/Catalog"),
        ("archive", "a.xlsx", "application/zip", _archive()),
        ("NULs", "a.csv", "text/csv", bytes(3000)),
        ("UTF-16", "a.csv", "text/csv", good.decode("utf-8", "replace").encode("utf-16")),
        ("cp932", "a.csv", "text/csv", good.decode("utf-8", "replace").encode("cp932", "replace")),
        ("not UTF-8", "a.csv", "text/csv", b"\xff\xfe\x80,\x81\n" * 20),
        ("only the first line", "a.csv", "text/csv", lines[0]),
        ("an open quote", "a.csv", "text/csv", lines[0] + b'\r\n"' + b"x" * 200),
        ("one long cell", "a.csv", "text/csv", lines[0] + b"\r\n" + b"x" * 200_000),
        ("a strange cell everywhere", "a.csv", "text/csv", lines[0] + b"\r\n" + cells),
        ("a NUL in a cell", "a.csv", "text/csv", lines[0] + b"\r\na\x00b,c"),
        ("more columns", "a.csv", "text/csv", good.replace(b"\r\n", b",1,2,3\r\n") + b",1"),
        ("twice", "a.csv", "text/csv", good + b"\r\n" + good),
        ("only commas", "a.csv", "text/csv", b"," * 5000),
        ("lines with CR", "a.csv", "text/csv", good.replace(b"\n", b"")),
        ("as it should be", "a.csv", "text/csv", good),
    ]


def _archive() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    return target.getvalue()
