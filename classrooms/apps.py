from __future__ import annotations

from django.apps import AppConfig


class ClassroomsConfig(AppConfig):
    name = "classrooms"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from classrooms import announcements, provider  # noqa: PLC0415 -- app ready
        from scheduler import providers  # noqa: PLC0415 -- app ready
        from scheduler.models import Booking  # noqa: PLC0415 -- app ready

        announcements.connect()
        lessons = provider.LessonProvider()
        for kind in (Booking.Kind.LESSON, Booking.Kind.LOCAL, Booking.Kind.PRACTICE):
            providers.register(kind, lessons)
