from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("classrooms", "0003_pupils_and_registers"),
    ]

    operations = [
        migrations.AddField(
            model_name="staffpresence",
            name="intention",
            field=models.UUIDField(null=True, unique=True),
        ),
        migrations.AddField(
            model_name="staffpresence",
            name="reason",
            field=models.CharField(blank=True, help_text="Why it was added after 確定.", max_length=200),
        ),
        migrations.AddField(
            model_name="staffpresence",
            name="strike_reason",
            field=models.CharField(blank=True, help_text="Why it was struck after 確定.", max_length=200),
        ),
    ]
