"""Japanese is complete: every string that a page, an e-mail or a refusal may show is translated."""

from __future__ import annotations

import re

from tests import messages
from tests.environment import ROOT

PLACEHOLDER = re.compile(r"%(?:\((\w+)\))?[sd]")
KANA_OR_KANJI = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff]")
WORD = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff]{2}")


def test_every_string_has_a_japanese_translation() -> None:
    catalog, used = messages.japanese(), messages.used()

    missing = {source: where for source, where in used.items() if not messages.translated(catalog, source)}

    assert len(used) > 100
    assert missing == {}


def test_every_translation_names_the_same_facts() -> None:
    catalog = messages.japanese()
    different = {}
    for source in messages.used():
        said = messages.translated(catalog, source)
        facts = set(PLACEHOLDER.findall(source.singular + source.plural))
        if said and set(PLACEHOLDER.findall(said)) != facts:
            different[source] = said

    assert different == {}


def test_no_translation_is_left_over() -> None:
    assert messages.left_over(messages.japanese()) == set()


def test_templates_hold_no_japanese_of_their_own() -> None:
    """Else the English page would show it."""
    own_words = re.compile(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}|<!--.*?-->|日本語", re.DOTALL)

    with_it = [
        str(path.relative_to(ROOT))
        for path in messages.templates()
        # The page of last resort says both at once: nothing that translates can be relied on there.
        if path.name not in {"400.html", "500.html", "503.html"}
        and KANA_OR_KANJI.search(own_words.sub("", path.read_text()))
    ]

    assert with_it == []


def test_scripts_hold_no_words_of_their_own() -> None:
    """They are given their words by the page, in its language."""
    comment = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
    scripts = [path for package in messages.PACKAGES for path in (ROOT / package / "static").rglob("*.js")]

    with_it = [
        str(path.relative_to(ROOT)) for path in scripts if WORD.search(comment.sub("", path.read_text()))
    ]

    assert scripts
    assert with_it == []
