"""Tables of diseases: the names in use, and every table that was proposed with the steps it took.

The names are reference data: a decision never reads them. What lies inside what is the policy's; how a
proposal becomes one is in consent.disease_tables.
"""

from django.db import models

from consent.append_only import AppendOnly


class DiseaseName(models.Model):
    """What one disease is called, in English, as its source calls it."""

    code = models.CharField(max_length=32, primary_key=True)
    name = models.CharField(max_length=300)
    folded = models.CharField(max_length=400)  # for finding, whatever the case
    source_version = models.CharField(max_length=200)


class DiseaseProposal(AppendOnly):
    """One file as it was read, and what its table would newly put under a disease that a yes may name."""

    version = models.CharField(max_length=200)  # as the file calls itself
    sha256 = models.CharField(max_length=64)  # of the file, hex
    body = models.TextField()  # parents and names, canonical JSON
    digest = models.CharField(max_length=64)  # SHA-256 of the body, hex
    widens = models.JSONField()  # disease -> what a yes to it would newly cover, both by code
    proposed_by = models.CharField(max_length=64)
    proposed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.version


class DiseaseMove(AppendOnly):
    """One step of a proposal. The newest says how it stands."""

    class State(models.TextChoices):
        """PROPOSED: in force for nobody. SEEN: one steward has confirmed it. LOADED: two have, and it came
        into force. REJECTED: it comes to nothing."""

        PROPOSED = "PROPOSED"
        SEEN = "SEEN"
        LOADED = "LOADED"
        REJECTED = "REJECTED"

    proposal = models.ForeignKey(DiseaseProposal, on_delete=models.PROTECT, related_name="moves")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State)
    by = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        # Two stewards who act at one moment get one number, and the second is told so.
        constraints = [models.UniqueConstraint(fields=["proposal", "number"], name="disease_move_once")]
