"""Frames of WebSockets without Daphne's and autobahn's layers, for the many small ones of a live room.

A short text in one frame, which is all that a browser sends to a room, is read here at once; what
is said to a socket within one turn of the event loop is written together at its end. Anything
else (fragments, long or compressed messages, pings, closing, and whatever is wrong) is autobahn's.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from typing import Any

from daphne.ws_protocol import WebSocketProtocol

logger = logging.getLogger(__name__)

WHOLE_TEXT = 0x81
MASKED = 0x80
LENGTH_FOLLOWS, LONG_FOLLOWS = 126, 127


@functools.lru_cache(maxsize=1)  # what a whole room is told is framed once
def framed(text: str) -> bytes:
    """A text as one frame of a server, which masks nothing (RFC 6455, 5.2)."""
    payload = text.encode()
    length = len(payload)
    if length < LENGTH_FOLLOWS:
        return bytes((WHOLE_TEXT, length)) + payload
    if length <= 0xFFFF:
        return bytes((WHOLE_TEXT, LENGTH_FOLLOWS)) + length.to_bytes(2, "big") + payload
    return bytes((WHOLE_TEXT, LONG_FOLLOWS)) + length.to_bytes(8, "big") + payload


def first_text(data: bytes) -> tuple[str, int] | None:
    """The text of the first frame and where it ends; None where that frame is anything but whole,
    short and valid."""
    if len(data) < 6 or data[0] != WHOLE_TEXT or not data[1] & MASKED:
        return None
    length, at = data[1] & ~MASKED, 2
    if length == LENGTH_FOLLOWS:
        length, at = int.from_bytes(data[2:4], "big"), 4
        if length < LENGTH_FOLLOWS:
            return None
    begin, end = at + 4, at + 4 + length
    if (length == LONG_FOLLOWS and at == 2) or len(data) < end:
        return None
    mask = (data[at:begin] * (length // 4 + 1))[:length]
    payload = int.from_bytes(data[begin:end], "little") ^ int.from_bytes(mask, "little")
    try:
        return payload.to_bytes(length, "little").decode(), end
    except UnicodeDecodeError:
        return None


_to_flush: list[Protocol] = []


def _flush_all() -> None:
    protocols = _to_flush.copy()
    _to_flush.clear()
    # Backwards: what a room is told of somebody goes out after the answer to them, who wait for it.
    for protocol in reversed(protocols):
        try:
            protocol.flush()
        except Exception:  # one that fails must not keep what the others are told
            logger.exception("a WebSocket could not be written to")


class Protocol(WebSocketProtocol):  # type: ignore[misc]  # Daphne has no types
    data: bytes

    def connectionMade(self) -> None:  # noqa: N802 -- theirs
        self._frames: list[bytes] = []
        super().connectionMade()

    def processData(self) -> bool:  # noqa: N802 -- theirs
        found = first_text(self.data) if self._is_plain() and not self.inside_message else None
        if found is None or self.current_frame is not None or len(found[0]) > self.maxMessagePayloadSize:
            return bool(super().processData())
        text, end = found
        self.data = self.data[end:]
        if self.autoPingTimeoutCall and self.autoPingRestartOnAnyTraffic:
            self._cancelAutoPingTimeoutCall()
        if not self.muted:
            self.last_ping = time.time()
            self.application_queue.put_nowait({"type": "websocket.receive", "text": text})
        return len(self.data) > 0

    def _is_plain(self) -> bool:
        return self.state == self.STATE_OPEN and self._perMessageCompress is None and not self.failedByMe

    def takes(self, event: dict[str, Any]) -> bool:
        """Whether this is a text that goes out with this turn; behind what waits, it is not for us."""
        if event["type"] != "websocket.send" or not (text := event.get("text")):
            return False
        if not self._is_plain() or self._is_behind():
            return False
        if not self._frames:
            if not _to_flush:
                asyncio.get_running_loop().call_soon(_flush_all)
            _to_flush.append(self)
        self._frames.append(framed(text))
        return True

    def _is_behind(self) -> bool:
        """Whether the line has not taken all that was written before."""
        transport = self.transport
        return bool(transport.dataBuffer or transport._tempDataBuffer)  # noqa: SLF001 -- it has no public name

    def flush(self) -> None:
        """What waits goes out now."""
        if self._frames:
            data = b"".join(self._frames)
            self._frames.clear()
            self._write(data)

    def _write(self, data: bytes) -> None:
        """At once, where Twisted alone would ask the kernel first whether it may be written."""
        transport = self.transport
        if transport.connected and not self._is_behind():
            sent = transport.writeSomeData(data)
            # A failure is left to Twisted, which meets it again.
            data = data[sent:] if isinstance(sent, int) and sent > 0 else data
        if data:
            transport.write(data)

    def sendData(self, data: bytes, *how: Any, **also: Any) -> None:  # noqa: N802 -- theirs
        """Autobahn's own frames come after what was said before them."""
        self.flush()
        if self.state == self.STATE_CONNECTING and not self.send_queue:
            self._write(data)  # the answer to the handshake, in one piece
        else:
            super().sendData(data, *how, **also)
