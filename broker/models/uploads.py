"""An upload under way: whose it is, how far it has come, and what became of it. What a state may become is
one table.

Its bytes lie sealed in the staging folder (broker.arriving), under the key that stands here sealed. Neither
the name of the file nor anything that it says is kept in the clear.
"""

import uuid
from typing import Self

from django.db import models
from django.db.models import F, Q

from broker.models.people import User
from broker.models.queries import Query
from consent.models import Participant


class UploadState(models.TextChoices):
    ARRIVING = "arriving", "arriving"
    ARRIVED = "arrived", "waiting to be checked"
    CHECKING = "checking", "being checked"
    HELD = "held", "held for review"
    TAKEN = "taken", "taken"
    REFUSED = "refused", "refused"
    ENDED = "ended", "stopped"
    EXPIRED = "expired", "not finished in time"


UPLOAD_TRANSITIONS: dict[UploadState, frozenset[UploadState]] = {
    UploadState.ARRIVING: frozenset({UploadState.ARRIVED, UploadState.ENDED, UploadState.EXPIRED}),
    UploadState.ARRIVED: frozenset({UploadState.CHECKING, UploadState.EXPIRED}),
    UploadState.CHECKING: frozenset(
        {
            UploadState.CHECKING,  # taken over: the worker that had it fell silent
            UploadState.HELD,
            UploadState.TAKEN,
            UploadState.REFUSED,
            UploadState.EXPIRED,  # the person was erased
        }
    ),
    UploadState.HELD: frozenset({UploadState.TAKEN, UploadState.REFUSED}),
    UploadState.TAKEN: frozenset(),
    UploadState.REFUSED: frozenset(),
    UploadState.ENDED: frozenset(),
    UploadState.EXPIRED: frozenset(),
}

UPLOAD_ENDED = frozenset(state for state, after in UPLOAD_TRANSITIONS.items() if not after)
FORGOTTEN: dict[str, None] = dict.fromkeys(
    ("sealed_key", "sealed_metadata", "sha256", "sha256_blocks")
)  # at its end
CHECKED = frozenset({UploadState.HELD, UploadState.TAKEN, UploadState.REFUSED})
STAGED = frozenset({UploadState.ARRIVING, UploadState.ARRIVED, UploadState.CHECKING})  # its bytes lie here


class UploadQuerySet(models.QuerySet["Upload"]):
    def visible_to(self, user: User) -> Self:
        """Those that she began herself: nobody else's, not of somebody both act for either."""
        return self.filter(owner=user)

    def staged(self) -> Self:
        """Those whose bytes lie in the staging folder."""
        return self.filter(state__in=STAGED)


class Upload(models.Model):
    """One file on its way in. Whoever holds the token, until the lease runs out, is who checks it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=UploadState, default=UploadState.ARRIVING)
    length = models.PositiveBigIntegerField()  # bytes it will have
    offset = models.PositiveBigIntegerField(default=0)  # bytes that lie here, whole and sealed
    pieces = models.PositiveIntegerField(default=0)  # in so many
    assume = models.CharField(max_length=8, blank=True, default="")  # the build, where the file says none
    sha256 = models.BinaryField(max_length=32, null=True, blank=True)  # as promised; None when nothing was
    sha256_blocks = models.BinaryField(max_length=32, null=True, blank=True)  # the same, of arriving.blocks
    # Both are gone as soon as the bytes are: the key of its pieces, and what the client said of the file.
    sealed_key = models.BinaryField(null=True, blank=True)
    sealed_metadata = models.BinaryField(null=True, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()  # while it is arriving: when it is given up
    arrived_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)  # when its bytes went

    token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    rung_at = models.DateTimeField(null=True, blank=True)
    read = models.PositiveBigIntegerField(default=0)  # bytes that the check has read

    file = models.UUIDField(null=True, blank=True)  # what it became: a GenomicFile
    reason = models.CharField(max_length=24, blank=True, default="")  # FileReason, or a word of broker.checks
    told = models.TextField(blank=True, default="")  # what its owner reads of a refusal
    line = models.PositiveBigIntegerField(null=True, blank=True)
    query = models.ForeignKey(Query, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    held_until = models.DateTimeField(null=True, blank=True)
    settled_by = models.CharField(max_length=64, blank=True, default="")  # who ended the review, if anybody

    objects = UploadQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["state", "expires_at"]), models.Index(fields=["owner", "state"])]
        constraints = [
            models.CheckConstraint(condition=Q(offset__lte=F("length")), name="upload_within_its_length"),
            models.CheckConstraint(
                condition=~Q(state="checking") | Q(token__isnull=False, lease_until__isnull=False),
                name="checked_upload_has_token_and_lease",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["taken", "refused", "held", "ended", "expired"])
                | Q(sealed_key__isnull=True, sealed_metadata__isnull=True),
                name="ended_upload_has_no_key",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["taken", "held"]) | Q(file__isnull=False),
                name="taken_upload_names_its_file",
            ),
        ]

    @property
    def is_under_way(self) -> bool:
        """Whether its owner may still see it change by itself."""
        return self.state in STAGED

    @property
    def percent_arrived(self) -> int:
        return 100 * self.offset // self.length if self.length else 100

    @property
    def percent_read(self) -> int:
        """All of it only when the check has ended, and then all of it."""
        if self.state in CHECKED:
            return 100
        return min(99, 100 * self.read // max(self.length, 1))
