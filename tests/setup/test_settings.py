"""A setting that cannot be used stops the start with a sentence that helps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django.fixtures import Settings

from scheduler import checks
from scheduler.config import environment
from tests.setup.service import manage

SECRET = "0123456789" * 5
FITTING = {
    "SECRET_KEY": SECRET,
    "PUBLIC_URL": "https://enkaku.example.jp",
    "ALLOWED_HOSTS": ["enkaku.example.jp"],
    "EMBEDDED": False,
    "REDIS_URL": "redis://redis:6379/0",
    "EMAIL_HOST": "mail.example.jp",
    "EMAIL_HOST_USER": "",
    "EMAIL_HOST_PASSWORD": "",
    "DEFAULT_FROM_EMAIL": "enkaku@example.jp",
}
"""A whole set of settings with which production may start."""


def found(settings: Settings, **changes: object) -> list[str]:
    for name, value in {**FITTING, **changes}.items():
        setattr(settings, name, value)
    return [message.id or "" for message in checks.check_settings(None)]


def test_settings_that_fit_are_passed_in_silence(settings: Settings) -> None:
    assert found(settings) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"SECRET_KEY": "x" * 49}, ["enkaku.E001"]),
        ({"SECRET_KEY": "ab" * 40}, ["enkaku.E001"]),
        ({"PUBLIC_URL": "enkaku.example.jp"}, ["enkaku.E002"]),
        ({"PUBLIC_URL": "https://enkaku.example.jp/start"}, ["enkaku.E002"]),
        ({"PUBLIC_URL": "https://other.example.jp"}, ["enkaku.E003"]),
        ({"PUBLIC_URL": "http://enkaku.example.jp"}, ["enkaku.W001"]),
        ({"EMBEDDED": True}, ["enkaku.E004", "enkaku.E005"]),
        ({"EMBEDDED": True, "REDIS_URL": ""}, ["enkaku.E004"]),
        ({"REDIS_URL": ""}, ["enkaku.W002"]),
        ({"EMAIL_HOST_USER": "enkaku"}, ["enkaku.E006"]),
        ({"DEFAULT_FROM_EMAIL": "enkaku"}, ["enkaku.E007"]),
        ({"EMAIL_HOST": ""}, ["enkaku.W003"]),
    ],
    ids=str,
)
def test_a_setting_that_does_not_fit_is_named(
    settings: Settings, changes: dict[str, object], expected: list[str]
) -> None:
    assert found(settings, **changes) == expected


@pytest.mark.parametrize(
    ("variable", "value", "read"),
    [
        ("ENKAKU_EMBEDDED", "maybe", lambda: environment.flag("ENKAKU_EMBEDDED", default=False)),
        ("PORT", "65536", lambda: environment.number("PORT", default=8000, least=0, most=65535)),
        ("PORT", "-1", lambda: environment.number("PORT", default=8000, least=0, most=65535)),
        (
            "LOG_LEVEL",
            "loud",
            lambda: environment.choice("LOG_LEVEL", default="INFO", among=("INFO", "ERROR")),
        ),
        ("ENKAKU_VAR", "/proc/nowhere", lambda: environment.directory("ENKAKU_VAR", default=Path("var"))),
        ("DATABASE_URL", "", lambda: environment.database("mysql://host/name")),
        ("DATABASE_URL", "", lambda: environment.database("postgresql://host:port/name")),
    ],
)
def test_a_value_that_cannot_be_read_is_refused_by_its_variables_name(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, read: Callable[[], object]
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(ImproperlyConfigured, match=variable):
        read()


def test_a_database_address_may_have_a_password_with_any_characters_and_a_sockets_folder() -> None:
    address = environment.database("postgresql://enkaku:p%40ss%2Fword@db.example.jp:5433/enkaku")
    socket = environment.database("postgresql://enkaku@/enkaku?host=/run/postgresql")

    assert (address["HOST"], address["PORT"], address["PASSWORD"]) == ("db.example.jp", "5433", "p@ss/word")
    assert (socket["HOST"], socket["NAME"]) == ("/run/postgresql", "enkaku")


def test_without_secret_key_nothing_starts_but_an_embedded_service(tmp_path: Path) -> None:
    refused = manage(tmp_path, "check", ENKAKU_EMBEDDED="0")
    embedded = manage(tmp_path, "check")

    assert refused.returncode == 1
    assert "Set SECRET_KEY to at least 50 random characters" in refused.stderr
    assert embedded.returncode == 0


def test_the_secret_made_at_the_first_start_is_the_owners_alone_and_stays(tmp_path: Path) -> None:
    first = environment.kept_secret(tmp_path / "secret_key")
    second = environment.kept_secret(tmp_path / "secret_key")

    assert first == second
    assert len(first) >= 50
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
