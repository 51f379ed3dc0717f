"""What docker-compose.yml starts, as processes here: web twice, a worker, and a proxy before them.

The proxy stands for Caddy without its TLS: it asks each process's `/healthz`, sends a new connection to
one that says it is well, and to the next when the door is closed. What a process has begun it finishes.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.environment import ROOT
from tests.servers import free_port

STARTS_WITHIN_S = 90
LOOK_EVERY_S = 0.25


@dataclass
class Web:
    """One `manage.py serve`; started again it listens on the same port."""

    environment: Mapping[str, str]
    log: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns once it says that it can do its work."""
        self.process = manage(self.environment, self.log, "serve", "--port", str(self.port))
        deadline = time.monotonic() + STARTS_WITHIN_S
        while probe(self.url, "/readyz") != 200:
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.2)

    def stop(self) -> int:
        """As `docker stop` does it: its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)


def manage(environment: Mapping[str, str], log: Path, *words: str) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=environment, stdout=output, stderr=output
        )


def probe(url: str, path: str) -> int:
    """The status, 0 where nobody answers."""
    try:
        return httpx.get(url + path, timeout=5).status_code
    except httpx.HTTPError:
        return 0


class Proxy:
    """`with Proxy(webs) as proxy`: `proxy.url` leads to one of them. `seen` counts what their probes said."""

    def __init__(self, webs: list[Web]) -> None:
        self.ports = [web.port for web in webs]
        self.well = set(self.ports)
        self.seen: Counter[tuple[int, int]] = Counter()
        self.port = free_port()
        self._turn = 0
        # A loop knows what waits on a socket weakly: without this a connection can be collected in use.
        self._carried: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Proxy:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        async def close() -> None:
            self._server.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port, backlog=512)
        self._looks = [asyncio.ensure_future(self._watch(port)) for port in self.ports]

    async def _watch(self, port: int) -> None:
        async with httpx.AsyncClient(timeout=5, limits=httpx.Limits(max_keepalive_connections=0)) as client:
            while True:
                try:
                    status = (await client.get(f"http://127.0.0.1:{port}/healthz")).status_code
                except httpx.HTTPError:
                    status = 0
                self.seen[port, status] += 1
                (self.well.add if status == 200 else self.well.discard)(port)
                await asyncio.sleep(LOOK_EVERY_S)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        me = asyncio.current_task()
        assert me is not None
        self._carried.add(me)
        me.add_done_callback(self._carried.discard)
        with contextlib.closing(writer):
            there = await self._connected()
            if there is None:
                return
            with contextlib.closing(there[1]):
                await asyncio.gather(_pipe(reader, there[1]), _pipe(there[0], writer))

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """To a process that is well, in turn; a closed door is no answer."""
        self._turn += 1
        first = self._turn % len(self.ports)
        in_turn = self.ports[first:] + self.ports[:first]
        for port in sorted(in_turn, key=lambda port: port not in self.well):
            with contextlib.suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", port)
        return None


async def _pipe(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
        target.write_eof()


def environment(compose: Mapping[str, str], **own: str) -> dict[str, str]:
    """A container's environment, with what must be another place here."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "PYTHONUNBUFFERED": "1", **compose, **own}
