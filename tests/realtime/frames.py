"""Frames that nobody means: nearly right messages of every type, and what is no message at all."""

from __future__ import annotations

import json
import random
from typing import Any

SDP = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n"
INVENTED = "zzz_invented"
"""A field of no message; whoever else sees it has been told what a peer made up."""
_LINE = {"candidate": "candidate:1 1 udp 2 127.0.0.1 9 typ host", "sdpMid": "0", "sdpMLineIndex": 0}
_WRONG: list[Any] = [
    None, True, False, 0, -1, 1, 0.5, 2**31, 2**63, 10**400, -(10**30), 1e15, 1.1e15, 1e308, float("nan"),
    float("inf"), float("-inf"), "", " ", "\u3000", "x", "p1", "x" * 33, "x" * 600, "あ" * 2001, "あ" * 9000,
    "a b", "\x00", "\x1b[31m", "\ud800", "a\udfff", "\ud83d\ude00", "👩‍🏫", "\u202eabc", "../../x",
    "<script>alert(1)</script>", "__proto__", "v=0", SDP + "a=x\r\n" * 5000, [], [None], [[]], [{}],
    [_LINE] * 33, [{**_LINE, "sdpMLineIndex": -1}], [{**_LINE, "sdpMid": "\ud800"}], [{**_LINE, INVENTED: 1}],
    [{"candidate": "x" * 1100}], [{"candidate": 1}], {}, {"a": 1}, {"__proto__": {}}, {INVENTED: [1]},
]  # fmt: skip
_NOT_MESSAGES = [
    "", " ", "x", "null", "1", '"t"', "[]", "{}", "{", "}", '{"t"}', "{'t': 'ping'}", '{"t": "ping",}',
    "NaN", "[" * 9000, "]" * 10, '{"a":' * 5000, '{"a":' * 5000 + "1" + "}" * 5000, "[" * 900 + "]" * 900,
    '{"t":"ping","ts":' + "9" * 5000 + "}", '{"t":"ping","ts":1e999}', '{"t":"ping","ts":-0.0}',
    '{"t":"ping","t":"chat","ts":1}', '{"t":"chat","t":"ping","ts":7,"ts":8}', '{"t":"ping","ts":1}{}',
    '{"t":["ping"]}', '{"t":{"t":"ping"}}', '{"t":null}', '{"t":1e400}', '{"t":"Ping","ts":1}',
    '{"t":"\\ud800"}', '{"t":"error","code":"forbidden"}', '{"t":"joined"}', '{"t":"peer-left","id":"x"}',
    "\ufeff{}", '{"t":"ping","ts":1}' + " " * 40_000, "あ" * 11_000, "x" * 32_769, "\x00", "{" + "\x00" * 50,
    '{"t":"ping","ts":1,"' + "k" * 30_000 + '":1}', '{"\\u0074":"ping","ts":3}',
]  # fmt: skip


def right(peer: str, token: str) -> dict[str, dict[str, Any]]:
    """A message of every type as it should be, addressed to `peer`."""
    return {
        "join": {"v": 1, "resume": token, "page": "b7c1"},
        "offer": {"to": peer, "pc": "c1", "sdp": SDP, "restart": True},
        "answer": {"to": peer, "pc": "c1", "sdp": SDP},
        "candidate": {"to": peer, "pc": "c1", "list": [_LINE, None]},
        "reset": {"to": peer, "pc": "c1"},
        "state": {"audio": True, "video": False, "screen": True},
        "hand": {"up": True},
        "chat": {"cid": "7", "text": "聞こえます"},
        "heard": {"to": peer, "level": 0.25, "packets": 100, "frames": 30},
        "floor": {"to": peer},
        "mute": {"to": None},
        "ping": {"ts": 1764000000000},
        "leave": {},
    }


def frame(peer: str, token: str, dice: random.Random) -> str | bytes:
    """The next one: mostly a message with one field wrong."""
    kind = dice.random()
    if kind < 0.04:
        return dice.randbytes(dice.choice([0, 1, 40, 3000, 40_000]))
    if kind < 0.2:
        return dice.choice(_NOT_MESSAGES)
    messages = right(peer, token)
    name = dice.choice(list(messages))
    if name == "leave" and dice.random() < 0.7:  # it ends the socket
        name = "chat"
    message = {"t": name, **messages[name]}
    if kind < 0.45:  # as it should be, or with what is to be ignored
        return json.dumps(
            message | dice.choice([{}, {INVENTED: dice.choice(_WRONG)}, {"from": "x", "id": "x"}])
        )
    field = dice.choice([*message, INVENTED])
    if dice.random() < 0.15:
        message.pop(field, None)
    else:
        message[field] = dice.choice(_WRONG) if dice.random() < 0.85 else _grown(dice, 3)
    return json.dumps(message, ensure_ascii=dice.random() < 0.5 or _has_half(message))


def _grown(dice: random.Random, depth: int) -> Any:
    """Any JSON."""
    if not depth or dice.random() < 0.4:
        return dice.choice(_WRONG)
    inner = [_grown(dice, depth - 1) for _ in range(dice.randrange(4))]
    return inner if dice.random() < 0.5 else {f"{INVENTED}{n}": each for n, each in enumerate(inner)}


def _has_half(message: dict[str, Any]) -> bool:
    """Half of a surrogate pair comes over a line in its escaped form alone."""
    return any("\ud800" <= sign <= "\udfff" for sign in json.dumps(message, ensure_ascii=False))
