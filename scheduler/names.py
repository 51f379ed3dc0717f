"""A name in the two languages of the interface, carried as data until somebody reads it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Name(NamedTuple):
    """`ja` always stands; `en` falls back to it."""

    ja: str
    en: str = ""

    def in_language(self, language: str) -> str:
        """The name for a language code such as "ja" or "en-gb"."""
        return self.ja if language.startswith("ja") else self.en or self.ja


_DISTRICTS = {
    "空知": "Sorachi", "石狩": "Ishikari", "後志": "Shiribeshi", "胆振": "Iburi", "日高": "Hidaka",
    "渡島": "Oshima", "檜山": "Hiyama", "上川": "Kamikawa", "留萌": "Rumoi", "宗谷": "Soya",
    "オホーツク": "Okhotsk", "十勝": "Tokachi", "釧路": "Kushiro", "根室": "Nemuro",
}  # fmt: skip
"""Hokkaido's fourteen (管内), by the bureaus' own spelling. Another's name stays as it was typed."""


def district(typed: str) -> Name:
    return Name(typed, _DISTRICTS.get(typed, typed))


def joined(words: Iterable[str], language: str) -> str:
    """「利尻・礼文」 or "Rishiri, Rebun"."""
    return ("・" if language.startswith("ja") else ", ").join(words)
