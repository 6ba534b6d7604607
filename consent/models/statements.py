"""What was agreed, as it was agreed: form versions and the append-only table of statements."""

from django.db import models

from consent.append_only import OF_ERASED, AppendOnly
from consent.models.forms import FormDraft
from consent.models.people import Participant


class FormVersion(AppendOnly):
    """One version of a consent form, immutable: what it offers and the hash of each language's text."""

    form = models.CharField(max_length=32)
    version = models.CharField(max_length=16)
    offers = models.JSONField()  # families, sorted
    le_notice = models.BooleanField()  # carries the explicit notice that police may search
    reconsent_due = models.DateTimeField(null=True, blank=True)
    texts = models.JSONField()  # language -> SHA-256 of the text shown, hex
    published_at = models.DateTimeField()
    # What was published, words and clauses; None before drafts were kept: nobody can agree to those any more.
    draft = models.OneToOneField(
        FormDraft, on_delete=models.PROTECT, null=True, blank=True, related_name="published"
    )
    digest = models.CharField(max_length=64, blank=True, default="")  # of the draft's body

    class Meta:
        constraints = [models.UniqueConstraint(fields=["form", "version"], name="form_version_once")]

    def __str__(self) -> str:
        return f"{self.form} {self.version}"


class Statement(AppendOnly):
    """One entry in a participant's consent record. `body` is the canonical JSON that the commitment and
    the seal cover, and the only thing a decision reads; the columns beside it are for finding rows.

    commitment = SHA-256(salt || body); seal = HMAC-SHA-256(key `seal_key`, seq || pseudonym || commitment).
    """

    erasable = f"OLD.participant_id {OF_ERASED}"

    seq = models.PositiveBigIntegerField(primary_key=True)  # the consent position at which it was made
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="statements")
    family = models.CharField(max_length=16)
    recorded_at = models.DateTimeField()
    form = models.ForeignKey(FormVersion, on_delete=models.PROTECT, null=True, blank=True)
    actor = models.CharField(max_length=64)
    body = models.TextField()
    salt = models.BinaryField(max_length=32)
    commitment = models.BinaryField(max_length=32, unique=True)
    seal = models.BinaryField(max_length=32)
    seal_key = models.CharField(max_length=12)
    event = models.UUIDField(unique=True)  # the ledger event that carries the commitment

    class Meta:
        indexes = [models.Index(fields=["participant", "seq"])]
