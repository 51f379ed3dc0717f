"""`python -m bench.signalling_relay PORT`: the least that can stand between the sockets of a room.

A plain asyncio server of `websockets` that knows nobody: whoever opens a path is in its room, what
has `to` goes to one, everything else to all the others, stamped with who sent it. No right is
asked, nothing is limited, nothing is written down.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
from collections import defaultdict

from websockets.asyncio.server import ServerConnection, broadcast, serve

rooms: defaultdict[str, dict[str, ServerConnection]] = defaultdict(dict)


async def relay(socket: ServerConnection) -> None:
    assert socket.request is not None
    room = rooms[socket.request.path]
    join = json.loads(await socket.recv())
    me = join.get("resume") or secrets.token_urlsafe(9)
    _tell(room, me, {"t": "peer-joined", "peer": {"id": me}})
    room[me] = socket
    await socket.send(json.dumps({"t": "joined", "id": me, "resume": me, "peers": list(room)}))
    try:
        async for text in socket:
            message = {**json.loads(text), "from": me}
            if message["t"] == "ping":
                await socket.send(json.dumps({"t": "pong"}))
            elif to := message.pop("to", None):
                await room[to].send(json.dumps(message))
            else:
                _tell(room, me, message)
    finally:
        if room.get(me) is socket:
            del room[me]


def _tell(room: dict[str, ServerConnection], me: str, message: dict[str, object]) -> None:
    broadcast([socket for peer, socket in room.items() if peer != me], json.dumps(message))


async def main(port: int) -> None:
    async with serve(relay, "127.0.0.1", port, compression=None, ping_interval=None, backlog=512) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
