from __future__ import annotations

from django.apps import AppConfig


class ClinicsConfig(AppConfig):
    name = "clinics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from clinics import announcements, audit_words, demonstration, provider  # noqa: PLC0415 -- app ready
        from scheduler import demonstrations, providers  # noqa: PLC0415 -- app ready
        from scheduler.models import Booking  # noqa: PLC0415 -- app ready

        announcements.connect()
        audit_words.connect()
        providers.register(Booking.Kind.CONFERENCE, provider.ConferenceProvider())
        demonstrations.register("clinics", demonstration.Doctors())
