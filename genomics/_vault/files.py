"""Sealed files: the upload and its column, under the participant's own key. Rows of panels are in rows.

Writing needs the key; reading a participant's material needs a Clearance that covers the file, or is handing
back to herself what is hers (genomics.intake.export). Evidence is the agency's own and lies apart.
"""

import io
import secrets
from collections.abc import Iterable
from typing import BinaryIO, Protocol
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from consent import clearance
from consent.clearance import Clearance
from consent.errors import NotCleared
from genomics._vault import keys, readings, segments, shelf
from genomics.columns import Column
from genomics.errors import VaultSealed
from genomics.models import EvidenceProfile, GenomicFile, Sealed
from genomics.panel import Panel, PanelRow

TILES = "tiles/"  # where on the shelf rows lie side by side


class Known(Protocol):
    """A file, or whatever else says which it is."""

    @property
    def id(self) -> UUID: ...


def upload_name(file: GenomicFile) -> str:
    return f"files/{file.id}/upload"


def column_name(file: GenomicFile) -> str:
    return f"files/{file.id}/column"


def evidence_name(profile: EvidenceProfile) -> str:
    return f"evidence/{profile.id}"


# --- writing ---


def put(name: str, source: bytes | BinaryIO, key: bytes, *, segment: int = segments.SEGMENT) -> Sealed:
    """Seal and shelve at a place of its own. It is opened once the returned row is saved; until then what
    was there before is."""
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    sealing = segments.Sealing(stream, key, name, segment=segment)
    place = f"{name}@{secrets.token_hex(4)}"
    shelf.put(place, sealing)
    return Sealed(
        name=name,
        place=place,
        manifest_sha256=sealing.manifest.sha256,
        length=sealing.length,
        version=segments.VERSION,
    )


def keep(sealed: Sealed) -> None:
    """Open this one from now on, and clear away what it takes the place of."""
    before = Sealed.objects.filter(name=sealed.name).first()
    sealed.save()
    old = sealed.name if before is None else before.place  # version 1 lay at its name
    if old != sealed.place and not old.startswith(TILES):  # of a tile others have their part
        transaction.on_commit(lambda: shelf.remove(old), robust=True)


def remove(file: GenomicFile) -> None:
    """Take everything of a file off the shelf: it opens no more from the commit on, and lies there no more
    right after."""
    recorded_of(file).delete()
    transaction.on_commit(lambda: shelf.remove(f"files/{file.id}"), robust=True)


def recorded_of(file: GenomicFile, what: str = "") -> QuerySet[Sealed]:
    """What is recorded of a file, or of it what begins so. Found by the index: SQLite would read every name
    for a LIKE."""
    begin = f"files/{file.id}/{what}"
    if connection.vendor == "sqlite":
        return Sealed.objects.filter(name__gte=begin, name__lt=begin[:-1] + chr(ord(begin[-1]) + 1))
    return Sealed.objects.filter(name__startswith=begin)


def copy(file: GenomicFile, key: bytes) -> list[Sealed]:
    """Upload and column once more, under another key. They are opened once they are kept."""
    return [
        put(upload_name(file), own_upload(file), key),
        put(column_name(file), own_column(file).to_bytes(), key),
    ]


def renew(name: str, key: bytes) -> Sealed | None:
    """Seal anew what lies in an older format; None when it is of today's. The caller keeps it."""
    if Sealed.objects.filter(name=name, version=segments.VERSION).exists():
        return None
    return put(name, _read(name, key), key)


# --- reading ---


def row_of(column: Column, panel: Panel) -> PanelRow:
    """A column's row of a panel; a third allele at one of its sites is no genotype of the panel's, and
    missing. Reads nothing: both are given."""
    sites = panel.chromosome, panel.position, panel.ref, panel.alt
    return panel.row_of(column.genotype_at(*sites, only_these=True))


def column(file: GenomicFile, proof: Clearance) -> Column:
    """The normalised genotypes of a file that the Clearance covers."""
    require_covered([file], proof)
    return _column(file)


def evidence(profile: EvidenceProfile, proof: Clearance) -> Column:
    """The genotypes of an evidence profile: they too are opened only under a Clearance."""
    clearance.require(proof)
    return Column.from_bytes(_read(evidence_name(profile), keys.of_evidence(profile)))


def require_covered(files: Iterable[Known], proof: Clearance) -> None:
    """Raises NotCleared for anything but a genuine Clearance with all these files in it."""
    clearance.require(proof)
    for file in proof.beyond(file.id for file in files):
        raise NotCleared(f"File {file} is not covered by this Clearance. Nothing was read.")


def own_column(file: GenomicFile) -> Column:
    """Her own genotypes, for herself."""
    return _column(file)


def kept_column(file: GenomicFile) -> tuple[bytes, Column]:
    """A column as it is kept, and as it is read."""
    kept = _read(column_name(file), keys.of(file.participant))
    return kept, Column.from_bytes(kept)


def own_upload(file: GenomicFile) -> BinaryIO:
    """What she sent, for herself: a stream that holds one segment in memory at a time."""
    key, name = keys.of(file.participant), upload_name(file)
    opened = opened_at(name, key)
    if opened is None:
        return io.BytesIO(_first(name, key))
    return io.BufferedReader(segments.Reader(opened), segments.SEGMENT)


def read_range(name: str, key: bytes, offset: int, length: int) -> bytes:
    """Bytes from the middle of something sealed: only the segments they lie in are read and opened."""
    opened = opened_at(name, key)
    return _first(name, key)[offset : offset + length] if opened is None else opened.read(offset, length)


def opened_at(name: str, key: bytes) -> segments.Opened | None:
    """The blob that was recorded under a name, a segment at a time; None where version 1 alone ever lay."""
    readings.note(name)
    sealed = Sealed.objects.filter(name=name).first()
    if sealed is None:
        return None
    place, sha256 = sealed.place, bytes(sealed.manifest_sha256)
    return segments.Opened(lambda offset, length: shelf.get(place, offset, length), key, name, sha256)


def _read(name: str, key: bytes) -> bytes:
    """All of it at once. What is sealed anew while it is read is read again."""
    readings.note(name)
    sealed = Sealed.objects.filter(name=name).first()
    while sealed is not None:
        try:
            blob = memoryview(shelf.get(sealed.place))
            sha256 = bytes(sealed.manifest_sha256)
            return segments.Opened(_slices(blob), key, name, sha256).read()
        except VaultSealed:
            before, sealed = sealed, Sealed.objects.filter(name=name).first()
            if sealed is None or sealed.place == before.place:
                raise
    return _first(name, key)


def _slices(blob: memoryview) -> segments.Get:
    return lambda offset, length: bytes(blob[offset:] if length is None else blob[offset : offset + length])


def _first(name: str, key: bytes) -> bytes:
    return segments.unseal_first(shelf.get(name), key, name)


def _column(file: GenomicFile) -> Column:
    return Column.from_bytes(_read(column_name(file), keys.of(file.participant)))
