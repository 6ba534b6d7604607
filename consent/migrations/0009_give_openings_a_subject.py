"""A column for whom an opening is about: added here, filled in the next migration, tightened in the one after."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0008_find_events_by_time"),
    ]

    operations = [
        migrations.AddField("ledgeropening", "subject", models.CharField(max_length=200, null=True)),
    ]
