"""What is kept of a genomic file: facts about it, and where its sealed bytes lie. Never a genotype.

Whose file it is and whether it may be asked about at all stands on the ground floor (consent Holding).
"""

import uuid

from django.db import models

from consent.models import Participant


class ParticipantKey(models.Model):
    """The one key of a participant, wrapped by an epoch's key. Deleting the row erases the person's files."""

    participant = models.OneToOneField(
        Participant, on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    wrapped = (
        models.BinaryField()
    )  # 12 nonce, 32 key, 16 tag; as the master key's keeper writes it in epoch 0
    epoch = models.PositiveIntegerField(default=0, db_index=True)  # 0: wrapped by the master key itself
    # A file that it opened was erased: the others are to be sealed under a new one (intake.erasure.rekey).
    spent = models.BooleanField(default=False)


class GenomicFile(models.Model):
    """One received file of a participant's sample."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="genomic_files")
    kind = models.CharField(max_length=16)
    build = models.CharField(max_length=8)
    build_evidence = models.CharField(max_length=120)
    size = models.PositiveBigIntegerField()  # bytes as received
    # HMAC of the bytes under the participant's own key: recognises the same file for its owner only.
    fingerprint = models.BinaryField(max_length=32)
    column_sha256 = models.BinaryField(max_length=32)
    quality = models.JSONField()
    notes = models.JSONField(default=list)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["participant", "fingerprint"], name="file_once_for_its_owner")
        ]


class Sealed(models.Model):
    """Something on the shelf, and what vouches for it: only the blob of this manifest is ever opened, so an
    older one put back under the name is refused. Of uploads and columns the ledger has the hash, too."""

    # files/<file>/<what>, evidence/<profile>, slabs/<slab>/<version>/<chromosome>
    # <what>: upload, column, row-<panel>-<part>
    name = models.CharField(max_length=120, primary_key=True)
    # Where it lies: a new one each time it is sealed.
    place = models.CharField(max_length=140, db_index=True)
    begins = models.PositiveBigIntegerField(default=0)  # where in it: rows lie side by side
    manifest_sha256 = models.BinaryField(max_length=32)
    length = models.PositiveBigIntegerField()  # bytes before sealing
    version = models.PositiveSmallIntegerField()  # of the sealed format


class VariantSlab(models.Model):
    """Up to 64 files side by side, variant by variant, under a key of their own (genomics.slabs): a derived
    index, made again from columns at any time. Deleting the row makes it noise."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    build = models.CharField(max_length=8)
    version = models.PositiveSmallIntegerField()  # of the kept form; only today's is read
    wrapped = models.BinaryField()
    epoch = models.PositiveIntegerField(default=0, db_index=True)
    revision = models.PositiveIntegerField(default=0)  # counts up with each change: of two at once, one wins
    begun_at = models.DateTimeField()


class SlabMember(models.Model):
    """That a file lies in a slab. In which slot is said by the sealed roster, too, and must agree with it."""

    # PROTECT: a file does not go without its bits (genomics._vault.slabs).
    file = models.OneToOneField(GenomicFile, on_delete=models.PROTECT, primary_key=True, related_name="+")
    slab = models.ForeignKey(VariantSlab, on_delete=models.PROTECT, related_name="members")
    slot = models.PositiveSmallIntegerField()
    chromosomes = models.PositiveIntegerField()  # bit n: there is something of it on chromosome n

    class Meta:
        constraints = [models.UniqueConstraint(fields=["slab", "slot"], name="slot_of_a_slab_once")]


class RowTile(models.Model):
    """Sealed rows of many people side by side on the shelf, one part of a panel's (genomics._vault.tiles).
    Whose they are, and where in it, stands in Sealed; where nothing is recorded any more is a hole."""

    place = models.CharField(max_length=60, primary_key=True)
    part = models.CharField(max_length=60, db_index=True)  # row-<panel>-<part>
    length = models.PositiveBigIntegerField()  # bytes, holes and all


class PanelVersion(models.Model):
    """An ordered list of sites at which people are compared. Not personal; the newest loaded one is used."""

    name = models.CharField(max_length=64)
    version = models.CharField(max_length=32)
    build = models.CharField(max_length=8)
    sites = models.PositiveIntegerField()
    sha256 = models.BinaryField(max_length=32, unique=True)
    data = models.BinaryField()
    loaded_at = models.DateTimeField()

    class Meta:
        get_latest_by = ("loaded_at", "id")

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class EvidenceKey(models.Model):
    """The one key of a case's evidence, wrapped by an epoch's key. Deleting the row ends all of it."""

    case = models.CharField(max_length=64, primary_key=True)
    wrapped = models.BinaryField()
    epoch = models.PositiveIntegerField(default=0, db_index=True)


class EvidenceManager(models.Manager["EvidenceProfile"]):
    """Facts about profiles. The key that lies with one is read when the vault asks for it: a login that may
    not read that column works with the others all the same."""

    def get_queryset(self) -> models.QuerySet["EvidenceProfile"]:
        return super().get_queryset().defer("wrapped")


class EvidenceProfile(models.Model):
    """The profile of an unknown person that an agency brings; never a searchable file. It lies under the key
    of its case; one that was taken in before cases had keys, under its own, which goes with the row."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.CharField(max_length=64)  # the case's reference: genomics knows no cases
    kind = models.CharField(max_length=16)
    build = models.CharField(max_length=8)
    quality = models.JSONField()
    notes = models.JSONField(default=list)
    wrapped = models.BinaryField(null=True)
    epoch = models.PositiveIntegerField(default=0, db_index=True)
    received_at = models.DateTimeField()
    # HMAC of whose it is and the bytes: recognises the same file of one organisation. It goes with the row.
    fingerprint = models.BinaryField(max_length=32, null=True)

    objects = EvidenceManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fingerprint"], name="evidence_once_for_its_owner")]


class Hold(models.TextChoices):
    """How evidence stands that does not look like one person's genome."""

    HELD = "held", "held"
    CLEARED = "cleared", "let through"
    REFUSED = "refused", "refused"


HOLD_TRANSITIONS: dict[Hold, frozenset[Hold]] = {
    Hold.HELD: frozenset({Hold.CLEARED, Hold.REFUSED}),
    Hold.CLEARED: frozenset(),
    Hold.REFUSED: frozenset(),
}


class HoldManager(models.Manager["EvidenceHold"]):
    """Each with the facts of its profile, and without the key that may lie there."""

    def get_queryset(self) -> models.QuerySet["EvidenceHold"]:
        return super().get_queryset().select_related("profile").defer("profile__wrapped")


class EvidenceHold(models.Model):
    """That a profile is held, and why; it goes with the profile. Until it is let through, nothing is compared
    with it (genomics.holds)."""

    profile = models.OneToOneField(
        EvidenceProfile, on_delete=models.CASCADE, primary_key=True, related_name="hold"
    )
    state = models.CharField(max_length=8, choices=Hold, default=Hold.HELD)
    doubts = models.JSONField()  # codes of genomics.matching.plausible
    held_at = models.DateTimeField()
    reason = models.TextField(blank=True, default="")
    settled_by = models.CharField(max_length=64, blank=True, default="")
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = HoldManager()
