"""Rooms over real server processes and a Redis of their own, each of which may be killed."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.test import Client
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from scheduler.models import User
from tests import servers
from tests.browser.live import LiveServer, database_url, free_port

Message = dict[str, Any]
HURRIED = "tests.faults.hurried:application"
"""Silence is noticed after 3 seconds instead of 15, and places are lost after 12 instead of 60."""
AWAY_S, LEFT_S = 3.0, 12.0


@dataclass
class PrivateRedis:
    """One Redis for one test; nothing of it is kept."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/3"

    def start(self) -> None:
        self.process = subprocess.Popen(
            [servers.redis_binary(), "--bind", "127.0.0.1", "--port", str(self.port), "--save", "",
             "--appendonly", "no"],
            cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + 20
        while not self._answers():
            assert time.monotonic() < deadline, "Redis does not answer"
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None


def server(folder: Path, name: str, redis_url: str, *, application: str = HURRIED) -> LiveServer:
    (folder / name).mkdir()
    return LiveServer(
        database=database_url(),
        log=folder / f"{name}.log",
        application=application,
        environment={"ENKAKU_VAR": str(folder / name), "REDIS_URL": redis_url},
    )


class Seat:
    """One peer that beats by itself. `read_until` skips what is not asked for."""

    def __init__(self, wire: ClientConnection) -> None:
        self.wire = wire
        self.id = self.resume = ""
        self.joined: Message = {}
        self._beats = threading.Event()
        threading.Thread(target=self._beat, daemon=True).start()

    def _beat(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while not self._beats.wait(0.5):
                if self.id:
                    self.say("ping", ts=1)

    def falls_silent(self) -> None:
        """As when the line goes black: nothing is said, and nothing is closed."""
        self._beats.set()

    def say(self, t: str, **fields: object) -> None:
        self.wire.send(json.dumps({"t": t, **fields}))

    def read(self, within_s: float = 5) -> Message:
        deadline = time.monotonic() + within_s
        while (left := deadline - time.monotonic()) > 0:
            message: Message = json.loads(self.wire.recv(timeout=left))
            if message["t"] != "pong":
                return message
        raise TimeoutError

    def read_until(self, t: str, within_s: float = 5) -> Message:
        deadline = time.monotonic() + within_s
        while True:
            message = self.read(deadline - time.monotonic())
            if message["t"] == t:
                return message

    def is_quiet(self, for_s: float = 0.4) -> bool:
        with contextlib.suppress(TimeoutError):
            self.read(for_s)
            return False
        return True

    def closed(self, within_s: float = 5) -> int | None:
        """The close code, whatever comes before."""
        deadline = time.monotonic() + within_s
        try:
            while True:
                self.read(deadline - time.monotonic())
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None

    def hangs_up(self) -> None:
        self._beats.set()
        self.wire.close()


def cookie(user: User) -> str:
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}"


def enter(at: LiveServer, cookie: str, uid: object, *, resume: str = "", page: str = "x") -> Seat:
    wire = connect(
        f"ws://{at.host}:{at.port}/ws/rooms/{uid}/",
        additional_headers={"Cookie": cookie},
        origin=at.url,  # type: ignore[arg-type]  # a plain string is one
    )
    seat = Seat(wire)
    seat.say("join", v=1, page=page, **({"resume": resume} if resume else {}))
    joined = seat.read_until("joined")
    seat.id, seat.resume, seat.joined = joined["id"], joined["resume"], joined
    return seat
