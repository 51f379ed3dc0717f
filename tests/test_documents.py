"""What is documented exists, and what others may rely on is documented."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.module_loading import autodiscover_modules
from huey.contrib.djhuey import HUEY

from realtime import protocol, routing
from tests.environment import ROOT, settings_variables

PACKAGES = {"scheduler", "realtime", "classrooms", "clinics"}
INTERFACES = (ROOT / "docs" / "interfaces.md").read_text()
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def section(text: str, title: str) -> str:
    """The part of a Markdown text under the heading `title`."""
    return re.split(r"^## ", text.split(f"## {title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def cells(text: str, column: int) -> list[str]:
    """What stands as code at the start of a column of all its tables."""
    rows = [line.split("|")[1:-1] for line in text.splitlines() if line.startswith("| `")]
    return [row[column].strip().split("`")[1] for row in rows]


def addresses(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, str]]:
    """Address and name of every page of our packages."""
    for entry in resolver.url_patterns:
        address = before + str(entry.pattern)
        if isinstance(entry, URLResolver) and (entry.namespace in PACKAGES or not entry.namespace):
            prefix = f"{entry.namespace}:" if entry.namespace else ""
            yield from ((path, f"{prefix}{name}") for path, name in addresses(entry, address))
        elif isinstance(entry, URLPattern):
            yield re.sub(r"<\w+:(\w+)>", r"<\1>", f"/{address}"), entry.name or ""


def test_every_page_is_an_interface_and_every_interface_is_there() -> None:
    listed = section(INTERFACES, "Pages")

    found = {(path, name) for path, name in addresses(get_resolver()) if ":" in name}

    assert set(zip(cells(listed, 0), cells(listed, 1), strict=True)) == found


def test_every_command_is_an_interface_and_every_interface_is_there() -> None:
    ours = {name for name, package in get_commands().items() if package in PACKAGES}

    assert set(cells(section(INTERFACES, "Commands"), 0)) == ours


def test_the_signalling_address_and_version_are_the_documented_ones() -> None:
    said = section(INTERFACES, "WebSocket")
    paths = {re.sub(r"<\w+:(\w+)>", r"<\1>", f"/{each.pattern}") for each in routing.websocket_urlpatterns}

    assert set(re.findall(r"`(/ws/[^`]+)`", said)) == paths
    assert f"version **{protocol.VERSION}**" in said


def test_every_setting_is_documented_and_every_documented_one_is_read() -> None:
    own = section((ROOT / "docs" / "settings.md").read_text(), "For the tests alone")
    documented = set(cells((ROOT / "docs" / "settings.md").read_text(), 0)) - set(cells(own, 0))

    read = settings_variables()

    assert documented == read


def test_the_containers_set_only_what_is_read_and_give_no_secret_by_default() -> None:
    compose = (ROOT / "docker-compose.yml").read_text()
    given = dict(re.findall(r"^    ([A-Z_]+): (.+)$", compose.split("\nservices:")[0], re.MULTILINE))

    assert given.keys() <= settings_variables()
    assert len(given) > 10
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "TURN_SECRET", "METRICS_TOKEN"):
        assert set(re.findall(rf"\${{{name}(..)", compose)) == {":?"}


def test_nothing_but_the_settings_reads_the_environment() -> None:
    elsewhere = [
        str(path.relative_to(ROOT))
        for package in sorted(PACKAGES)
        for path in (ROOT / package).rglob("*.py")
        if path.parent.name != "config" and re.search(r"os\.(environ|getenv)", path.read_text())
    ]

    assert elsewhere == []


def test_every_periodic_job_is_documented_and_every_documented_one_is_there() -> None:
    autodiscover_modules("tasks")
    registered = {f"{type(task).__module__}.{type(task).__name__}" for task in HUEY._registry.periodic_tasks}

    assert set(cells(section((ROOT / "docs" / "operations.md").read_text(), "Jobs"), 0)) == registered


def test_every_target_of_make_is_documented_by_itself() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = set(re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[0].split())

    explained = set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE))

    assert explained == phony


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", document.read_text())

    dead = [link for link in links if not (document.parent / link).exists()]

    assert dead == []


def test_the_languages_are_japanese_first_and_english() -> None:
    assert [code for code, _ in settings.LANGUAGES] == ["ja", "en"]
    assert settings.LANGUAGE_CODE == "ja"
