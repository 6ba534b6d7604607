"""A day's picture of what is asked of everybody's data: the uses of open projects, without a name."""

from django.db import models

from consent.append_only import AppendOnly


class ImpactSnapshot(AppendOnly):
    """What the projects that were open at an instant ask for. It says nothing about any case."""

    at = models.DateTimeField(db_index=True)
    uses = models.JSONField()  # [DataUse as JSON], one a project
