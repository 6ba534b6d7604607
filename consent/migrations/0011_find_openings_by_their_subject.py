"""From now on every opening has a subject, and is found by it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0010_fill_the_subject_of_openings"),
    ]

    operations = [
        migrations.AlterField(
            "ledgeropening", "subject", models.CharField(db_index=True, max_length=200)
        ),
    ]
