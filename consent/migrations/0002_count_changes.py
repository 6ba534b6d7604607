"""The consent position becomes a table that only grows; participants have a home time zone, policies a table."""

import secrets

from django.db import migrations, models

import consent.models.people


def carry_over(apps, _schema_editor):
    """The changes before this day have one row together: the newest position."""
    newest = apps.get_model("consent", "Position").objects.values_list("value", flat=True).first()
    if newest:
        change = apps.get_model("consent", "Change")
        change(position=newest, mark=secrets.token_bytes(16)).save(force_insert=True)


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0001_founding"),
    ]

    operations = [
        migrations.CreateModel(
            name="Change",
            fields=[
                ("position", models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ("mark", models.BinaryField(default=consent.models.people.new_mark, max_length=16)),
            ],
            options={"abstract": False, "base_manager_name": "objects"},
        ),
        migrations.RunPython(carry_over, migrations.RunPython.noop),
        migrations.DeleteModel(name="Position"),
        migrations.AddField(
            model_name="participant", name="home_zone", field=models.CharField(default="UTC", max_length=64)
        ),
        migrations.CreateModel(
            name="PolicyVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.CharField(max_length=64, unique=True)),
                ("body", models.TextField()),
                ("sha256", models.CharField(max_length=64)),
                ("adopted_at", models.DateTimeField()),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["adopted_at"], name="consent_pol_adopted_403734_idx")],
            },
        ),
    ]
