"""CSV files as answers, sent piece by piece."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from itertools import islice

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from scheduler import spreadsheets
from scheduler.spreadsheets import Encoding

PIECE = 200
"""Rows sent at a time."""


def encoding_of(request: HttpRequest) -> Encoding:
    """UTF-8 unless the address asks for CP932."""
    return Encoding.CP932 if request.GET.get("encoding") == Encoding.CP932 else Encoding.UTF8


def download(
    request: HttpRequest, rows: Iterable[Sequence[str]], encoding: Encoding, name: str
) -> HttpResponseBase:
    """A CSV file to be saved, its encoding in its name; `name` is plain ASCII and names no person."""
    charset = "utf-8" if encoding == Encoding.UTF8 else "Shift_JIS"
    pieces = _joined(spreadsheets.written(rows, encoding))
    # Django collects an iterator of the wrong kind whole before it sends the first byte.
    content = _awaited(pieces) if isinstance(request, ASGIRequest) else pieces
    response = StreamingHttpResponse(content, content_type=f"text/csv; charset={charset}")
    response["Content-Disposition"] = f'attachment; filename="{name}-{spreadsheets.NAMES[encoding]}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


def _joined(lines: Iterator[bytes]) -> Iterator[bytes]:
    while piece := b"".join(islice(lines, PIECE)):
        yield piece


async def _awaited(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while piece := await sync_to_async(_next)(pieces):
        yield piece


def _next(pieces: Iterator[bytes]) -> bytes:
    """The next piece, b"" after the last."""
    return next(pieces, b"")
