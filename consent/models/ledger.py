"""The four tables of the ledger. Rows are written by consent.ledger.log alone and kept forever.

An event and its opening are written with the act they tell of; its leaf and the checkpoint come later, from
the one sequencer. No foreign key leads out of the ledger.
"""

import json
import uuid
from typing import Any

from django.db import models

from consent.append_only import AppendOnly


class LedgerEvent(AppendOnly):
    """That something happened: public, and sealed by the tree. What happened is in the opening."""

    id = models.BigAutoField(primary_key=True)
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=100)  # noun:subject:action
    at = models.DateTimeField()
    commitment = models.BinaryField(max_length=32)  # SHA-256(salt || body) of the opening

    class Meta(AppendOnly.Meta):
        indexes = [
            models.Index(fields=["kind", "id"]),
            models.Index(fields=["kind", "at"], name="consent_led_kind_at_idx"),
        ]


class LedgerOpening(AppendOnly):
    """What an event says, and the salt that hides it in the commitment."""

    erasable = "OLD.subject IN (SELECT pseudonym FROM consent_participant WHERE erased_at IS NOT NULL)"

    event = models.OneToOneField(
        LedgerEvent, primary_key=True, on_delete=models.PROTECT, related_name="opening"
    )
    salt = models.BinaryField(max_length=32)
    body = models.TextField()  # canonical JSON of kind, at, by, subject and fields
    # The body's subject, to find what was written about somebody; an audit holds the two against each other.
    subject = models.CharField(max_length=200, db_index=True)

    @property
    def said(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.body)
        return said


class LedgerLeaf(AppendOnly):
    """The place of an event in the tree, counted from 0."""

    position = models.PositiveBigIntegerField(primary_key=True)
    event = models.OneToOneField(LedgerEvent, on_delete=models.PROTECT, related_name="leaf")
    leaf_hash = models.BinaryField(max_length=32)
    # The subtrees that this leaf completes, the smallest first: a proof reads some 20 rows, not all.
    subtrees = models.BinaryField(default=b"", blank=True)


class LedgerCheckpoint(AppendOnly):
    """A signed promise: the first `size` leaves hash to `root`."""

    size = models.PositiveBigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    frontier = models.BinaryField()  # the full subtrees, the largest first: where the next leaf is added
    note = models.TextField()
    at = models.DateTimeField()

    @classmethod
    def newest(cls) -> "LedgerCheckpoint | None":
        return cls.objects.order_by("-size").first()
