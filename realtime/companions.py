"""What a vertical has beside a room for one school's side: its register, and who attends there.

The rooms know no lessons; a vertical registers one Companion per kind in `AppConfig.ready()`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from scheduler.models import Booking, Participant


@dataclass(frozen=True, slots=True)
class Beside:
    """`register_url` is the page of this side's register, "" where there is none.

    `attending` are those who are recorded as present in the receiving room, as people read them.
    """

    register_url: str = ""
    staff_url: str = ""
    """Where who attends is recorded."""
    attending: tuple[str, ...] = ()
    is_confirmed: bool = False
    """The school has confirmed this side's register."""


class Companion(Protocol):
    def beside(self, side: Participant, language: str) -> Beside:
        """What is beside the room for this school's side."""


_companions: dict[str, Companion] = {}
_NOTHING = Beside()


def register(kind: str, companion: Companion) -> None:
    """Called once per kind in `AppConfig.ready()`; the last one wins, so a reload is harmless."""
    _companions[kind] = companion


def beside(booking: Booking, side: Participant | None, language: str) -> Beside:
    """What is beside this side's room; nothing for whoever stands on no school's side."""
    companion = _companions.get(booking.kind)
    if companion is None or side is None or side.person_id is not None:
        return _NOTHING
    return companion.beside(side, language)
