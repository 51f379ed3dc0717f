"""Japanese is complete: every string that a page, an e-mail or a refusal may show is translated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

from tests.environment import ROOT

Key = tuple[str | None, str]
"""Context and source string (of a plural, its singular)."""

PACKAGES = ("scheduler", "realtime", "classrooms", "clinics")
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%(?:\((\w+)\))?[sd]")
KANA_OR_KANJI = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff]")


def _as_python(template: str) -> str:
    """What Django makes of a template for xgettext; Python's own tokens mind the indentation."""
    return "\n".join(line.strip() for line in templatize(template).splitlines())


def _extracted(source: str) -> Iterator[Key]:
    for _, message, _, context in extract("python", BytesIO(source.encode()), keywords=KEYWORDS):
        yield context, message if isinstance(message, str) else message[0]


def templates() -> list[Path]:
    folders = [ROOT / "templates", *(ROOT / package / "templates" for package in PACKAGES)]
    return sorted(
        path for folder in folders for path in folder.rglob("*.*") if path.suffix in {".html", ".txt"}
    )


@cache
def used() -> dict[Key, str]:
    """Every translatable string with one place where it stands."""
    found: dict[Key, str] = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            found |= {key: str(path.relative_to(ROOT)) for key in _extracted(path.read_text())}
    for path in templates():
        found |= {key: str(path.relative_to(ROOT)) for key in _extracted(_as_python(path.read_text()))}
    return found


@cache
def japanese() -> Catalog:
    with (ROOT / "locale" / "ja" / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale="ja", abort_invalid=True)


def _translation(key: Key) -> str:
    context, source = key
    message = japanese().get(source, context)
    if message is None or message.fuzzy:
        return ""
    said = message.string
    return said if isinstance(said, str) else (said or [""])[0]


def test_every_string_has_a_japanese_translation() -> None:
    missing = {key: where for key, where in used().items() if not _translation(key)}

    assert used()
    assert missing == {}


def test_every_translation_names_the_same_facts() -> None:
    different = {
        key: _translation(key)
        for key in used()
        if _translation(key)
        and set(PLACEHOLDER.findall(key[1])) != set(PLACEHOLDER.findall(_translation(key)))
    }

    assert different == {}


def test_no_translation_is_left_over() -> None:
    known = {(message.context, message.id if isinstance(message.id, str) else message.id[0])
             for message in japanese() if message.id}  # fmt: skip

    assert known - set(used()) == set()


def test_templates_hold_no_japanese_of_their_own() -> None:
    """Else the English page would show it."""
    own_words = re.compile(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}|<!--.*?-->|日本語", re.DOTALL)

    with_it = [
        str(path.relative_to(ROOT))
        for path in templates()
        # The page of last resort says both at once: nothing that translates can be relied on there.
        if path.name != "500.html" and KANA_OR_KANJI.search(own_words.sub("", path.read_text()))
    ]

    assert with_it == []
