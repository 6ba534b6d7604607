"""A paper form has its scan's hash, its steps, two readings and, where they differ, a third."""

import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("consent", "0006_name_the_diseases"),
    ]

    operations = [
        migrations.AddField(
            model_name='paperentry',
            name='made',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='paperentry',
            name='signature',
            field=models.JSONField(default=dict),
        ),
        migrations.AlterField(
            model_name='paperentry',
            name='order',
            field=models.PositiveSmallIntegerField(choices=[(1, 'First'), (2, 'Second'), (3, 'Third')]),
        ),
        migrations.CreateModel(
            name='PaperImport',
            fields=[
                ('paper', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('language', models.CharField(max_length=8)),
                ('sha256', models.CharField(max_length=64)),
                ('size', models.PositiveIntegerField()),
                ('media_type', models.CharField(max_length=32)),
                ('received_by', models.CharField(max_length=64)),
                ('received_at', models.DateTimeField()),
                ('form', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='consent.formversion')),
                ('participant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='papers', to='consent.participant')),
            ],
        ),
        migrations.CreateModel(
            name='PaperMove',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('RECEIVED', 'Received'), ('KEYED', 'Keyed'), ('VERIFIED', 'Verified'), ('DISCREPANT', 'Discrepant'), ('ADJUDICATED', 'Adjudicated'), ('APPLIED', 'Applied'), ('REJECTED', 'Rejected')], max_length=12)),
                ('by', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
                ('reason', models.TextField(blank=True, default='')),
                ('facts', models.JSONField(default=dict)),
                ('paper', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='consent.paperimport')),
            ],
        ),
        migrations.AddConstraint(
            model_name='paperimport',
            constraint=models.UniqueConstraint(fields=('participant', 'sha256'), name='paper_scan_once_a_participant'),
        ),
        migrations.AddConstraint(
            model_name='papermove',
            constraint=models.UniqueConstraint(fields=('paper', 'state'), name='paper_state_once'),
        ),
    ]
