from __future__ import annotations

from django.apps import AppConfig


class RealtimeConfig(AppConfig):
    name = "realtime"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from realtime import invalidations, presence  # noqa: PLC0415 -- models must be ready
        from scheduler.signals import booking_changed, stopping  # noqa: PLC0415

        booking_changed.connect(invalidations.on_booking_changed, dispatch_uid="realtime.rooms")
        stopping.connect(presence.on_stopping, dispatch_uid="realtime.rooms")
