"""The service, with silence noticed five times as early: for faults that would take a minute each.

Never imported by a test: it is what a server of a test runs.
"""

from __future__ import annotations

from realtime import protocol

protocol.BEAT_EVERY_S /= 5
protocol.AWAY_AFTER_S /= 5
protocol.LEFT_AFTER_S /= 5

from scheduler.config.asgi import application  # noqa: E402 -- it reads them

__all__ = ["application"]
