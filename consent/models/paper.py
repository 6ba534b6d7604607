"""Paper forms: what was scanned, what each reader saw, and every step from there. Rows are never changed.

The scan itself is upstairs; here stand its hash and size. The steps are taken in consent.paper.
"""

import uuid

from django.db import models

from consent.append_only import OF_ERASED, AppendOnly
from consent.models.people import Participant
from consent.models.statements import FormVersion


class PaperImport(AppendOnly):
    """One scanned form of one participant."""

    erasable = f"OLD.participant_id {OF_ERASED}"

    paper = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="papers")
    form = models.ForeignKey(FormVersion, on_delete=models.PROTECT, related_name="+")
    language = models.CharField(max_length=8)  # in which she read it
    sha256 = models.CharField(max_length=64)  # of the scan, hex
    size = models.PositiveIntegerField()
    media_type = models.CharField(max_length=32)
    received_by = models.CharField(max_length=64)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["participant", "sha256"], name="paper_scan_once_a_participant")
        ]

    def __str__(self) -> str:
        return str(self.paper)


class PaperMove(AppendOnly):
    """One step of a paper form. No form is in one state twice: two who act at once are told apart."""

    class State(models.TextChoices):
        """How a paper form stands. VERIFIED: two read it alike. ADJUDICATED: a third settled what they read
        differently."""

        RECEIVED = "RECEIVED"
        KEYED = "KEYED"
        VERIFIED = "VERIFIED"
        DISCREPANT = "DISCREPANT"
        ADJUDICATED = "ADJUDICATED"
        APPLIED = "APPLIED"
        REJECTED = "REJECTED"

    erasable = f"OLD.paper_id IN (SELECT paper FROM consent_paperimport WHERE participant_id {OF_ERASED})"  # noqa: S608

    paper = models.ForeignKey(PaperImport, on_delete=models.PROTECT, related_name="moves")
    state = models.CharField(max_length=12, choices=State)
    by = models.CharField(max_length=64)
    at = models.DateTimeField()
    reason = models.TextField(blank=True, default="")  # why it was rejected
    facts = models.JSONField(default=dict)  # APPLIED: the statements given, and why each other family was not

    class Meta:
        constraints = [models.UniqueConstraint(fields=["paper", "state"], name="paper_state_once")]


class PaperEntry(AppendOnly):
    """What one person read on a paper form, or settled. Two that agree make a yes; one is enough for a no."""

    class Order(models.IntegerChoices):
        FIRST = 1
        SECOND = 2
        THIRD = 3  # settles what the two read differently

    erasable = f"OLD.participant_id {OF_ERASED}"

    paper = models.UUIDField()  # one scanned form
    order = models.PositiveSmallIntegerField(choices=Order)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT)
    form = models.ForeignKey(FormVersion, on_delete=models.PROTECT)
    answers = models.JSONField()  # clause -> {answer, named}; long ago, family -> true | false
    signature = models.JSONField(default=dict)
    made = models.JSONField(default=list)  # the statements that its noes made, by seq
    keyed_by = models.CharField(max_length=64)
    keyed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["paper", "order"], name="paper_entry_once"),
            models.UniqueConstraint(fields=["paper", "keyed_by"], name="paper_two_different_people"),
        ]
