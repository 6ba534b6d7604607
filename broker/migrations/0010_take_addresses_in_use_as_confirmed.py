from django.db import migrations, models


def take_the_old_as_confirmed(apps, _schema):
    """Nobody was asked before; what was in use goes on as it was."""
    channels = apps.get_model("broker", "Channel").objects.filter(kind="email", confirmed_at__isnull=True)
    channels.update(confirmed_at=models.F("added_at"))


class Migration(migrations.Migration):

    dependencies = [
        ('broker', '0009_addresses_are_confirmed'),
    ]

    operations = [
        migrations.RunPython(take_the_old_as_confirmed, migrations.RunPython.noop),
    ]
