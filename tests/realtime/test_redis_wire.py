"""The wire to Redis: every reply is read however it is cut into pieces, and nothing else passes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime import redis_wire
from realtime.redis_wire import RefusedError, Reply, Wire, pack, unpack

texts = st.binary(max_size=20)
replies: st.SearchStrategy[Reply] = st.recursive(
    texts | st.integers(min_value=-(2**63), max_value=2**63 - 1) | st.none(),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=6,
)


def written(reply: Reply) -> bytes:
    """As Redis sends it."""
    if reply is None:
        return b"$-1\r\n"
    if isinstance(reply, int):
        return b":%d\r\n" % reply
    if isinstance(reply, bytes):
        return b"$%d\r\n%b\r\n" % (len(reply), reply)
    return b"*%d\r\n" % len(reply) + b"".join(map(written, reply))


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    ends = sorted({place % (len(data) + 1) for place in places} | {len(data)})
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@given(said=st.lists(replies, max_size=5), places=st.lists(st.integers(min_value=0), max_size=6))
async def test_replies_arrive_as_they_were_sent_wherever_the_network_cuts(
    said: list[Reply], places: list[int]
) -> None:
    taken: list[Reply] = []
    wire = Wire(taken.append)

    for piece in cut(b"".join(map(written, said)), places):
        wire.data_received(piece)

    assert taken == said
    assert not wire.lost.done()
    wire.lost.cancel()


@given(parts=st.lists(st.text(st.characters(codec="utf-8")) | texts, min_size=1))
def test_a_command_is_packed_as_redis_reads_it(parts: list[str | bytes]) -> None:
    expected = [part if isinstance(part, bytes) else part.encode() for part in parts]

    assert unpack(pack(*parts)) == (expected, len(pack(*parts)))


def test_numbers_are_packed_as_their_digits() -> None:
    assert pack("SET", 7, 1.5) == b"*3\r\n$3\r\nSET\r\n$1\r\n7\r\n$3\r\n1.5\r\n"


@pytest.mark.parametrize("data", [b"-NOAUTH sign in first\r\n", b"*1\r\n-ERR\r\n"])
def test_an_error_of_redis_is_raised(data: bytes) -> None:
    with pytest.raises(RefusedError):
        unpack(data)


@pytest.mark.parametrize("data", [b"HTTP/1.1 400 Bad Request\r\n", b"$x\r\n", b"-ERR no\r\n"])
async def test_what_is_no_reply_ends_the_wire(data: bytes) -> None:
    wire = Wire(lambda _: None)

    wire.data_received(data)

    with pytest.raises(ConnectionError):
        await wire.lost


async def test_a_wire_signs_in_and_chooses_its_database(redis_url: str) -> None:
    taken: list[Reply] = []
    wire = await redis_wire.connect(redis_url, taken.append)

    wire.say("ECHO", "利尻")
    wire.say("WRONG")

    with pytest.raises(ConnectionError, match="unknown command"):
        await wire.lost
    assert taken[-1] == "利尻".encode()


async def test_nobody_there_is_an_os_error(unused_tcp_port: int) -> None:
    with pytest.raises(OSError, match="Connect call failed"):
        await redis_wire.connect(f"redis://127.0.0.1:{unused_tcp_port}/0", lambda _: None)
