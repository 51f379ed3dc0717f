"""Protocol v1: every message is accepted in its form and refused out of it, and nothing else happens."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from realtime import protocol
from realtime.allowances import Allowance, Bucket
from realtime.protocol import (
    Answer,
    Candidate,
    Chat,
    ClientMessage,
    Close,
    Code,
    Floor,
    Hand,
    Heard,
    Join,
    Leave,
    Mute,
    Offer,
    Ping,
    ProtocolError,
    Reset,
    State,
    parse,
)

ROOT = Path(__file__).resolve().parent.parent.parent
SDP = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n"
LINE = {"candidate": "candidate:1 1 udp 2 127.0.0.1 9 typ host", "sdpMid": "0", "sdpMLineIndex": 0}

ACCEPTED: dict[str, tuple[dict[str, object], ClientMessage]] = {
    "join": ({"v": 1, "page": "b7c1"}, Join(page="b7c1")),
    "offer": ({"to": "p1", "pc": "c1", "sdp": SDP, "restart": True}, Offer("p1", "c1", SDP, restart=True)),
    "answer": ({"to": "p1", "pc": "c1", "sdp": SDP}, Answer("p1", "c1", SDP)),
    "candidate": ({"to": "p1", "pc": "c1", "list": [LINE, None]}, Candidate("p1", "c1", (LINE, None))),
    "reset": ({"to": "p1", "pc": "c1"}, Reset("p1", "c1")),
    "state": (
        {"audio": True, "video": False, "screen": True},
        State(audio=True, video=False, screen=True),
    ),
    "floor": ({"to": "p1"}, Floor("p1")),
    "mute": ({"to": None}, Mute(None)),
    "hand": ({"up": True}, Hand(up=True)),
    "chat": ({"cid": "7", "text": "聞こえます"}, Chat("7", "聞こえます")),
    "heard": ({"to": "p1", "level": 0.25, "packets": 100, "frames": 30}, Heard("p1", 0.25, 100, 30)),
    "ping": ({"ts": 1764000000000}, Ping(1764000000000.0)),
    "leave": ({}, Leave()),
}
REFUSED: dict[str, list[dict[str, object]]] = {
    "join": [
        {"v": 1, "page": ""},
        {"v": 1, "page": None},
        {"v": 2},
        {},
        {"v": 1, "resume": 7},
        {"v": 1, "resume": "x" * 513},
        {"v": 1, "resume": "鍵"},
    ],
    "offer": [
        {"to": "p1", "pc": "c1"},
        {"to": "", "pc": "c1", "sdp": SDP},
        {"to": "p1", "pc": "c 1", "sdp": SDP},
        {"to": "p1", "pc": "c1", "sdp": "hello"},
        {"to": "p1", "pc": "c1", "sdp": "v=0" + "x" * (24 * 1024)},
        {"to": "p1", "pc": "c1", "sdp": SDP, "restart": "yes"},
        {"to": "p1", "pc": "c1", "sdp": "v=0\ud800"},
    ],
    "answer": [{"to": "p1", "pc": "c1"}, {"to": ["p1"], "pc": "c1", "sdp": SDP}],
    "candidate": [
        {"to": "p1", "pc": "c1", "list": []},
        {"to": "p1", "pc": "c1", "list": [None] * 33},
        {"to": "p1", "pc": "c1", "list": ["candidate:1"]},
        {"to": "p1", "pc": "c1", "list": [{"sdpMid": "0"}]},
        {"to": "p1", "pc": "c1", "list": [{"candidate": "x" * 1024}]},
        {"to": "p1", "pc": "c1", "list": [{"candidate": "\ud800"}]},
        {"to": "p1", "pc": "c1", "list": [{**LINE, "sdpMid": "\udfff"}]},
        {"to": "p1", "pc": "c1", "list": [{**LINE, "usernameFragment": "\udc00"}]},
        {"to": "p1", "pc": "c1", "list": [{**LINE, "sdpMLineIndex": 10**400}]},
        {"to": "p1", "pc": "\ud800", "list": [None]},
    ],
    "reset": [{"to": "p1"}, {"pc": "c1"}, {"to": "x" * 33, "pc": "c1"}],
    "state": [{"audio": True}, {"audio": 1, "video": False}],
    "hand": [{}, {"up": None}],
    "floor": [{}, {"to": ""}, {"to": 7}, {"to": False}],
    "mute": [{}, {"to": ["p1"]}],
    "chat": [{"cid": "7", "text": "  "}, {"cid": "7", "text": "x" * 2001}, {"text": "hello"}, {"cid": "7"},
             {"cid": "7", "text": "\ud83d"}, {"cid": "\ud83d", "text": "hello"}],
    "heard": [
        {"to": "p1", "level": 1.5, "packets": 0},
        {"to": "p1", "level": True, "packets": 0},
        {"to": "p1", "level": 0, "packets": -1},
        {"to": "p1", "level": 10**400, "packets": 0},
        {"to": "p1", "level": 0, "packets": 10**400},
    ],
    "ping": [{}, {"ts": "now"}, {"ts": float("nan")}, {"ts": float("inf")}, {"ts": 10**400},
             {"ts": -(10**400)}],
    "leave": [],
}  # fmt: skip


def frame(kind: str, fields: dict[str, object]) -> str:
    return json.dumps({"t": kind, **fields})


@pytest.mark.parametrize("kind", sorted(protocol.CLIENT_TYPES))
def test_parse_accepts_every_message_in_its_form_and_ignores_unknown_fields(kind: str) -> None:
    fields, message = ACCEPTED[kind]

    assert parse(frame(kind, fields)) == message
    assert parse(frame(kind, {**fields, "unknown": 1})) == message
    assert protocol.name_of(message) == kind


@pytest.mark.parametrize(
    ("kind", "fields"), [(kind, fields) for kind, wrong in REFUSED.items() for fields in wrong]
)
def test_parse_refuses_every_message_out_of_its_form(kind: str, fields: dict[str, object]) -> None:
    with pytest.raises(ProtocolError) as refusal:
        parse(frame(kind, fields))

    assert refusal.value.code in {Code.BAD_FIELD, Code.BAD_VERSION}
    assert refusal.value.ref == kind


@pytest.mark.parametrize(
    ("text", "code", "close"),
    [
        ("", Code.BAD_JSON, None),
        ("[]", Code.BAD_JSON, None),
        ("{", Code.BAD_JSON, None),
        ("[" * 10_000, Code.BAD_JSON, None),
        ('{"t": "dance"}', Code.BAD_TYPE, None),
        ('{"t": ["join"]}', Code.BAD_TYPE, None),
        ('{"t": "join", "v": 3}', Code.BAD_VERSION, Close.PROTOCOL),
        ('{"t": "chat", "text": "' + "あ" * 11_000 + '"}', Code.TOO_LARGE, Close.TOO_LARGE),
    ],
)
def test_parse_names_what_is_wrong_with_a_frame(text: str, code: Code, close: Close | None) -> None:
    with pytest.raises(ProtocolError) as refusal:
        parse(text)

    assert (refusal.value.code, refusal.value.close) == (code, close)


# JSON says more than other notations: halves of surrogate pairs, numbers beyond any float, NaN.
any_text = st.text(st.characters(exclude_categories=()))
hard_values = st.sampled_from(["\ud800", SDP + "\udfff", 10**400, -(10**400), float("nan"), True, 1, "p1"])
json_values = st.recursive(
    hard_values | st.none() | st.booleans() | st.floats() | st.integers() | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=8,
)


@st.composite
def nearly(draw: st.DrawFn, good: dict[str, object]) -> dict[str, object]:
    """`good` with one of its fields replaced by anything, and something beside it."""
    name = draw(st.sampled_from([*good, ""]))
    return {
        **good,
        name: draw(hard_values | json_values),
        **draw(st.dictionaries(any_text, json_values, max_size=1)),
    }


messages = st.sampled_from([{"t": kind, **fields} for kind, (fields, _) in ACCEPTED.items()])
candidates = nearly(LINE).map(
    lambda line: {"t": "candidate", **ACCEPTED["candidate"][0], "list": [LINE, line]}
)


def sent_on(text: str) -> bool:
    """Whether `text` is a message, and then one that every receiver can be sent; else it is refused."""
    try:
        message = parse(text)
    except ProtocolError:
        return False
    assert protocol.name_of(message) in protocol.CLIENT_TYPES
    json.dumps(asdict(message), ensure_ascii=False, allow_nan=False).encode()
    return True


@settings(max_examples=500)
@given(values=messages.flatmap(nearly) | candidates)
def test_parse_gives_what_can_be_sent_on_or_its_own_refusal(values: dict[str, object]) -> None:
    event(f"accepted: {sent_on(json.dumps(values))}")


@given(text=any_text | json_values.map(json.dumps))
def test_parse_refuses_whatever_is_no_message(text: str) -> None:
    assert not sent_on(text)


@pytest.mark.parametrize(
    "text", ['{"t": "ping", "ts": ' + "9" * 5000 + "}", '{"t": "ping", "ts": 1e999}', '{"t":' * 5000]
)
def test_parse_refuses_numbers_and_depths_beyond_those_of_the_language(text: str) -> None:
    assert not sent_on(text)


def test_a_bucket_gives_its_burst_at_once_and_its_rate_over_time() -> None:
    bucket = Bucket(rate=20, burst=60)

    at_once = [bucket.take(0.0) for _ in range(61)]
    a_second_later = [bucket.take(1.0) for _ in range(21)]

    assert at_once == [True] * 60 + [False]
    assert a_second_later == [True] * 20 + [False]


def test_negotiation_has_its_own_allowance() -> None:
    allowance = Allowance()
    offer, ping = Offer("p1", "c1", SDP), Ping(1)

    offers = [allowance.spend(offer, 0.0) for _ in range(201)]

    assert offers == [True] * 200 + [False]
    assert allowance.spend(ping, 0.0)


def test_three_refused_frames_within_ten_seconds_are_too_many() -> None:
    allowance = Allowance()

    assert [allowance.violate(at) for at in (0.0, 6.0, 11.0, 12.0)] == [False, False, False, True]


def documented(heading: str) -> set[str]:
    """The types of the literal objects under a heading of the protocol's document."""
    text = (ROOT / "docs/signalling.md").read_text()
    section = text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return set(re.findall(r'^\{"t": "([a-z-]+)"', section, re.MULTILINE))


def typed(union: str) -> set[str]:
    """The types of the messages of a union in the browser's typedefs."""
    text = (ROOT / "realtime/static/realtime/protocol.js").read_text()
    by_name = {name: kind for kind, name in re.findall(r'\{\{t: "([a-z-]+)"[^@]*?\}\} (\w+)', text)}
    members = text.split(f"}} {union}")[0].rsplit("@typedef {", 1)[1]
    return {by_name[name] for name in re.findall(r"\w+", members) if name in by_name}


def test_document_server_and_browser_know_the_same_messages() -> None:
    assert documented("What a client says") == set(protocol.CLIENT_TYPES) == typed("ClientMessage")
    assert documented("What the server says") == set(protocol.SERVER_TYPES) == typed("ServerMessage")


def test_document_lists_every_error_code_and_close_code() -> None:
    text = (ROOT / "docs/signalling.md").read_text()

    assert set(re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE)) == {code.value for code in Code}
    assert {int(code) for code in re.findall(r"^\| (\d{4}) \|", text, re.MULTILINE)} == {*Close}
