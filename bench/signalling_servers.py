"""The servers that are measured, each in processes of its own: ours as `manage.py serve`, and the relay."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from bench.world import address
from tests.servers import free_port

ROOT = Path(__file__).resolve().parent.parent
STARTS_WITHIN_S = 60
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_KIB = os.sysconf("SC_PAGE_SIZE") / 1024


@dataclass
class Service:
    """One service on one or several ports; every port is a process."""

    name: str
    command: Sequence[str]
    """`{port}` stands for the port."""
    environment: dict[str, str] = field(default_factory=dict)
    ports: Sequence[int] = field(default_factory=lambda: [free_port()])
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        """Returns when every process takes connections."""
        for port in self.ports:
            self.processes.append(
                subprocess.Popen(
                    [part.format(port=port) for part in self.command],
                    cwd=ROOT,
                    env={**os.environ, **self.environment, "PUBLIC_URL": f"http://127.0.0.1:{port}"},
                    stdout=subprocess.DEVNULL,
                    stderr=None if os.environ.get("ENKAKU_BENCH_LOG") else subprocess.DEVNULL,
                )
            )
        for port, process in zip(self.ports, self.processes, strict=True):
            deadline = time.monotonic() + STARTS_WITHIN_S
            while not _answers(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{self.name} did not start on port {port}")
                time.sleep(0.05)  # a process that starts can only be asked whether it answers

    def kill(self) -> None:
        """As a crash does it."""
        for process in self.processes:
            process.kill()
            process.wait(10)
        self.processes.clear()

    def cpu_s(self) -> float:
        """Seconds of processor that the processes have used so far, in user mode and in the kernel."""
        # The name in the second field may hold anything; what follows its bracket is numbers.
        stats = [Path(f"/proc/{p.pid}/stat").read_text().rpartition(")")[2].split() for p in self.processes]
        return sum(int(stat[11]) + int(stat[12]) for stat in stats) / TICKS_PER_S

    def memory_kib(self) -> float:
        """What the processes hold in memory now."""
        pages = [int(Path(f"/proc/{p.pid}/statm").read_text().split()[1]) for p in self.processes]
        return sum(pages) * PAGE_KIB


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def ours(*, processes: int = 1, redis_url: str = "") -> Service:
    return Service(
        "enkaku",
        [sys.executable, "manage.py", "serve", "--port", "{port}"],
        {
            "DJANGO_SETTINGS_MODULE": "scheduler.config.settings",
            "DATABASE_URL": address(),
            "SECRET_KEY": settings.SECRET_KEY,
            "REDIS_URL": redis_url,
            "LOG_LEVEL": "ERROR",
        },
        [free_port() for _ in range(processes)],
    )


def relay() -> Service:
    return Service("bare relay", [sys.executable, "-m", "bench.signalling_relay", "{port}"])
