"""`make messages`: brings locale/ja to the strings in the source, without GNU gettext.

New strings come in empty, strings that nobody uses any more go; translations stay as they are.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

from tests.environment import ROOT

PACKAGES = ("scheduler", "realtime", "classrooms", "clinics")
JAPANESE = ROOT / "locale" / "ja" / "LC_MESSAGES" / "django.po"
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}


@dataclass(frozen=True, slots=True)
class Source:
    """A string of the source: `plural` is empty unless it counts something."""

    context: str | None
    singular: str
    plural: str = ""


def templates() -> list[Path]:
    folders = [ROOT / "templates", *(ROOT / package / "templates" for package in PACKAGES)]
    pages = (path for folder in folders for path in folder.rglob("*.*"))
    return sorted(path for path in pages if path.suffix in {".html", ".txt"})


def used() -> dict[Source, str]:
    """Every translatable string with one place where it stands."""
    found: dict[Source, str] = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            found |= {source: str(path.relative_to(ROOT)) for source in _extracted(path.read_text())}
    for path in templates():
        code = _as_python(path.read_text())
        found |= {source: str(path.relative_to(ROOT)) for source in _extracted(code)}
    return found


def _as_python(template: str) -> str:
    """What Django makes of a template for xgettext; Python's own tokens mind the indentation."""
    return "\n".join(line.strip() for line in templatize(template).splitlines())


def _extracted(code: str) -> Iterator[Source]:
    for _, message, _, context in extract("python", BytesIO(code.encode()), keywords=KEYWORDS):
        parts = (message,) if isinstance(message, str) else message
        yield Source(context, *parts[:2])


def japanese() -> Catalog:
    with JAPANESE.open("rb") as file:
        return read_po(file, locale="ja", abort_invalid=True)


def translated(catalog: Catalog, source: Source) -> str:
    """The translation, or "" when there is none or somebody should look at it again."""
    message = catalog.get(source.singular, source.context)
    if message is None or message.fuzzy:
        return ""
    said = message.string
    return said if isinstance(said, str) else (said or [""])[0]


def left_over(catalog: Catalog) -> set[tuple[str | None, str]]:
    """Context and string of what the catalog knows and nobody uses."""
    known = {
        (each.context, each.id if isinstance(each.id, str) else each.id[0]) for each in catalog if each.id
    }
    return known - {(source.context, source.singular) for source in used()}


def main() -> int:
    catalog = japanese()
    unused = left_over(catalog)
    for context, singular in unused:
        catalog.delete(singular, context)
    new = [source for source in used() if catalog.get(source.singular, source.context) is None]
    for source in new:
        identity = (source.singular, source.plural) if source.plural else source.singular
        flags = ["python-format"] if "%(" in source.singular else []
        catalog.add(identity, ("",) if source.plural else "", context=source.context, flags=flags)
    with JAPANESE.open("wb") as file:
        write_po(file, catalog, width=0, sort_output=True)
    print(f"{len(new)} new strings to translate, {len(unused)} removed: {JAPANESE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    settings.configure()
    sys.exit(main())
