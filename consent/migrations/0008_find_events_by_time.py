"""Events are counted by kind and time, for the alarm that looks every minute."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0007_paper_forms_are_received_read_twice_and_settled"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="ledgerevent",
            index=models.Index(fields=["kind", "at"], name="consent_led_kind_at_idx"),
        ),
    ]
