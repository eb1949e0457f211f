from datetime import datetime, timezone

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('almanac', '0001_life_of_a_line'),
    ]

    operations = [
        migrations.AddField(
            model_name='holiday',
            name='entered_by',
            field=models.CharField(default='system:migration', max_length=60),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='holiday',
            name='entered_at',
            field=models.DateTimeField(default=datetime(2026, 11, 22, tzinfo=timezone.utc)),
            preserve_default=False,
        ),
    ]
