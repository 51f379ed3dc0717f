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


def joined(words: Iterable[str], language: str) -> str:
    """「利尻・礼文」 or "Rishiri, Rebun"."""
    return ("・" if language.startswith("ja") else ", ").join(words)
