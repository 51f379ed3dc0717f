"""Our short way through WebSocket frames says and reads the same as a library that knows all of them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from websockets.frames import Frame, Opcode

from scheduler.frames import Protocol, first_text, framed


def masked(payload: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True) -> bytes:
    return Frame(opcode, payload, fin=fin).serialize(mask=True)


@pytest.mark.parametrize("length", [1, 125, 126, 127, 128, 0xFFFF, 0x10000])
def test_a_text_is_framed_as_the_standard_says(length: int) -> None:
    text = "x" * length

    assert framed(text) == Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


@pytest.mark.parametrize("text", ["", "a", "ab", "授業", "x" * 125, "x" * 126, "x" * 127, "あ" * 10_000])
def test_a_whole_text_is_read_and_what_follows_it_is_left(text: str) -> None:
    frame = masked(text.encode())

    assert first_text(frame) == (text, len(frame))
    assert first_text(frame + masked(b"next")) == (text, len(frame))


@pytest.mark.parametrize("text", ["ab", "x" * 126])
def test_a_frame_that_has_not_all_arrived_is_not_read(text: str) -> None:
    frame = masked(text.encode())

    assert {first_text(frame[:end]) for end in range(len(frame))} == {None}


@pytest.mark.parametrize(
    "frame",
    [
        masked(b"part", fin=False),
        masked(b"rest", Opcode.CONT),
        masked(b"ping", Opcode.PING),
        masked(b"\x03\xe8", Opcode.CLOSE),
        masked(b"\xe3\x81"),
        masked(b"x" * 0x10000),
        Frame(Opcode.TEXT, b"unmasked").serialize(mask=False),
        b"\xc1" + masked(b"compressed")[1:],
        b"\x81\xfe\x00\x02" + bytes(6),
    ],
    # Masks are drawn anew in every process.
    ids=[
        "part",
        "rest",
        "ping",
        "close",
        "half a letter",
        "long",
        "unmasked",
        "compressed",
        "length in full",
    ],
)
def test_anything_else_is_left_to_autobahn(frame: bytes) -> None:
    assert first_text(frame) is None


@dataclass
class Line:
    """As much of Twisted's transport as is asked of it."""

    is_broken: bool
    written: bytes = b""
    connected = True
    dataBuffer = _tempDataBuffer = b""  # noqa: N815 -- theirs

    def writeSomeData(self, data: bytes) -> int:  # noqa: N802 -- theirs
        if self.is_broken:
            raise RuntimeError
        self.written += data
        return len(data)


def opened(line: Line) -> Protocol:
    protocol = Protocol()
    protocol._frames, protocol.transport = [], line
    protocol.state, protocol._perMessageCompress, protocol.failedByMe = protocol.STATE_OPEN, None, False
    return protocol


async def test_a_socket_that_fails_silences_no_other() -> None:
    line = Line(is_broken=False)
    sockets = [opened(Line(is_broken=True)), opened(line)]

    for text in ("one", "two"):
        assert all(each.takes({"type": "websocket.send", "text": text}) for each in sockets)
        await asyncio.sleep(0)

    assert line.written == framed("one") + framed("two")
