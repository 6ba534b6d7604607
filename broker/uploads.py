"""The verbs of who sends a file: begin, append, stop. From the portal, over REST, whole or in pieces.

An upload belongs to the login that began it, and is for one participant for whom that login may act. The
offset moves by one guarded UPDATE, so that of two who send at once one wins. What happens to a whole one is
in broker.checks.
"""

import base64
import binascii
import hashlib
import hmac
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum

from broker import arriving, events, full_disks, tasks, wards
from broker.arriving import PIECE, Draft
from broker.errors import NotAllowed, NotAsSent, OffsetMoved, Refused, TooLarge, UploadGone
from broker.models import FORGOTTEN, Upload, UploadState, User
from consent.ledger import log
from consent.models import Participant
from genomics.coordinates import Build

LASTS = timedelta(hours=24)  # since its last byte; then what has come of it is thrown away
MOST_AT_ONCE = 20  # uploads under way of one login
MOST_PIECES = 50_000  # a file sent byte by byte would fill the folder with names
LONGEST_METADATA = 4096  # characters, as sent

PART = 1 << 14  # bytes read at once

CHECKSUMS = ("sha256", "sha1")


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the bytes of one request must come to."""

    algorithm: str
    digest: bytes

    @classmethod
    def parse(cls, said: str) -> "Checksum":
        """From `sha256 <base64>`. Raises Refused for anything else."""
        algorithm, _, encoded = said.partition(" ")
        try:
            digest = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            digest = b""
        if algorithm not in CHECKSUMS or len(digest) != hashlib.new(algorithm).digest_size:
            raise Refused(
                f"A checksum is one of {', '.join(CHECKSUMS)}, a space, and the digest in base64. "
                "Nothing was changed."
            )
        return cls(algorithm, digest)


def begin(
    participant: Participant,
    *,
    length: int,
    by: User,
    at: datetime,
    assume: Build | None = None,
    sha256: bytes | None = None,
    sha256_blocks: bytes | None = None,
    metadata: str = "",
) -> Upload:
    """Announce a file of `length` bytes; send them with `append`. `sha256` is what they shall come to,
    `sha256_blocks` what arriving.blocks shall make of them.

    Raises NotAllowed, TooLarge, NoRoom or Refused, with nothing begun."""
    ward = wards.named(by, participant.pseudonym, at=at)
    if ward is None or not ward.brings_files:
        raise NotAllowed("You cannot bring in a file for this person. Nothing was begun.")
    if length > settings.STAGED_BYTES:
        raise TooLarge(
            f"A file may have {settings.STAGED_BYTES >> 20:,} MB here, and this one has more. Nothing was "
            "begun; ask us how to send a file of this size."
        )
    if len(metadata) > LONGEST_METADATA:
        raise Refused(f"What is said of a file has at most {LONGEST_METADATA} characters. Nothing was begun.")
    id = uuid.uuid4()
    with full_disks.told("Nothing was begun; please try again later."), transaction.atomic():
        # Two that begin at once are counted one after the other.
        User.objects.select_for_update().get(pk=by.pk)
        _within_quota(by, length)
        upload = Upload.objects.create(
            id=id,
            owner=by,
            participant=participant,
            length=length,
            assume=str(assume) if assume else "",
            sha256=sha256,
            sha256_blocks=sha256_blocks,
            sealed_key=arriving.new_key(id),
            sealed_metadata=arriving.seal_words(id, metadata) if metadata else None,
            created_at=at,
            expires_at=at + LASTS,
        )
        log.append(
            events.UPLOAD_BEGUN,
            at=at,
            by=by.reference,
            subject=participant.pseudonym,
            upload=str(id),
            size=length,
        )
        if not length:
            _arrived(upload, at)
    return upload


def append(
    upload: Upload, body: BinaryIO, *, offset: int, size: int, at: datetime, checksum: Checksum | None = None
) -> Upload:
    """Take `size` bytes that begin at `offset`, and return the upload as it stands then. When the line is cut
    what came is kept; with a checksum it is all or nothing. One request at a time writes to an upload.

    Raises BeingWritten, NoRoom, OffsetMoved, UploadGone, TooLarge or NotAsSent; what lay here before still
    does."""
    _fits(upload, offset, size, at)
    with full_disks.told("What had come before is kept; go on with it later."), arriving.writing(upload.pk):
        upload.refresh_from_db()
        _fits(upload, offset, size, at)  # somebody may have written until this moment
        return _append(upload, body, offset, size, at, checksum)


def _fits(upload: Upload, offset: int, size: int, at: datetime) -> None:
    if upload.state != UploadState.ARRIVING or upload.expires_at <= at:
        raise UploadGone("This upload takes no more bytes. Begin another one to send a file.")
    if offset != upload.offset:
        raise _moved(upload)
    if offset + size > upload.length:
        raise TooLarge("This is more than was announced. None of it was kept.")


def _append(
    upload: Upload, body: BinaryIO, offset: int, size: int, at: datetime, checksum: Checksum | None
) -> Upload:
    if checksum is None:
        for piece in _pieces(body, size):
            _keep(upload, [arriving.draft(upload, upload.offset, piece)], at)
        return upload
    drafts: list[Draft] = []
    digest, end = hashlib.new(checksum.algorithm), offset
    try:
        for piece in _pieces(body, size):
            drafts.append(arriving.draft(upload, end, piece))
            digest.update(piece)
            end += len(piece)
        if end - offset != size or not hmac.compare_digest(digest.digest(), checksum.digest):
            raise NotAsSent("These bytes are not what was sent: the checksum differs. They were thrown away.")
    except BaseException:
        arriving.drop(drafts)
        raise
    _keep(upload, drafts, at)
    return upload


def stop(upload: Upload, *, by: User, at: datetime) -> bool:
    """Throw away what has come. True if it was still arriving; one that is whole is checked to its end."""
    with transaction.atomic():
        stopped = Upload.objects.visible_to(by).filter(pk=upload.pk, state=UploadState.ARRIVING)
        if not stopped.update(state=UploadState.ENDED, ended_at=at, **FORGOTTEN):
            return False
        log.append(
            events.UPLOAD_ENDED,
            at=at,
            by=by.reference,
            subject=upload.participant.pseudonym,
            upload=str(upload.pk),
            why="stopped",
        )
    arriving.remove(upload.pk)
    return True


def _within_quota(by: User, length: int) -> None:
    waiting = Upload.objects.visible_to(by).staged()
    if waiting.count() >= MOST_AT_ONCE:
        raise Refused(
            f"{MOST_AT_ONCE} files of yours are under way, and more are not taken at once. Nothing was "
            "begun; finish or stop one of them first."
        )
    if (waiting.aggregate(all=Sum("length"))["all"] or 0) + length > settings.STAGED_BYTES:
        raise Refused(
            "With this file, what you have under way would be more than is taken at once. Nothing was begun; "
            "finish or stop another one first."
        )


def _pieces(body: BinaryIO, size: int) -> Iterator[bytes]:
    """What comes, a piece at a time, until all is here or the line is cut."""
    while size:
        piece = _piece(body, min(size, PIECE))
        if piece:
            yield piece
        if len(piece) < min(size, PIECE):
            return
        size -= len(piece)


def _piece(body: BinaryIO, size: int) -> bytes:
    """So many bytes, or as many as came before the line was cut: read in small parts, for with the part that
    was being read when it was cut one loses what came of it."""
    piece = bytearray()
    while len(piece) < size:
        try:
            part = body.read(min(size - len(piece), PART))
        except OSError:
            break
        if not part:
            break
        piece += part
    return bytes(piece)


def _keep(upload: Upload, drafts: list[Draft], at: datetime) -> None:
    """Move the offset past the drafts if it still stands where they begin, and count them in."""
    end = upload.offset + sum(one.size for one in drafts)
    try:
        with transaction.atomic():
            here = Upload.objects.filter(pk=upload.pk, state=UploadState.ARRIVING, offset=upload.offset)
            here = here.filter(pieces__lte=MOST_PIECES - len(drafts))
            if not here.update(offset=end, pieces=F("pieces") + len(drafts), expires_at=at + LASTS):
                raise _moved(upload)
            arriving.keep(upload, drafts)
            if end == upload.length:
                _arrived(upload, at)
    finally:
        arriving.drop(drafts)
    upload.refresh_from_db()


def _arrived(upload: Upload, at: datetime) -> None:
    """All of it is here: the check is rung for once that is committed."""
    Upload.objects.filter(pk=upload.pk).update(state=UploadState.ARRIVED, arrived_at=at, rung_at=at)
    upload.state = UploadState.ARRIVED
    transaction.on_commit(lambda: tasks.ring_check(upload.pk))


def _moved(upload: Upload) -> OffsetMoved | UploadGone:
    upload.refresh_from_db()
    if upload.state != UploadState.ARRIVING or upload.pieces >= MOST_PIECES:
        return UploadGone("This upload takes no more bytes. Begin another one to send a file.")
    return OffsetMoved(
        f"Of this upload {upload.offset:,} bytes are here, and these begin elsewhere. They were not kept."
    )
