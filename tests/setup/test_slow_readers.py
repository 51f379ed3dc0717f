"""What waits for a reader that does not read is bounded, and its connection is cut."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from websockets.frames import Frame, Opcode
from websockets.sync.client import connect

from tests.environment import ROOT
from tests.setup.flooding import FRAME, MOST_BYTES

KERNEL_BYTES = 12 * 1024 * 1024
"""What two sockets' buffers on one machine may hold between them, at the most."""
UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@pytest.fixture
def flooding() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.setup.flooding"], cwd=ROOT, text=True, stdout=subprocess.PIPE
    )
    yield process
    process.kill()
    process.wait(10)
    if process.stdout:
        process.stdout.close()


def line(process: subprocess.Popen[str]) -> list[int]:
    assert process.stdout
    return [int(word) for word in process.stdout.readline().split()]


def test_a_reader_that_stalls_is_cut_off_before_much_waits_for_it(flooding: subprocess.Popen[str]) -> None:
    (port,) = line(flooding)
    with socket.create_connection(("127.0.0.1", port)) as stalled:
        stalled.sendall(UPGRADE.format(path="/all").encode())
        code, told = line(flooding)

    assert code == 4408
    assert told < KERNEL_BYTES < MOST_BYTES


def test_whoever_asks_and_reads_no_answer_is_cut_off_as_well(flooding: subprocess.Popen[str]) -> None:
    (port,) = line(flooding)
    ping = Frame(Opcode.PING, b"x" * 125).serialize(mask=True)
    with socket.create_connection(("127.0.0.1", port)) as stalled:
        stalled.sendall(UPGRADE.format(path="/none").encode())
        assert stalled.recv(4096).startswith(b"HTTP/1.1 101 ")
        with pytest.raises(OSError, match=r"reset|[Pp]ipe"):
            stalled.sendall(ping * (MOST_BYTES // len(ping)))
        code, _ = line(flooding)

    assert code == 4408


def test_a_reader_that_reads_gets_everything(flooding: subprocess.Popen[str]) -> None:
    (port,) = line(flooding)
    with connect(f"ws://127.0.0.1:{port}/some") as wire:
        frames = list(wire)

    assert frames == [FRAME] * 100
    assert line(flooding) == [1000, 100 * len(FRAME.encode())]
