"""The house: which packages there are, what they may know, what a module may not be called."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.environment import ROOT

PACKAGES = {"scheduler", "realtime", "classrooms", "clinics"}
BESIDE_THEM = {"tests", "bench"}
DRAWERS = {"utils", "helpers", "common", "misc", "manager", "managers", "services", "selectors"}
CONSOLE = {"management"}


def sources() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def test_every_package_at_the_top_is_known() -> None:
    found = {path.parent.name for path in ROOT.glob("*/*.py")}

    assert found <= PACKAGES | BESIDE_THEM


def test_import_contracts_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout


def test_modules_are_named_for_their_topic() -> None:
    named_for_their_kind = [str(path.relative_to(ROOT)) for path in sources() if path.stem in DRAWERS]

    assert named_for_their_kind == []


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("an event handler in an attribute", r"<[^>]*\son[a-z]+\s*="),
        ("a style attribute", r"<[^>]*\sstyle\s*="),
        ("an inline script", r"<script(?![^>]*\b(?:src|type=\"application/json\"))[^>]*>"),
        ("a style element without nonce", r"<style(?![^>]*\bnonce=)[^>]*>"),
        ("something of another site", r"<(?!a\b)[^>]*\b(?:src|href|action)=\"(?:https?:)?//"),
    ],
)
def test_templates_keep_to_the_content_security_policy(what: str, pattern: str) -> None:
    folders = [ROOT / "templates", *(ROOT / package / "templates" for package in PACKAGES)]
    pages = [page for folder in folders for page in folder.rglob("*.html")]

    with_it = [
        str(page.relative_to(ROOT)) for page in pages if re.search(pattern, page.read_text(), re.IGNORECASE)
    ]

    assert pages
    assert with_it == [], f"{what} would be refused by browsers"


def test_nothing_is_printed_by_the_packages() -> None:
    printing = [
        str(path.relative_to(ROOT))
        for path in sources()
        if not CONSOLE & set(path.parts) and re.search(r"^\s*print\(", path.read_text(), re.MULTILINE)
    ]

    assert printing == []
