from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SchedulerConfig(AppConfig):
    name = "scheduler"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from scheduler import checks, languages  # noqa: F401, PLC0415 -- they register themselves
        from scheduler.models.constraints import install_triggers  # noqa: PLC0415 -- app ready

        post_migrate.connect(install_triggers, sender=self, dispatch_uid="scheduler.install_triggers")
