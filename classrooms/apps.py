from __future__ import annotations

from django.apps import AppConfig


class ClassroomsConfig(AppConfig):
    name = "classrooms"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from classrooms import (  # noqa: PLC0415 -- app ready
            announcements,
            companion,
            feeds,
            provider,
            register_audit,
            remote_seats,
            section_lists,
        )
        from realtime import access, companions  # noqa: PLC0415 -- app ready
        from scheduler import permissions, providers  # noqa: PLC0415 -- app ready
        from scheduler.models import Booking  # noqa: PLC0415 -- app ready

        announcements.connect()
        section_lists.connect()
        register_audit.connect()
        feeds.connect()
        lessons = provider.LessonProvider()
        for kind in (Booking.Kind.LESSON, Booking.Kind.LOCAL, Booking.Kind.PRACTICE):
            providers.register(kind, lessons)
        companions.register(Booking.Kind.LESSON, companion.LessonCompanion())
        permissions.register_ground(remote_seats.visible)
        access.register_ground(Booking.Kind.LESSON, remote_seats.ground)
