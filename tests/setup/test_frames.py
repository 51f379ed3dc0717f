"""A room's socket over the service itself, with frames as no browser sends them every day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from realtime.protocol import Close
from tests.setup.service import running
from tests.setup.test_stopping import practice_room, session_of

__all__ = ["practice_room"]


@pytest.fixture
def wire(ready: Path, practice_room: str) -> Iterator[Connection]:
    """Sato's socket in the practice room, where everybody hears their own lines as well."""
    with running(ready, "--port", "0") as service:
        address = f"{service.url.replace('http', 'ws')}/ws/rooms/{practice_room}/"
        headers = {"Cookie": session_of(service.url)}
        with connect(address, origin=service.url, additional_headers=headers) as wire:  # type: ignore[arg-type]  # a plain string is one
            wire.send('{"t":"join","v":1}')
            assert json.loads(wire.recv(timeout=20))["t"] == "joined"
            yield wire


def frame(payload: bytes) -> bytes:
    return Frame(Opcode.TEXT, payload).serialize(mask=True)


def line(number: int) -> str:
    return f'{{"t":"chat","cid":"{number}","text":"では、はじめます。"}}'


def heard(wire: Connection, lines: int) -> list[str]:
    """What was said in so many lines; an `error` says nothing."""
    return [json.loads(wire.recv(timeout=20)).get("cid", "") for _ in range(lines)]


def test_frames_are_understood_however_they_come(wire: Connection) -> None:
    late = frame(line(5).encode())

    wire.socket.sendall(frame(line(1).encode()) + frame(line(2).encode()))
    wire.send([line(3)[:20], line(3)[20:]])
    wire.ping().wait(20)
    wire.socket.sendall(frame(line(4).encode()) + late[:9])
    assert heard(wire, 4) == ["1", "2", "3", "4"]
    wire.socket.sendall(late[9:])

    assert heard(wire, 1) == ["5"]


@pytest.mark.parametrize(
    ("payload", "code"),
    # Autobahn hangs up without a word on a text that is none.
    [(b"\xe3\x81", None), (b"x" * 40_000, Close.TOO_LARGE), (b"x" * 70_000, Close.TOO_LARGE)],
)
def test_what_is_wrong_ends_the_socket(wire: Connection, payload: bytes, code: int | None) -> None:
    wire.socket.sendall(frame(payload))

    with pytest.raises(ConnectionClosed) as closed:
        heard(wire, 2)
    assert (closed.value.rcvd and closed.value.rcvd.code) == code
