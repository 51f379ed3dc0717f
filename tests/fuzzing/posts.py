"""Posts for a form: what a browser would send, with some of it exchanged; and what comes back."""

from __future__ import annotations

import copy
import random
import re
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote_from_bytes

from django.contrib.messages import ERROR, get_messages
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client, TestCase
from django.utils import timezone

from tests.fuzzing import forms, values
from tests.fuzzing.forms import Form
from tests.fuzzing.values import Sent, Upload

_BOUNDARY = b"ENKAKU-FUZZ-7c1f0a"
_ALERT = re.compile(r'errorlist|role="alert"|class="banner bad"')


@dataclass
class Post:
    pairs: list[Sent]
    uploads: list[Upload]
    changed: set[str] = field(default_factory=set)
    """Names whose value is not the one that was there."""
    is_by_hand: bool = True
    """A person with a browser could have sent it."""

    def body(self, *, is_multipart: bool) -> tuple[bytes, str]:
        if not is_multipart:
            parts = (f"{quote_from_bytes(p.name.encode())}={quote_from_bytes(p.raw)}" for p in self.pairs)
            return "&".join(parts).encode(), "application/x-www-form-urlencoded"
        lines = [_part(f'name="{pair.name}"'.encode(), b"", pair.raw) for pair in self.pairs]
        for each in self.uploads:
            filename = each.filename.replace('"', "%22").encode("utf-8", "replace")
            head = f'name="{each.name}"; filename="'.encode() + filename + b'"'
            lines.append(_part(head, f"\r\nContent-Type: {each.kind}".encode(), each.raw))
        return b"".join(lines) + b"--" + _BOUNDARY + b"--\r\n", (
            f"multipart/form-data; boundary={_BOUNDARY.decode()}"
        )

    def __str__(self) -> str:
        told = [f"{p.name}={p.label or p.text[:60]!r}" for p in self.pairs if p.name in self.changed]
        told += [f"{u.name}=<{u.label} as {u.filename[:40]!r}>" for u in self.uploads]
        gone = self.changed - {p.name for p in self.pairs} - {u.name for u in self.uploads}
        return ", ".join(told + [f"{name} is missing" for name in sorted(gone)])


def _part(head: bytes, more: bytes, raw: bytes) -> bytes:
    return (
        b"--"
        + _BOUNDARY
        + b"\r\nContent-Disposition: form-data; "
        + head
        + more
        + b"\r\n\r\n"
        + raw
        + b"\r\n"
    )


@dataclass
class Answer:
    status: int
    html: str
    forms: list[Form]
    errors: list[str]
    """What Django's messages say went wrong, shown on the page to which the answer leads."""


def generate(form: Form, good: bytes, number: int, dice: random.Random) -> Iterator[Post]:
    """The form as it should be, then `number - 1` in which one, two, three or all fields are wrong."""
    names = sorted(form.fields)
    yield sound(form, good, dice)
    for _ in range(number - 1):
        post = sound(form, good, dice)
        if names:
            count = dice.choice([1, 1, 1, 1, 2, 2, 3, len(names)])
            for name in dice.sample(names, min(count, len(names))):
                _spoil(post, form, name, good, dice)
        if not names or dice.random() < 0.05:
            post.pairs.append(
                values.sent(dice.choice(["unknown", "id", "pk", "a[0]", "__class__", "名"]), dice)
            )
        yield post


def sound(form: Form, good: bytes, dice: random.Random) -> Post:
    """As somebody would fill it in who means it."""
    pairs = [Sent(name, "", value.encode()) for name, own in form.sent().items() for value in own if value]
    filled = {pair.name for pair in pairs}
    for each in form.fields.values():
        if each.name in filled or each.kind == "file":
            continue
        options = [option for option in each.options if option]
        if options and each.kind != "checkbox":
            pairs.append(Sent(each.name, "", dice.choice(options).encode()))
        elif not each.options:
            pairs.append(Sent(each.name, "", _plausible(each.name, each.kind).encode()))
    uploads = [
        Upload(each.name, "as it should be", "a.csv", "text/csv", good)
        for each in form.fields.values()
        if each.kind == "file"
    ]
    return Post(pairs, uploads)


