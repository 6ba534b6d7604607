"""The policies that decisions were made under, each kept whole and for ever."""

from django.db import models

from consent.append_only import AppendOnly


class PolicyVersion(AppendOnly):
    """One adopted policy, immutable: its canonical JSON, and the hash that its ledger event carries."""

    version = models.CharField(max_length=64, unique=True)
    body = models.TextField()
    sha256 = models.CharField(max_length=64)
    adopted_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["adopted_at"])]
