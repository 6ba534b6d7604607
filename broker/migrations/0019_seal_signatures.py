"""Signatures under steps of cases carry a seal; those from before are sealed as they stand."""

from typing import Any

from django.db import migrations, models

from broker.signature_seals import SIGNED, seal


def seal_those_there_are(apps: Any, schema_editor: Any) -> None:
    approvals = apps.get_model("broker", "Approval").objects
    for step in SIGNED:
        for one in approvals.filter(**{f"{step}__isnull": False}).select_related(step).iterator():
            approvals.filter(pk=one.pk).update(seal=seal(step, getattr(one, step), one))


class Migration(migrations.Migration):
    dependencies = [("broker", "0018_cut_jobs_into_ranges")]

    operations = [
        migrations.AddField(model_name="approval", name="seal", field=models.BinaryField(default=b"")),
        migrations.RunPython(seal_those_there_are, migrations.RunPython.noop),
    ]
