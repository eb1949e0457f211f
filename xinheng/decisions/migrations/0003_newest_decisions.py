"""The newest decisions of the whole book are listed without sorting all of them."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("decisions", "0002_life_of_a_line")]

    operations = [
        migrations.AddIndex(
            "decision", models.Index(fields=["-decided_at"], name="decision_newest")
        ),
    ]
