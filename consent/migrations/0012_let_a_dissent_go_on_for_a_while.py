"""A dissent that was taken back holds until its cooling-off time is over."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0011_find_openings_by_their_subject"),
    ]

    operations = [
        migrations.AddField("participant", "dissent_until", models.DateTimeField(blank=True, null=True)),
    ]
