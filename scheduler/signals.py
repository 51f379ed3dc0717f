"""What the core announces to the verticals. Sent after commit; receivers must be idempotent."""

from __future__ import annotations

from django.dispatch import Signal

booking_changed = Signal()
"""`booking_id`, `verb` (book, hold, confirm, move, withdraw, cancel, expire), `by_id` or None."""

calendar_changed = Signal()
"""`organisation_id`, `date`, `booking_ids` that lost this organisation's side by it."""
