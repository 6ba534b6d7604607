"""The scans of paper forms, sealed. What was read on them is on the ground floor."""

from django.db import models

from consent.models import PaperImport


class PaperScan(models.Model):
    """One scan at rest; broker.paper_scans alone opens it."""

    paper = models.OneToOneField(PaperImport, on_delete=models.PROTECT, primary_key=True, related_name="scan")
    sealed = models.BinaryField()
