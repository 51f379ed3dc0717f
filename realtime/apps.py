from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings


class RealtimeConfig(AppConfig):
    name = "realtime"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from realtime import (  # noqa: PLC0415 -- models must be ready
            access,
            activity,
            admittances,
            devices,
            help_calls,
            invalidations,
            presence,
        )
        from realtime.redis_hub import RedisHub  # noqa: PLC0415
        from realtime.registry import registry  # noqa: PLC0415
        from scheduler import permission_table, session_rules  # noqa: PLC0415
        from scheduler.signals import account_changed, booking_changed, stopping  # noqa: PLC0415

        booking_changed.connect(invalidations.on_booking_changed, dispatch_uid="realtime.rooms")
        account_changed.connect(invalidations.on_account_changed, dispatch_uid="realtime.rooms")
        stopping.connect(presence.on_stopping, dispatch_uid="realtime.rooms")
        permission_table.register("enters rooms for the own school", access.SCHOOL_ROLES)
        permission_table.register("starts the own school's device, calls for help", devices.STAFF_ROLES)
        permission_table.register("enters the centre's rooms as an observer", access.OBSERVER_ROLES)
        admittances.connect()
        help_calls.connect()
        session_rules.register_lasting(activity.lasting_until)
        if settings.REDIS_URL:
            registry.use(RedisHub(settings.REDIS_URL))
