"""How long each step of a consultation may take: values to begin with, which a hospital may change."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

SOURCE = "既定値（令和8年度。医療機関・協定ごとに変更できます）"
RULES = [
    ("consultation.day_starts", 510, "minute_of_day"),
    ("consultation.day_ends", 1035, "minute_of_day"),
    ("consultation.acknowledge.now", 5, "minutes"),
    ("consultation.acknowledge.today", 60, "working_minutes"),
    ("consultation.acknowledge.routine", 1, "working_days"),
    ("consultation.answer.now", 15, "minutes"),
    ("consultation.answer.today", 0, "duty_day_ends"),
    ("consultation.answer.routine", 2, "working_days"),
    ("consultation.information.now", 30, "minutes"),
    ("consultation.information.today", 120, "working_minutes"),
    ("consultation.information.routine", 2, "working_days"),
    ("consultation.offer.now", 15, "minutes"),
    ("consultation.offer.today", 120, "working_minutes"),
    ("consultation.offer.routine", 2, "working_days"),
    ("consultation.counter.now", 15, "minutes"),
    ("consultation.counter.today", 120, "working_minutes"),
    ("consultation.counter.routine", 1, "working_days"),
    ("consultation.offer_held", 2, "working_days"),
    ("consultation.offers_most", 5, "offers"),
    ("consultation.horizon", 60, "days"),
    ("consultation.grace", 15, "minutes"),
    ("consultation.rebook", 1, "working_days"),
    ("consultation.report", 1440, "minutes"),
    ("consultation.read", 2, "working_days"),
    ("consultation.outcome", 14, "days"),
    ("consultation.nudge", 7, "days"),
]


def create(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    rule = apps.get_model("scheduler", "Rule")
    rule.objects.bulk_create(
        rule(key=key, value=value, unit=unit, source=SOURCE, valid_from=date(2026, 4, 1))
        for key, value, unit in RULES
    )
    apps.get_model("clinics", "Numbering").objects.create(last=0)


def drop(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("scheduler", "Rule").objects.filter(
        key__startswith="consultation.", organisation=None
    ).delete()
    apps.get_model("clinics", "Numbering").objects.all().delete()


class Migration(migrations.Migration):
    dependencies: ClassVar = [("clinics", "0001_consultations")]
    operations: ClassVar = [migrations.RunPython(create, drop)]
