"""Certificates of erasures that a restore undid and that were done again: what they said, under the number by
which whoever was erased finds hers. The certificate of an erasure itself is consent's (Erasure).
"""

from django.db import models

from consent.append_only import AppendOnly
from consent.models import Erasure


class FormerCertificate(AppendOnly):
    """As it was given out. Its event is in no ledger of this database: the checkpoint of its day vouches for
    it."""

    event = models.UUIDField(primary_key=True)
    again = models.ForeignKey(
        Erasure, on_delete=models.PROTECT, related_name="+"
    )  # done again after the restore
    at = models.DateTimeField()
    destroyed = models.JSONField()
    gone_from_backups_at = models.DateTimeField()
