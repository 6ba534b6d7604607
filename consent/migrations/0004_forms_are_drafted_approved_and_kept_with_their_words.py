"""Keep the words of consent forms beside their hashes, and every step that a version takes.

A version from before has no words here. It stays as it was, and what was agreed on it holds; but it is put to
nobody, so a house that has such versions loads, approves and publishes new ones.
"""


import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("consent", "0003_keep_projections"),
    ]

    operations = [
        migrations.AddField(
            model_name='formversion',
            name='digest',
            field=models.CharField(blank=True, default='', max_length=64),
        ),
        migrations.CreateModel(
            name='FormDraft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('form', models.CharField(max_length=32)),
                ('version', models.CharField(max_length=16)),
                ('body', models.TextField()),
                ('digest', models.CharField(max_length=64)),
                ('loaded_by', models.CharField(max_length=64)),
                ('loaded_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['form', 'version'], name='consent_for_form_92ee89_idx')],
            },
        ),
        migrations.AddField(
            model_name='formversion',
            name='draft',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='published', to='consent.formdraft'),
        ),
        migrations.CreateModel(
            name='FormMove',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('form', models.CharField(max_length=32)),
                ('number', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('DRAFT', 'Draft'), ('APPROVED', 'Approved'), ('ACTIVE', 'Active'), ('SUPERSEDED', 'Superseded'), ('RETIRED', 'Retired')], max_length=10)),
                ('by', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
                ('draft', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='consent.formdraft')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('form', 'number'), name='form_move_once')],
            },
        ),
    ]
