"""To part twins takes two: what the first of them has said waits in the row."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0012_let_a_dissent_go_on_for_a_while"),
    ]

    operations = [
        migrations.AddField(
            "twinlink", "parting_by", models.CharField(blank=True, default="", max_length=64)
        ),
        migrations.AddField(
            "twinlink", "parting_why", models.CharField(blank=True, default="", max_length=200)
        ),
        migrations.AddField("twinlink", "parting_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddConstraint(
            "twinlink",
            models.CheckConstraint(
                condition=Q(parting_by="", parting_why="", parting_at__isnull=True)
                | (Q(parting_at__isnull=False) & ~Q(parting_by="") & ~Q(parting_why="")),
                name="twins_parting_by_why_and_at",
            ),
        ),
    ]
