from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("classrooms", "0004_reasons_of_staff_presence")]

    operations = [
        migrations.AlterField(
            model_name="attendancemark",
            name="mark",
            field=models.CharField(
                blank=True,
                choices=[
                    ("present", "present"),
                    ("absent", "absent"),
                    ("late", "late"),
                    ("left_early", "left early"),
                    ("suspended", "suspended"),
                    ("mourning", "mourning"),
                    ("official", "official absence"),
                    ("remote", "takes part remotely"),
                ],
                max_length=12,
            ),
        ),
    ]
