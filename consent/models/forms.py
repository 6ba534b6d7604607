"""How a consent form came to be: every loading of its words, and every step of each version.

The version that people agree to is in statements; which step may follow which is in consent.form_steps.
"""

from django.db import models

from consent.append_only import AppendOnly


class FormDraft(AppendOnly):
    """One loading of a form's words. The newest of a form and version counts; the others were replaced."""

    form = models.CharField(max_length=32)
    version = models.CharField(max_length=16)
    body = models.TextField()  # the whole draft, canonical JSON
    digest = models.CharField(max_length=64)  # SHA-256 of the body, hex
    loaded_by = models.CharField(max_length=64)
    loaded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["form", "version"])]

    def __str__(self) -> str:
        return f"{self.form} {self.version}"


class FormMove(AppendOnly):
    """One step of a version from state to state. The newest step of a version says how it stands."""

    class State(models.TextChoices):
        """DRAFT: may be loaded again. APPROVED: two people have read it. ACTIVE: put to people.
        SUPERSEDED: no longer put to anybody; what was agreed on it holds. RETIRED: takes no yes at all."""

        DRAFT = "DRAFT"
        APPROVED = "APPROVED"
        ACTIVE = "ACTIVE"
        SUPERSEDED = "SUPERSEDED"
        RETIRED = "RETIRED"

    draft = models.ForeignKey(FormDraft, on_delete=models.PROTECT, related_name="moves")
    form = models.CharField(max_length=32)
    number = models.PositiveIntegerField()  # in the story of the form, all its versions together
    state = models.CharField(max_length=10, choices=State)
    by = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        # Two stewards who act at one moment get one number, and the second is told so.
        constraints = [models.UniqueConstraint(fields=["form", "number"], name="form_move_once")]
