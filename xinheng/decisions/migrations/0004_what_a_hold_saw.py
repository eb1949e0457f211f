"""What a waiting hold was last judged on, as one fingerprint: another one means look again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("decisions", "0003_newest_decisions")]
    operations = [
        migrations.AddField(
            model_name="hold",
            name="seen",
            field=models.CharField(blank=True, db_default="", default="", max_length=32),
        )
    ]
