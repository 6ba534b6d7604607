"""Every opening names its subject in its body: the column beside it says the same.

The fence around the table is taken down for this, and put up again when all migrations are through
(consent.apps). What the ledger vouches for, salt and body, is not touched.
"""

import json
from typing import Any

from django.db import migrations, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

CHUNK = 2_000
TABLE = "consent_ledgeropening"


def fill(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    openings = apps.get_model("consent", "LedgerOpening")
    using = editor.connection.alias
    last = 0
    with transaction.atomic(using=using):
        _take_down_fence(editor.connection)
        while rows := list(openings.objects.using(using).filter(event_id__gt=last).order_by("event_id")[:CHUNK]):
            for row in rows:
                row.subject = json.loads(row.body)["subject"]
            openings.objects.using(using).bulk_update(rows, ["subject"])
            last = rows[-1].event_id


def _take_down_fence(connection: Any) -> None:
    standing = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass(%s) AND NOT tgisinternal",
    }[connection.vendor]
    on = f' ON "{TABLE}"' if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(standing, [TABLE])
        for (trigger,) in cursor.fetchall():
            cursor.execute(f'DROP TRIGGER "{trigger}"{on}')


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0009_give_openings_a_subject"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
