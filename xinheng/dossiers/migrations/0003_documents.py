"""Documents of the credit file, their sealed pieces, and who was given one."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0003_life_of_a_line'),
        ('dossiers', '0002_facts'),
    ]

    operations = [
        migrations.CreateModel(
            name='Document',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=12)),
                ('title_sealed', models.BinaryField()),
                ('file_name_sealed', models.BinaryField()),
                ('form', models.CharField(max_length=5)),
                ('sha256', models.CharField(max_length=64)),
                ('received_sha256', models.CharField(max_length=64)),
                ('bytes_count', models.IntegerField()),
                ('pages', models.IntegerField(null=True)),
                ('width', models.IntegerField(null=True)),
                ('height', models.IntegerField(null=True)),
                ('secrecy', models.SmallIntegerField()),
                ('valid_from', models.DateField(null=True)),
                ('valid_until', models.DateField(null=True)),
                ('uploaded_by', models.CharField(max_length=60)),
                ('uploaded_at', models.DateTimeField()),
                ('withdrawn_by', models.CharField(blank=True, max_length=60)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('withdrawn_reason_sealed', models.BinaryField(null=True)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
            ],
        ),
        migrations.CreateModel(
            name='DocumentAccess',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('opened_by', models.CharField(max_length=60)),
                ('opened_at', models.DateTimeField()),
                ('outcome', models.CharField(max_length=8)),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='accesses', to='dossiers.document')),
            ],
        ),
        migrations.CreateModel(
            name='DocumentPiece',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.SmallIntegerField()),
                ('sealed', models.BinaryField()),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pieces', to='dossiers.document')),
            ],
        ),
        migrations.AddIndex(
            model_name='document',
            index=models.Index(fields=['customer', '-uploaded_at'], name='document_of_customer'),
        ),
        migrations.AddIndex(
            model_name='document',
            index=models.Index(condition=models.Q(('valid_until__isnull', False), ('withdrawn_at__isnull', True)), fields=['valid_until', 'id'], name='document_expiring'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.CheckConstraint(condition=models.Q(('bytes_count__gt', 0), ('form__in', ['pdf', 'jpeg', 'png', 'csv', 'xlsx']), ('kind__in', ['licence', 'statement', 'contract', 'visit_photo', 'reference', 'other']), ('secrecy__in', [1, 2, 3])), name='document_words_known'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.CheckConstraint(condition=models.Q(('valid_until__isnull', True), ('valid_from__isnull', True), ('valid_until__gte', models.F('valid_from')), _connector='OR'), name='document_valid_in_order'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at__isnull', True), ('withdrawn_by', ''), ('withdrawn_reason_sealed__isnull', True)), models.Q(('withdrawn_at__isnull', False), ('withdrawn_reason_sealed__isnull', False), models.Q(('withdrawn_by', ''), _negated=True)), _connector='OR'), name='document_withdrawn_whole'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at__isnull', True)), fields=('customer', 'sha256'), name='document_once'),
        ),
        migrations.AddIndex(
            model_name='documentaccess',
            index=models.Index(fields=['document', '-opened_at'], name='document_access_newest'),
        ),
        migrations.AddConstraint(
            model_name='documentaccess',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['given', 'damaged'])), name='document_access_outcome_known'),
        ),
        migrations.AddConstraint(
            model_name='documentpiece',
            constraint=models.UniqueConstraint(fields=('document', 'place'), name='document_piece_once'),
        ),
    ]
