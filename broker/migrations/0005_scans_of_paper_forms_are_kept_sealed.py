"""Scans of paper forms are kept, sealed."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("broker", "0004_deaths_told_and_records_handed_over"),
        ("consent", "0007_paper_forms_are_received_read_twice_and_settled"),
    ]

    operations = [
        migrations.CreateModel(
            name='PaperScan',
            fields=[
                ('paper', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='scan', serialize=False, to='consent.paperimport')),
                ('sealed', models.BinaryField()),
            ],
        ),
    ]
