"""Checking an upload that is whole: claim, read, take or refuse. The row is the truth, the queue a doorbell.

It is claimed as a job is, by one guarded UPDATE with a token and a lease, which a thread renews while the
file is read: a second delivery and a killed worker change nothing. What a file may look like is settled in
genomics (intake.receive); a review of what was taken in broker.reviews.
"""

import contextlib
import hashlib
import io
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_noop

from broker import arriving, events, full_disks, same_person, wards
from broker.errors import LostClaim
from broker.models import FORGOTTEN, UPLOAD_TRANSITIONS, Upload, UploadState
from broker.staging import StagedBroken
from broker.walls import leases
from consent.errors import ConsentError
from consent.ledger import log
from consent.models import Holding
from genomics.coordinates import Build
from genomics.errors import FileReason, FileRefused, GenomicsError, IntakeShut
from genomics.intake import sandbox, turns
from genomics.intake.receive import receive
from genomics.models import GenomicFile

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 5  # a file that ends five workers is refused
RING_AGAIN = timedelta(seconds=min(10.0, settings.LEASE_SECONDS))
MOST_RINGS = 50
SHOW_EACH = timedelta(seconds=1)  # progress is written down no more often

# Why an upload is refused where the file itself is not at fault; FileReason has the other reasons.
NOT_AS_SENT, NOT_HERS, UNREAD = "not_as_sent", "not_allowed", "unread"
TOLD = {
    NOT_AS_SENT: gettext_noop(
        "What arrived is not what was sent: the SHA-256 differs. Nothing was stored. Please send it again."
    ),
    NOT_HERS: gettext_noop("You can no longer bring in files for this person. Nothing was stored."),
    UNREAD: gettext_noop(
        "This file could not be read to its end, and the fault may be ours. Nothing was stored. Please tell "
        "us when you sent it."
    ),
}

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to check an upload for as long as the token stands in its row."""

    upload: Upload
    token: UUID
    clock: Clock
    lease: UUID | None = None  # opens her key meanwhile, where the database has walls


def run(upload_id: UUID, *, clock: Clock) -> None:
    """Check the upload to its end, unless that is done already or somebody else does it."""
    try:
        with turns.taken():  # before it is claimed: until then it waits its turn, and its page says so
            _run(upload_id, clock)
    except turns.NoneFree:
        logger.info("upload %s waits its turn", upload_id)  # the sweeper rings again


def _run(upload_id: UUID, clock: Clock) -> None:
    claim = _claim(upload_id, clock)
    if claim is None:
        return
    try:
        with _leased(claim), leases.held(claim.lease):
            _check(claim)
    except LostClaim:
        logger.info("upload %s went on without this worker", upload_id)
    else:
        arriving.remove(upload_id)


def unheard(*, at: datetime, most: int = MOST_RINGS) -> list[UUID]:
    """The uploads to ring for: rung long ago and not begun, or begun by a worker that fell silent. Marks
    them as rung now, so that two sweepers do not both ring."""
    silent = Q(state=UploadState.CHECKING, lease_until__lt=at)
    due = Upload.objects.filter(Q(state=UploadState.ARRIVED) | silent, rung_at__lt=at - RING_AGAIN)
    return [
        one.pk
        for one in due.order_by("rung_at")[:most]
        if Upload.objects.filter(pk=one.pk, rung_at=one.rung_at).update(rung_at=at)
    ]


def _claim(upload_id: UUID, clock: Clock) -> Claim | None:
    now = clock()
    claimed = leases.claim_upload(upload_id, at=now, lasts=_lease(now))
    if claimed is None:
        return None
    upload = Upload.objects.select_related("owner", "participant").get(pk=upload_id)
    return Claim(upload, claimed.token, clock, claimed.lease)


def _check(claim: Claim) -> None:
    upload = claim.upload
    if upload.attempt > MOST_ATTEMPTS:
        _refuse(claim, UNREAD)
        return
    ward = wards.named(upload.owner, upload.participant.pseudonym, at=claim.clock())
    if ward is None or not ward.brings_files:
        _refuse(claim, NOT_HERS)
        return
    try:
        with arriving.opened(upload) as data:
            if not _as_promised(upload, data):
                _refuse(claim, NOT_AS_SENT)
                return
            with sandbox.followed(_shown(claim)):
                file = _received(claim, data)
            if settings.REVIEW_HOURS:
                _compare(claim, data)
    except FileRefused as refused:
        _refuse(claim, str(refused.reason), told=refused.sentence, line=refused.line)
    except (IntakeShut, OSError, DatabaseError) as shut:
        # No fault of the file, however often: the bytes stay, and the sweeper rings again after the lease.
        if isinstance(shut, IntakeShut) or full_disks.is_full(shut):
            _held(claim, [UploadState.CHECKING], attempt=F("attempt") - 1)
        raise
    except (GenomicsError, ConsentError, StagedBroken) as trouble:
        logger.warning("upload %s was not taken: %s", upload.pk, trouble)
        _refuse(claim, UNREAD)
    else:
        _take(claim, file)


def _received(claim: Claim, data: io.BufferedReader) -> GenomicFile:
    upload = claim.upload
    try:
        return receive(
            upload.participant,
            data,
            by=upload.owner.reference,
            at=claim.clock(),
            assume=Build(upload.assume) if upload.assume else None,
            state=Holding.State.QUARANTINED if settings.REVIEW_HOURS else Holding.State.ACTIVE,
        )
    except FileRefused as refused:
        before = _taken_before(upload) if refused.reason is FileReason.DUPLICATE else None
        if before is None:
            raise
        return before


def _compare(claim: Claim, data: io.BufferedReader) -> None:
    """Have it compared while it is held. That it cannot be is no fault of the file."""
    try:
        same_person.ask(claim.upload, data, at=claim.clock())
    except GenomicsError as trouble:
        logger.warning("upload %s is not compared: %s", claim.upload.pk, trouble)


def _taken_before(upload: Upload) -> GenomicFile | None:
    """What an earlier attempt took in and died before it could say so."""
    if upload.attempt == 1:
        return None
    since = GenomicFile.objects.filter(participant=upload.participant, received_at__gte=upload.arrived_at)
    others = Upload.objects.filter(participant=upload.participant, file__isnull=False)
    return since.exclude(pk__in=others.values("file")).order_by("received_at").last()


def _take(claim: Claim, file: GenomicFile) -> None:
    now = claim.clock()
    until = now + timedelta(hours=settings.REVIEW_HOURS)
    with transaction.atomic():
        if not settings.REVIEW_HOURS:
            _end(claim, UploadState.TAKEN, file=file.pk)
            return
        _end(claim, UploadState.HELD, file=file.pk, held_until=until)
        log.append(
            events.UPLOAD_HELD,
            at=now,
            by="worker",
            subject=claim.upload.participant.pseudonym,
            upload=str(claim.upload.pk),
            file=str(file.pk),
            until=until.isoformat(),
        )


def _refuse(claim: Claim, reason: str, *, told: str = "", line: int | None = None) -> None:
    with transaction.atomic():
        _end(claim, UploadState.REFUSED, reason=reason, told=told or TOLD[reason], line=line)
        log.append(
            events.UPLOAD_REFUSED,
            at=claim.clock(),
            by="worker",
            subject=claim.upload.participant.pseudonym,
            upload=str(claim.upload.pk),
            reason=reason,
        )


def _end(claim: Claim, after: UploadState, **facts: Any) -> None:
    """One arrow of the table, taken only while the claim holds; the key of the staged bytes goes with it."""
    before = [state for state, next_ in UPLOAD_TRANSITIONS.items() if after in next_]
    gone = {**FORGOTTEN, "ended_at": claim.clock()}
    rest = {"token": None, "lease_until": None, "read": claim.upload.length}
    _held(claim, before, state=after, **gone, **rest, **facts)


def _held(claim: Claim, states: list[UploadState], **facts: Any) -> None:
    """Write to the row if the token still stands in it. Raises LostClaim if it does not."""
    row = Upload.objects.filter(pk=claim.upload.pk, token=claim.token, state__in=states)
    if not row.update(**facts):
        raise LostClaim(f"Upload {claim.upload.pk} is no longer this worker's.")


def _shown(claim: Claim) -> sandbox.Share:
    """How much of the check is done, in bytes of the file, written down now and then."""
    shown_at, most = claim.clock(), 0.0

    def show(share: float) -> None:
        nonlocal shown_at, most
        now, most = claim.clock(), max(most, share)
        if now - shown_at >= SHOW_EACH:
            shown_at = now
            _held(claim, [UploadState.CHECKING], read=int(most * claim.upload.length))

    return show


@contextlib.contextmanager
def _leased(claim: Claim) -> Iterator[None]:
    """Renew the lease from a thread of its own: a genome is read for longer than a silent worker is given."""
    over = threading.Event()

    def renew() -> None:
        try:
            while not over.wait(settings.LEASE_SECONDS / 3):
                row = Upload.objects.filter(pk=claim.upload.pk, token=claim.token)
                row.update(lease_until=_lease(claim.clock()))
        finally:
            connection.close()

    thread = threading.Thread(target=renew, name=f"lease of {claim.upload.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _as_promised(upload: Upload, data: io.BufferedReader) -> bool:
    """Whether it comes to the digests that were said of it, where any were."""
    for promised, digest in ((upload.sha256, _sha256), (upload.sha256_blocks, arriving.blocks)):
        if promised is not None and digest(data) != bytes(promised):
            return False
        data.seek(0)
    return True


def _sha256(data: io.BufferedReader) -> bytes:
    return hashlib.file_digest(data, "sha256").digest()


def _lease(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.LEASE_SECONDS)
