"""Signalling protocol v1: what a client may say, its limits, and the codes of every refusal.

Pure: text in, typed messages out, or a ProtocolError that says what was wrong. The same
protocol in prose is docs/signalling.md, and as types for the browser
realtime/static/realtime/protocol.js; a test holds the three against each other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TypeAlias

VERSION = 1

FRAME_BYTES = 32 * 1024
SDP_BYTES = 24 * 1024
CANDIDATE_BYTES = 1024
CANDIDATES_PER_FRAME = 32
CHAT_CHARACTERS = 2000
RESUME_CHARACTERS = 512
BEAT_EVERY_S = 5.0
AWAY_AFTER_S = 15.0
"""Three missed beats."""
LEFT_AFTER_S = 60.0
"""Rural lines come back within a minute; until then a peer keeps its id and its place."""
JOIN_WITHIN_S = 10.0
GENERAL_RATE, GENERAL_BURST = 20.0, 60.0
# Entering a mesh of 8 sends about 45 messages of negotiation within a second.
NEGOTIATION_RATE, NEGOTIATION_BURST = 50.0, 200.0
VIOLATIONS_PER_10_S = 3

_SURROGATE = re.compile("[\ud800-\udfff]")
_ID = re.compile(r"[0-9A-Za-z_-]{1,32}")
_CANDIDATE_FIELDS = {"candidate": str, "sdpMid": str, "sdpMLineIndex": int, "usernameFragment": str}


class Code(StrEnum):
    """`code` of an `error` message."""

    BAD_JSON = "bad-json"
    BAD_TYPE = "bad-type"
    BAD_FIELD = "bad-field"
    BAD_VERSION = "bad-version"
    TOO_LARGE = "too-large"
    RATE_LIMITED = "rate-limited"
    NOT_JOINED = "not-joined"
    ALREADY_JOINED = "already-joined"
    AUTH_FAILED = "auth-failed"
    FORBIDDEN = "forbidden"
    TOO_EARLY = "too-early"
    ROOM_CLOSED = "room-closed"
    WAITING = "waiting"
    ROOM_FULL = "room-full"
    NO_SUCH_PEER = "no-such-peer"
    PEER_AWAY = "peer-away"
    NOT_LINKED = "not-linked"
    NOT_ALLOWED = "not-allowed"


class Close(IntEnum):
    """WebSocket close codes. After 4408, 4411, 4412 and 4500 a client comes back; after the
    others it does not."""

    LEFT = 1000
    PROTOCOL = 4400
    AUTH = 4401
    FORBIDDEN = 4403
    SILENT = 4408
    REPLACED = 4409
    ROOM_CLOSED = 4410
    ASK_ANEW = 4411
    RESTART = 4412
    TOO_LARGE = 4413
    WAITING = 4423
    FULL = 4424
    FLOOD = 4429
    FAILED = 4500


class ProtocolError(Exception):
    """A frame that cannot be acted on. `close` is set when the socket cannot go on after it."""

    def __init__(self, code: Code, detail: str, *, ref: str = "", close: Close | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.ref = ref
        self.close = close


@dataclass(frozen=True, slots=True)
class Join:
    """`page` is a random id of this load of the page: with it a reload can be told from a lost line."""

    resume: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    to: str
    pc: str
    sdp: str
    restart: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    to: str
    pc: str
    sdp: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """Several candidates of one connection; None among them is the end of candidates."""

    to: str
    pc: str
    list: tuple[Mapping[str, object] | None, ...]


@dataclass(frozen=True, slots=True)
class Reset:
    to: str
    pc: str


@dataclass(frozen=True, slots=True)
class State:
    audio: bool
    video: bool
    screen: bool = False


@dataclass(frozen=True, slots=True)
class Hand:
    up: bool


@dataclass(frozen=True, slots=True)
class Chat:
    cid: str
    text: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What of `to`'s media arrived here since the last report: `level` of the voice 0 to 1, `packets`
    of sound and `frames` of picture counted."""

    to: str
    level: float
    packets: int
    frames: int = 0


@dataclass(frozen=True, slots=True)
class Floor:
    """The host gives the floor to a guest, or takes it back (None)."""

    to: str | None


@dataclass(frozen=True, slots=True)
class Mute:
    """The host asks one guest to switch its microphone off, or all (None). Nobody is switched on."""

    to: str | None


@dataclass(frozen=True, slots=True)
class Ping:
    ts: float


@dataclass(frozen=True, slots=True)
class Leave:
    pass


Directed: TypeAlias = Offer | Answer | Candidate | Reset | Heard
ClientMessage: TypeAlias = Join | Directed | State | Hand | Chat | Floor | Mute | Ping | Leave

SERVER_TYPES = frozenset(
    {
        "joined", "peer-joined", "peer-away", "peer-back", "peer-left", "offer", "answer", "candidate",
        "reset", "state", "hands", "floor", "mute", "listen", "peers", "chat", "heard", "pong", "error",
    }
)  # fmt: skip
NEGOTIATION_TYPES = frozenset({"offer", "answer", "candidate", "reset"})


