"""Whether the settings fit each other, said before anything is served (Django's system checks).

What one variable may look like is checked where it is read (`scheduler.config.environment`);
whether the database and Redis answer, in `scheduler.connections`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as Caution
from django.http.request import validate_host

KEY_LENGTH = 50


@register("settings")
def check_settings(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    return [*_secret_key(), *_public_url(), *_processes(), *_mail()]


def _secret_key() -> Iterator[CheckMessage]:
    if len(settings.SECRET_KEY) < KEY_LENGTH or len(set(settings.SECRET_KEY)) < 5:
        yield Error(
            f"SECRET_KEY must have at least {KEY_LENGTH} random characters.",
            hint="Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(50))'",
            id="enkaku.E001",
        )


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _public_url() -> Iterator[CheckMessage]:
    url: SplitResult = urlsplit(settings.PUBLIC_URL)
    host = url.hostname or ""
    if url.scheme not in {"http", "https"} or not host or url.path or url.query:
        yield Error(
            f"PUBLIC_URL must be the address that browsers use, without a path, got {settings.PUBLIC_URL!r}.",
            hint="For example PUBLIC_URL=https://enkaku.example.jp",
            id="enkaku.E002",
        )
        return
    if not validate_host(f"[{host}]" if ":" in host else host, settings.ALLOWED_HOSTS):
        yield Error(
            f"ALLOWED_HOSTS does not contain {host}, the host of PUBLIC_URL: every page would be refused.",
            hint=f"Add it: ALLOWED_HOSTS={','.join([*settings.ALLOWED_HOSTS, host])}",
            id="enkaku.E003",
        )
    if url.scheme == "http" and not is_loopback(host):
        yield Caution(
            "PUBLIC_URL is http: browsers give no camera or microphone to such a page, and passwords are sent"
            " in the clear.",
            hint="Put a TLS proxy in front and set PUBLIC_URL=https://…",
            id="enkaku.W001",
        )


def _processes() -> Iterator[CheckMessage]:
    if settings.EMBEDDED:
        if others := [host for host in settings.ALLOWED_HOSTS if not is_loopback(host)]:
            yield Error(
                f"ENKAKU_EMBEDDED=1 is for one machine's own use, yet ALLOWED_HOSTS has {', '.join(others)}.",
                hint="Leave ALLOWED_HOSTS empty, or run without ENKAKU_EMBEDDED (docs/operations.md).",
                id="enkaku.E004",
            )
        if settings.REDIS_URL:
            yield Error(
                "ENKAKU_EMBEDDED=1 keeps rooms and jobs in its one process, yet REDIS_URL is set.",
                hint="Leave out one of the two.",
                id="enkaku.E005",
            )
    elif not settings.REDIS_URL:
        yield Caution(
            "REDIS_URL is not set: a room, a limit on sign-ins and a page's news stay within one process.",
            hint="Set REDIS_URL=redis://host:6379/0, or ENKAKU_EMBEDDED=1 for one process on this machine.",
            id="enkaku.W002",
        )


def _mail() -> Iterator[CheckMessage]:
    if bool(settings.EMAIL_HOST_USER) != bool(settings.EMAIL_HOST_PASSWORD):
        yield Error(
            "EMAIL_HOST_USER and EMAIL_HOST_PASSWORD belong together; one of them is missing.",
            id="enkaku.E006",
        )
    if "@" not in settings.DEFAULT_FROM_EMAIL:
        yield Error(
            f"DEFAULT_FROM_EMAIL must be an e-mail address, got {settings.DEFAULT_FROM_EMAIL!r}.",
            id="enkaku.E007",
        )
    if not settings.EMAIL_HOST and not settings.EMBEDDED:
        yield Caution(
            f"EMAIL_HOST is not set: mail is written to {settings.VAR_DIR}/mail and reaches nobody.",
            id="enkaku.W003",
        )
