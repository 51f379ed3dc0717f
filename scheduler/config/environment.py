"""Reading settings from the environment, with a sentence when a value cannot be used."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool) -> bool:
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, got {value!r}.")


def number(name: str, *, default: int, least: int, most: int) -> int:
    value = text(name)
    if not value:
        return default
    if not value.isdecimal() or not least <= int(value) <= most:
        raise ImproperlyConfigured(f"{name} must be a whole number from {least} to {most}, got {value!r}.")
    return int(value)


def choice(name: str, *, default: str, among: tuple[str, ...]) -> str:
    value = text(name, default).upper()
    if value not in among:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(among)}, got {value!r}.")
    return value


def directory(name: str, *, default: Path) -> Path:
    """An absolute, existing and writable directory, made when it is missing."""
    path = Path(text(name, str(default))).absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"{name} cannot be used: {error}.") from error
    if not os.access(path, os.W_OK):
        raise ImproperlyConfigured(f"{name} must be a directory that can be written to, got {path}.")
    return path


def kept_secret(path: Path) -> str:
    """The random secret in the file `path`, made at the first call, readable by its owner alone."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    if not path.exists():
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            # A link fails when it is there: of two processes that start together, one wins.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def items(name: str, default: str = "") -> list[str]:
    return [item.strip() for item in text(name, default).split(",") if item.strip()]


def _has_usable_port(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:
        return False


def database(url: str) -> dict[str, Any]:
    """Django's settings for `sqlite:///path` or `postgresql://user:password@host:port/name`."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite" and parts.path:
        path = Path(unquote(parts.path.removeprefix("/")))
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": path,
            "OPTIONS": {
                # IMMEDIATE takes the write lock at BEGIN, so a check cannot be overtaken by
                # another writer's commit; WAL lets readers go on meanwhile.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
            },
        }
    if parts.scheme in {"postgresql", "postgres"} and parts.path.strip("/") and _has_usable_port(parts):
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.strip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            # A UNIX socket's directory is given as ?host=/path, as libpq does.
            "HOST": unquote(parts.hostname or "") or dict(parse_qsl(parts.query)).get("host", ""),
            "PORT": str(parts.port or ""),
            # Persistent connections per thread pile up under ASGI; a pool bounds them.
            "CONN_MAX_AGE": 0,
            # After a restart of the database the pool is full of connections that only look alive.
            "CONN_HEALTH_CHECKS": True,
            # More than requests are at work at once (REQUESTS_AT_ONCE), so that only who waits for a
            # database that is away waits for a connection.
            "OPTIONS": {"pool": {"min_size": 2, "max_size": 20, "timeout": 10}},
        }
    raise ImproperlyConfigured(
        "DATABASE_URL must be like sqlite:///var/enkaku.sqlite3 or postgresql://user:password@host:5432/name."
    )