@dataclass(frozen=True, slots=True)
class _Fields:
    """The fields of one frame, each read with its limits; unknown fields are ignored."""

    type: str
    values: Mapping[str, object]

    def fail(self, name: str, wanted: str) -> ProtocolError:
        return ProtocolError(Code.BAD_FIELD, f"{name} must be {wanted}", ref=self.type)

    def ident(self, name: str) -> str:
        value = self.values.get(name)
        if not isinstance(value, str) or not _ID.fullmatch(value):
            raise self.fail(name, "1 to 32 letters, digits, - or _")
        return value

    def ident_or_none(self, name: str) -> str | None:
        if name in self.values and self.values[name] is None:
            return None
        return self.ident(name)

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        value = self.values.get(name, default)
        if not isinstance(value, bool):
            raise self.fail(name, "true or false")
        return value

    def number(self, name: str, least: float, most: float) -> float:
        value = self.values.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.fail(name, "a number")
        # An integer in JSON may be longer than any float; NaN is in no range.
        if not least <= value <= most:
            raise self.fail(name, f"from {least:g} to {most:g}")
        return float(value)

    def count(self, name: str, *, default: int | None = None) -> int:
        if default is not None and name not in self.values:
            return default
        return int(self.number(name, 0, 1e6))

    def words(self, name: str, most: int) -> str:
        """Text that somebody typed: not blank, at most `most` characters."""
        value = self.values.get(name)
        if not isinstance(value, str) or not value.strip() or len(value) > most or not _is_sendable(value):
            raise self.fail(name, f"text of 1 to {most} characters")
        return value

    def sdp(self) -> str:
        value = self.values.get("sdp")
        if not isinstance(value, str) or not value.startswith("v=0") or not _is_sendable(value):
            raise self.fail("sdp", "a session description")
        if len(value.encode()) > SDP_BYTES:
            raise self.fail("sdp", f"at most {SDP_BYTES} bytes")
        return value

    def candidates(self) -> tuple[Mapping[str, object] | None, ...]:
        value = self.values.get("list")
        if not isinstance(value, list) or not 1 <= len(value) <= CANDIDATES_PER_FRAME:
            raise self.fail("list", f"1 to {CANDIDATES_PER_FRAME} candidates")
        return tuple(self._candidate(item) for item in value)

    def _candidate(self, item: object) -> Mapping[str, object] | None:
        if item is None:
            return None
        if not isinstance(item, dict) or not isinstance(item.get("candidate"), str):
            raise self.fail("list", "objects with a candidate, or null")
        kept = {name: item[name] for name, kind in _CANDIDATE_FIELDS.items() if type(item.get(name)) is kind}
        if not all(_is_sendable(value) for value in kept.values() if isinstance(value, str)):
            raise self.fail("list", "candidates of valid text")
        if not 0 <= kept.get("sdpMLineIndex", 0) <= 0xFFFF:
            raise self.fail("list", "candidates with an sdpMLineIndex of 16 bits")
        if len(json.dumps(kept)) > CANDIDATE_BYTES:
            raise self.fail("list", f"at most {CANDIDATE_BYTES} bytes a candidate")
        return kept


def _is_sendable(value: str) -> bool:
    """Lone surrogates pass JSON and cannot be sent on as UTF-8."""
    return value.isascii() or _SURROGATE.search(value) is None


def _join(fields: _Fields) -> Join:
    if fields.values.get("v") != VERSION:
        raise ProtocolError(
            Code.BAD_VERSION, f"this server speaks version {VERSION}", ref="join", close=Close.PROTOCOL
        )
    resume = fields.values.get("resume", "")
    if not isinstance(resume, str) or len(resume) > RESUME_CHARACTERS or not resume.isascii():
        raise fields.fail("resume", "the token of an earlier joined")
    page = fields.ident("page") if "page" in fields.values else ""
    return Join(resume, page)


_READERS: Mapping[str, Callable[[_Fields], ClientMessage]] = {
    "join": _join,
    "offer": lambda f: Offer(f.ident("to"), f.ident("pc"), f.sdp(), f.flag("restart", default=False)),
    "answer": lambda f: Answer(f.ident("to"), f.ident("pc"), f.sdp()),
    "candidate": lambda f: Candidate(f.ident("to"), f.ident("pc"), f.candidates()),
    "reset": lambda f: Reset(f.ident("to"), f.ident("pc")),
    "state": lambda f: State(f.flag("audio"), f.flag("video"), f.flag("screen", default=False)),
    "hand": lambda f: Hand(f.flag("up")),
    "chat": lambda f: Chat(f.ident("cid"), f.words("text", CHAT_CHARACTERS)),
    "heard": lambda f: Heard(
        f.ident("to"), f.number("level", 0, 1), f.count("packets"), f.count("frames", default=0)
    ),
    "floor": lambda f: Floor(f.ident_or_none("to")),
    "mute": lambda f: Mute(f.ident_or_none("to")),
    "ping": lambda f: Ping(f.number("ts", 0, 1e15)),
    "leave": lambda _: Leave(),
}
CLIENT_TYPES = frozenset(_READERS)


def name_of(message: ClientMessage) -> str:
    """`t` of a message."""
    return type(message).__name__.lower()


def parse(frame: str) -> ClientMessage:
    """The message in a text frame. Raises ProtocolError, and nothing else, whatever the text."""
    if len(frame) > FRAME_BYTES or len(frame.encode(errors="replace")) > FRAME_BYTES:
        raise ProtocolError(Code.TOO_LARGE, f"a frame is at most {FRAME_BYTES} bytes", close=Close.TOO_LARGE)
    try:
        values = json.loads(frame)
    except (ValueError, RecursionError):
        raise ProtocolError(Code.BAD_JSON, "a frame is one JSON object") from None
    if not isinstance(values, dict):
        raise ProtocolError(Code.BAD_JSON, "a frame is one JSON object")
    kind = values.get("t")
    if not isinstance(kind, str) or kind not in _READERS:
        raise ProtocolError(Code.BAD_TYPE, "t names no message of this version")
    return _READERS[kind](_Fields(kind, values))
