"""How a room of this process reaches its peers in other processes.

One process needs none of it, and LocalHub does nothing. With several, a hub carries `announce`
and directed messages over one subscription per process and room.
"""

from __future__ import annotations

from typing import Any, Protocol
from uuid import UUID

Message = dict[str, Any]


class Hub(Protocol):
    def announce(self, room: UUID, message: Message, *, but: str) -> None:
        """To every peer of this room in other processes but one. Must not wait."""


class LocalHub:
    """There is no other process."""

    def announce(self, room: UUID, message: Message, *, but: str) -> None:
        return
