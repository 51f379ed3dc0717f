"""The file that a server starts from: complete, without a default secret, and nobody in it is root."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.environment import ROOT
from tests.setup import compose
from tests.setup.service import environment

pytestmark = compose.needed


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return compose.services()


def test_all_that_a_server_runs_is_there(services: dict[str, Any]) -> None:
    assert set(services) >= {"proxy", "web", "worker", "migrate", "postgres", "redis", "coturn"}
    assert services["web"]["deploy"]["replicas"] >= 2


@pytest.mark.parametrize("name", sorted(compose.GIVEN))
def test_what_a_server_must_be_told_has_no_default_and_is_asked_for_by_name(name: str) -> None:
    done = compose.read(**{**compose.GIVEN, name: ""})

    assert done.returncode != 0
    assert f"set {name}" in done.stderr


def test_nothing_runs_as_root_or_may_write_where_it_is_not_meant_to(services: dict[str, Any]) -> None:
    image = (ROOT / "Dockerfile").read_text()
    stages = dict(_users(image))
    for name, facts in services.items():
        user = facts.get("user") or stages[facts["build"]["target"]]
        assert user not in {"", "root", "0"}, name
        assert facts["read_only"] is True, name
        assert facts["cap_drop"] == ["ALL"], name
        assert facts["security_opt"] == ["no-new-privileges:true"], name


def _users(image: str) -> Iterator[tuple[str, str]]:
    for stage in image.split("\nFROM ")[1:]:
        lines = stage.splitlines()
        name = lines[0].partition(" AS ")[2]
        yield name, next((line.split()[1] for line in reversed(lines) if line.startswith("USER ")), "")


def test_only_the_proxy_and_the_relay_are_reached_from_outside(services: dict[str, Any]) -> None:
    assert {name for name, facts in services.items() if facts.get("ports")} == {"proxy"}
    assert {name for name, facts in services.items() if facts.get("network_mode") == "host"} == {"coturn"}
    assert [services[name]["networks"] for name in ("postgres", "redis")] == [{"inside": None}] * 2


def test_the_databases_own_log_cites_neither_rows_nor_statements(services: dict[str, Any]) -> None:
    assert {"log_error_verbosity=terse", "log_min_error_statement=panic"} <= set(
        services["postgres"]["command"]
    )


def test_no_secret_stands_among_a_processes_arguments(services: dict[str, Any]) -> None:
    secrets = [
        value for name, value in compose.GIVEN.items() if name.endswith(("KEY", "WORD", "SECRET", "TOKEN"))
    ]
    for name, facts in services.items():
        words = f"{facts.get('command')} {facts.get('entrypoint')} {facts.get('healthcheck')}"
        assert not [secret for secret in secrets if secret in words], name


def test_the_settings_of_a_web_container_pass_every_check_for_production(tmp_path: Path) -> None:
    """Warnings as well; of what stands around, the database alone is another, which no check asks."""
    web = compose.web_environment()
    given = environment(tmp_path, **{**web, "ENKAKU_EMBEDDED": "0"})
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level=WARNING"],
        cwd=ROOT, env=given, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "WARNINGS" not in done.stderr
