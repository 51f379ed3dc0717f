"""What the core announces to the verticals. Sent after commit; receivers must be idempotent."""

from __future__ import annotations

from django.dispatch import Signal

booking_changed = Signal()
"""`booking_id`, `verb` (book, hold, confirm, move, withdraw, cancel, expire), `by_id` or None."""

calendar_changed = Signal()
"""`organisation_id`, `date`, `booking_ids` that lost this organisation's side by it."""

account_changed = Signal()
"""`user_id` of an account that was changed, closed or deleted, signed out, or whose posts were: what it
may do is to be asked anew."""

stopping = Signal()
"""The web process is about to end; sent once, in its event loop. Async receivers close what they hold
open with a code that lets clients come back; `server.GOODBYE_S` later it is cut."""
