"""docker-compose.yml as it is read: what each container is given. Needs docker-compose, and no Docker."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from tests.environment import ROOT

PROGRAM = shutil.which("docker-compose") or ""
DOMAIN = "enkaku.example.jp"
GIVEN = {
    "DOMAIN": DOMAIN,
    "SECRET_KEY": secrets.token_urlsafe(50),
    "POSTGRES_PASSWORD": secrets.token_hex(16),
    "REDIS_PASSWORD": secrets.token_hex(16),
    "TURN_SECRET": secrets.token_hex(16),
    "METRICS_TOKEN": secrets.token_hex(16),
    "EMAIL_HOST": "mail.example.jp",
    "TURN_EXTERNAL_IP": "203.0.113.5",
}
"""All that a server must be told."""
needed = pytest.mark.skipif(
    not PROGRAM, reason="docker-compose is not installed (apt install docker-compose)"
)


def read(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """`docker-compose … config` in an environment of these variables alone."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [PROGRAM, "-f", "docker-compose.yml", *words, "config"],
        cwd=ROOT, env={**kept, **variables}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def services(**variables: str) -> dict[str, Any]:
    done = read("--profile", "tools", **{**GIVEN, **variables})
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = yaml.safe_load(done.stdout)["services"]
    return found


def web_environment(**variables: str) -> dict[str, str]:
    """What a web container's process finds in its environment."""
    given = services(**variables)["web"]["environment"]
    return {name: str(value).replace("$$", "$") for name, value in given.items()}
