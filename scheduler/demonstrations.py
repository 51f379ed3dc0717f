"""Worlds to try the service in, which verticals add to the demonstration's own.

A vertical registers one in `AppConfig.ready()`; `manage.py demonstrate` loads them after the schools, in
the same transaction, and removes them before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

SignIn = tuple[str, str, str]
"""What the account is (Japanese), its e-mail address, its password."""


class Demonstration(Protocol):
    def load(self, *, now: datetime) -> None:
        """Builds it for the day of `now`; called once, inside a transaction."""

    def remove(self) -> None:
        """Takes away its own rows and whatever hangs on them; nothing to take away is no error."""

    def sign_ins(self) -> Sequence[SignIn]:
        """One account for each role."""


_registered: dict[str, Demonstration] = {}


def register(name: str, demonstration: Demonstration) -> None:
    """The last one of a name wins, so a reload is harmless."""
    _registered[name] = demonstration


def registered() -> list[Demonstration]:
    return list(_registered.values())
