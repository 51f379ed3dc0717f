"""What consultations announce after commit; receivers must be idempotent."""

from __future__ import annotations

from django.dispatch import Signal

case_changed = Signal()
"""`case_id`, `event` (a value of `clinics.states.Event`)."""