def _plausible(name: str, kind: str) -> str:
    today = timezone.localdate()
    if number := re.fullmatch(r"(start|end)_(\d+)", name):
        hour = 8 + int(number[2])
        return f"{hour:02}:{'00' if number[1] == 'start' else '50'}" if hour < 14 else ""
    return {
        "date": str(today + timedelta(days=9)),
        "datetime-local": f"{today + timedelta(days=9)}T09:00",
        "time": "09:00" if "until" not in name else "10:00",
        "number": "3",
        "email": "hanako@example.jp",
        "tel": "0163-99-4711",
        "password": "a-wind-from-the-north",
    }.get(kind, "さくら" if name not in ("last_day", "valid_until") else "")


def _spoil(post: Post, form: Form, name: str, good: bytes, dice: random.Random) -> None:
    own = form.fields[name]
    post.changed.add(name)
    if own.kind == "file":
        post.uploads = [each for each in post.uploads if each.name != name]
        if dice.random() < 0.9:
            post.uploads.append(values.upload(name, good, dice))
        return
    if own.is_typed and dice.random() < 0.75:
        wrong = values.typed(name, dice)
        post.pairs = [*(pair for pair in post.pairs if pair.name != name), wrong]
        post.is_by_hand &= own.longest is None or len(wrong.text) <= own.longest
        return
    post.is_by_hand = False
    how = dice.choice(["missing", "doubled", "file", "typed", "sent", "sent", "sent"])
    if how != "doubled":
        post.pairs = [pair for pair in post.pairs if pair.name != name]
    if how == "file":
        post.uploads.append(values.upload(name, good, dice))
    elif how != "missing":
        post.pairs.append(values.typed(name, dice) if how == "typed" else values.sent(name, dice))


def send(client: Client, path: str, post: Post) -> Answer:
    """In a savepoint that is undone, with what follows a commit, and with the cookies of before."""
    body, kind = post.body(is_multipart=bool(post.uploads))
    cookies = copy.deepcopy(client.cookies)
    cache.clear()
    try:
        with transaction.atomic():
            with TestCase.captureOnCommitCallbacks(execute=True):
                response: Any = client.generic("POST", path, body, content_type=kind)
            answer = _answer(response)
            transaction.set_rollback(True)
    finally:
        client.cookies = cookies
    return answer


def _answer(response: Any) -> Answer:
    page: HttpResponseBase = response
    is_page = "html" in page.get("Content-Type", "")
    html = content_of(response).decode() if is_page else ""
    told = getattr(response.wsgi_request, "_messages", None)
    errors = (
        [str(m) for m in get_messages(response.wsgi_request) if m.level >= ERROR] if told is not None else []
    )
    return Answer(page.status_code, html, forms.read(html) if html else [], errors)


def content_of(response: Any) -> bytes:
    whole: bytes = b"".join(response.streaming_content) if response.streaming else response.content
    return whole


def complaints(form: Form, post: Post, answer: Answer) -> list[str]:
    """What is wrong with an answer; nothing when it is as it should be."""
    if answer.status >= 500:
        return [f"status {answer.status}"]
    found = []
    shown = _shown(answer.forms)
    for pair in post.pairs:
        own = form.fields.get(pair.name)
        is_once = sum(each.name == pair.name for each in post.pairs) == 1
        if own is None or not own.is_typed or not is_once or not _told(pair.text):
            continue
        back = shown.get(pair.name)
        is_lost = back is not None and not {_told(pair.text), _told(pair.text[: own.longest])} & back
        if answer.status in (200, 409, 422) and is_lost:
            found.append(f"{answer.status} without what was typed into {pair.name} ({pair.label})")
        elif post.is_by_hand and pair.name in post.changed and (
            (answer.status >= 400 and (back is None or is_lost))
            or (answer.status < 400 and answer.errors)
        ):  # fmt: skip
            found.append(f"{answer.status} loses {pair.name} ({pair.label}) {answer.errors}")
    if answer.status in (409, 422) and not _ALERT.search(answer.html):
        found.append(f"{answer.status} without a word about what is wrong")
    return found


def _shown(found: list[Form]) -> dict[str, set[str]]:
    shown: dict[str, set[str]] = {}
    for form in found:
        for each in form.fields.values():
            shown.setdefault(each.name, set()).update(_told(value) for value in each.values)
    return shown


def _told(text: str) -> str:
    """Without what a form may take away: blanks at the ends, or several in a row; line ends are blanks."""
    return " ".join(text.split())


def last_lines(failure: BaseException) -> str:
    frames = traceback.extract_tb(failure.__traceback__)
    ours = [f"{each.filename.rpartition('/')[2]}:{each.lineno}" for each in frames[-4:]]
    return f"{type(failure).__name__}: {str(failure)[:200]} at {' '.join(ours)}"
