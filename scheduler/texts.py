"""How typed words are kept: tidied, in one width, readings in hiragana. Pure."""

from __future__ import annotations

import re
import unicodedata

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
"""Those that are no white space; no database and no page has a place for them."""


def tidy(text: str) -> str:
    """One space between words and none around, no control characters; a name's own characters stay as
    they are written."""
    return " ".join(_CONTROL.sub("", text).split())


def plain(text: str) -> str:
    """For numbers, classes and dates: full-width letters and figures as half-width ones."""
    return tidy(unicodedata.normalize("NFKC", text))


def hiragana(text: str) -> str:
    """A reading as it is kept and searched: katakana as hiragana."""
    return re.sub("[ァ-ヶ]", lambda found: chr(ord(found.group()) - 0x60), text)


def reading(text: str) -> str:
    """A name's reading as it is kept."""
    return hiragana(plain(text))
