"""The stylesheets: tokens that are the Digital Agency's, pictures that exist, no invented names."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "scheduler" / "static" / "scheduler"
PACKAGE = ROOT / "node_modules" / "@digital-go-jp" / "design-tokens" / "dist" / "tokens.css"
DECLARED = re.compile(r"^\s*(--[\w-]+):\s*([^;]+);", re.MULTILINE)
OURS = re.compile(r"^\s*(--[\w-]+):", re.MULTILINE)
USED = re.compile(r"var\((--[\w-]+)")
PACKAGES = ("scheduler", "realtime", "classrooms", "clinics")


def stylesheets() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package / "static").rglob("*.css"))


def test_tokens_have_the_values_of_the_package() -> None:
    if not PACKAGE.exists():
        assert not os.environ.get("CI"), "npm ci has not run"
        pytest.skip("npm ci has not run")

    ours = dict(DECLARED.findall((STATIC / "tokens.css").read_text()))

    theirs = dict(DECLARED.findall(PACKAGE.read_text()))
    assert ours == {name: theirs.get(name) for name in ours}


def test_every_custom_property_that_is_used_is_declared() -> None:
    sheets = {path: path.read_text() for path in stylesheets()}
    declared = {name for text in sheets.values() for name in OURS.findall(text)}
    # Places on the minute axis come from a page's one <style nonce>.
    sheets_in_pages = [path.read_text() for path in (ROOT / "templates").rglob("*.html")]
    declared |= {name for text in sheets_in_pages for name in re.findall(r"(--[\w-]+):", text)}
    declared |= {name for text in sheets.values() for name in re.findall(r"[{;]\s*(--[\w-]+):", text)}

    unknown = {
        f"{path.name}: {name}"
        for path, text in sheets.items()
        for name in USED.findall(text)
        if name not in declared
    }

    assert unknown == set()


def test_every_token_that_is_listed_is_used() -> None:
    listed = set(OURS.findall((STATIC / "tokens.css").read_text()))

    used = {name for path in stylesheets() for name in USED.findall(path.read_text())}

    assert listed - used == set()


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text()))

    named = {
        name
        for path in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r'{% icon "([\w-]+)"', path.read_text())
    }

    assert named - drawn == set()


def test_no_template_carries_style_or_script_of_its_own() -> None:
    """What the content security policy would silently refuse."""
    inline = re.compile(
        r"\sstyle=|\son[a-z]+=\"|<style(?![^>]*nonce)|<script(?![^>]*(src=|application/json))"
    )

    found = [str(path) for path in (ROOT / "templates").rglob("*.html") if inline.search(path.read_text())]

    assert found == []
