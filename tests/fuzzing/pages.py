"""Every form that the service serves, found on the pages of every account that may open them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.test import Client
from django.urls import Resolver404, resolve

from scheduler.models import User
from tests.fuzzing import forms
from tests.fuzzing.forms import Form

_ACCOUNTS_OF_A_PAGE = 3
"""Who else may open it sees the same forms."""
Key = tuple[object, ...]


@dataclass(frozen=True)
class Place:
    """A form on a page that this account has opened."""

    account: str
    page: str
    action: str
    form: Form

    @property
    def key(self) -> Key:
        """The same for what differs in numbers alone: the next lesson, another pupil."""
        names = frozenset(re.sub(r"\d+", "#", name) for name in self.form.fields)
        try:
            match = resolve(urlsplit(self.action).path)
        except Resolver404:
            return (self.action, names)
        words = tuple(value for value in match.kwargs.values() if isinstance(value, str) and value.islower())
        return (match.view_name, words, names)

    def __str__(self) -> str:
        return f"{self.account or 'nobody'} posts {self.action} (seen at {self.page})"


def on(found: Iterable[Form], account: str, page: str) -> Iterator[Place]:
    for form in found:
        if form.method != "post":
            continue
        action = urljoin(page, form.action) if form.action else page
        yield Place(account, page, action, form)


def client_of(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def found(clients: dict[str, Client], addresses: Iterable[str]) -> list[Place]:
    """One of each kind, by the first account that may open a page with it."""
    kept: dict[Key, Place] = {}
    for page in addresses:
        opened = 0
        for account, client in clients.items():
            places = _opened(client, account, page)
            for place in places:
                kept.setdefault(place.key, place)
            opened += bool(places)
            if opened == _ACCOUNTS_OF_A_PAGE:
                break
    return list(kept.values())


def _opened(client: Client, account: str, page: str) -> list[Place]:
    response: Any = client.get(page, follow=True)
    if response.status_code != 200 or response.streaming or "html" not in response.get("Content-Type", ""):
        return []
    if response.redirect_chain:
        page = response.redirect_chain[-1][0]
    return list(on(forms.read(response.content.decode()), account, page))
