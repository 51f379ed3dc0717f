"""The record of who was in a room."""

from __future__ import annotations

from realtime.models.visits import Visit

__all__ = ["Visit"]
