"""The ledger entry of a cancellation and of a hold's end, and who cancelled. What ended before
keeps its entry in the ledger, and none in these columns.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("decisions", "0004_what_a_hold_saw")]
    operations = [
        migrations.AddField(
            model_name="decision",
            name="cancelled_by",
            field=models.CharField(blank=True, db_default="", default="", max_length=60),
        ),
        migrations.AddField(
            model_name="decision",
            name="cancel_entry_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="hold",
            name="ended_entry_id",
            field=models.UUIDField(null=True),
        ),
    ]
