"""WebSockets whose reader does not keep up: cut off, so that what waits for them stays bounded.

Daphne hands every frame to Twisted's transport, which keeps what the line does not take, without
end. The transport says when it is full; from then on so much may wait and no more.
"""

# ruff: noqa: N802, N803 -- the names are Twisted's and Autobahn's
from __future__ import annotations

from typing import Any

from daphne.ws_protocol import WebSocketProtocol

WAITING_BYTES = 256 * 1024
"""Beyond the 64 KiB after which the transport calls itself full, and what the kernel holds."""
TOO_SLOW = 4408
"""What the application hears instead of 1006: no browser has hung up here (docs/signalling.md)."""


class BoundedWebSocket(WebSocketProtocol):  # type: ignore[misc]  # Daphne has no types
    """A push producer, in Twisted's words, of what the application sends."""

    _waiting: int | None = None
    """Bytes that were given to a full transport; None while it takes them."""
    _is_cut = False

    def onOpen(self) -> None:
        super().onOpen()
        # Until now the connection's HTTP channel was told, which would stop reading as well: whoever
        # is only slow would look silent.
        self.transport.unregisterProducer()
        self.transport.registerProducer(self, True)

    def pauseProducing(self) -> None:
        self._waiting = self._waiting or 0

    def resumeProducing(self) -> None:
        self._waiting = None

    def stopProducing(self) -> None:
        """The connection is lost; `onClose` follows."""

    def sendData(self, data: bytes, *how: Any, **also: Any) -> None:
        """Every frame, an answer to a ping as well: whoever only asks could make those wait without end."""
        if self._waiting is not None and not self._is_cut:
            self._waiting += len(data)
            if self._waiting > WAITING_BYTES:
                self._is_cut = True
                # A close frame would wait behind all that is not read.
                self.dropConnection(abort=True)
        super().sendData(data, *how, **also)

    def onClose(self, wasClean: bool, code: int | None, reason: str) -> None:
        super().onClose(wasClean, TOO_SLOW if self._is_cut else code, reason)
