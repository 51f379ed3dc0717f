"""The ministry's numbers that booking knows, with their source and validity."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def create(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("scheduler", "Rule").objects.create(
        key="lesson.most_pupils",
        value=40,
        unit="pupils",
        source="平成27年 27文科初第289号、高等学校設置基準第7条（同時に授業を受ける生徒数、全受信教室の合計）",
        valid_from=date(2015, 4, 24),
    )


def drop(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("scheduler", "Rule").objects.filter(key="lesson.most_pupils", organisation=None).delete()


class Migration(migrations.Migration):
    dependencies: ClassVar = [("scheduler", "0001_initial")]
    operations: ClassVar = [migrations.RunPython(create, drop)]
