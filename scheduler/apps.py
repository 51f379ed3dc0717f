from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SchedulerConfig(AppConfig):
    name = "scheduler"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from scheduler import (  # noqa: F401, PLC0415 -- they register themselves
            account_changes,
            audit_chain,
            checks,
            feed_epochs,
            languages,
            setting_places,
            sign_ins,
        )
        from scheduler.models.constraints import install_triggers  # noqa: PLC0415 -- app ready

        account_changes.connect()
        setting_places.connect()
        post_migrate.connect(install_triggers, sender=self, dispatch_uid="scheduler.install_triggers")
        post_migrate.connect(feed_epochs.install_triggers, sender=self, dispatch_uid="scheduler.fact_changes")
        post_migrate.connect(audit_chain.install_triggers, sender=self, dispatch_uid="scheduler.audit_chain")
