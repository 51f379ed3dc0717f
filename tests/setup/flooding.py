"""A web process that tells whoever connects more than a line takes; run by test_slow_readers.

Prints its port, and then of each connection the code of its end and how many bytes it was told.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from autobahn.exception import Disconnected

from scheduler import server

FRAME = "あ" * 8192
MOST_BYTES = 64 * 1024 * 1024


async def flood(scope: Any, receive: Any, send: Any) -> None:
    """All of it at /all, nothing at /none, a little at every other address."""
    await receive()
    await send({"type": "websocket.accept"})
    most = {"/all": MOST_BYTES, "/none": 0}.get(scope["path"], 100 * len(FRAME.encode()))
    ended = asyncio.ensure_future(receive())
    sent = 0
    with contextlib.suppress(Disconnected):
        while sent < most and not ended.done():
            await send({"type": "websocket.send", "text": FRAME})
            sent += len(FRAME.encode())
            await asyncio.sleep(0)
        if most and not ended.done():
            await send({"type": "websocket.close", "code": 1000})
    print(f"{(await ended).get('code')} {sent}", flush=True)


if __name__ == "__main__":
    listening = server.listen("127.0.0.1", 0)
    port = listening.getsockname()[1]
    server.Server(flood, listening=listening, on_ready=lambda: print(port, flush=True)).run()
