"""A task's paper is a document of the credit file, which a UUID names."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("applications", "0002_numbers_and_what_never_changes")]
    operations = [
        migrations.RemoveField("task", "document_id"),
        migrations.AddField("task", "document_id", models.UUIDField(null=True)),
    ]
