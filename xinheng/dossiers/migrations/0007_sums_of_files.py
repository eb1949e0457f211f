"""The weights of each file, kept beside how it stands; a case that opens or closes moves a file."""

import django.contrib.postgres.fields
from django.db import migrations, models

CASES = """
create trigger dossiers_case_opened after insert on dossiers_conflictcase
  referencing new table as changed for each statement execute function dossiers_file_moved();
create trigger dossiers_case_moved after update on dossiers_conflictcase
  referencing new table as changed for each statement execute function dossiers_file_moved();
update dossiers_filestanding set moved = true where not moved;
"""
TAKE_BACK = """
drop trigger dossiers_case_moved on dossiers_conflictcase;
drop trigger dossiers_case_opened on dossiers_conflictcase;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('dossiers', '0006_how_files_stand'),
    ]

    operations = [
        migrations.AddField(
            model_name='filestanding',
            name='sums',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), null=True, size=None),
        ),
        migrations.AddField(
            model_name='filestanding',
            name='stale_on',
            field=models.DateField(null=True),
        ),
        migrations.AddIndex(
            model_name='filestanding',
            index=models.Index(fields=['stale_on'], name='file_standing_stale'),
        ),
        migrations.RunSQL(CASES, TAKE_BACK),
    ]
