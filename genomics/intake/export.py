"""Handing back to a participant what is hers: every file as it came, and what was read from it.

Only ever for herself: who may ask is settled upstairs. One segment, or one column, is in memory at a time.
"""

from collections.abc import Iterator

from consent.models import Participant
from genomics import column_text
from genomics._vault import files as vault
from genomics._vault import readings
from genomics._vault.readings import Purpose
from genomics.coordinates import Build
from genomics.formats import Kind
from genomics.intake.receive import pieces
from genomics.models import GenomicFile

Entry = tuple[str, Iterator[bytes]]  # a name in the archive, and what is in it

PACKED = ((b"\x1f\x8b", ".gz"), (b"PK\x03\x04", ".zip"))
KINDS = {Kind.VCF: ".vcf", Kind.SAM: ".sam", Kind.ARRAY: ".txt"}
PACKED_BY_THEMSELVES = {Kind.BAM: ".bam", Kind.BCF: ".bcf", Kind.CRAM: ".cram"}


def of(participant: Participant) -> Iterator[Entry]:
    """Each file: as it is kept, that is without what may name somebody; as a table; and as VCF where it
    said its reference alleles."""
    files = GenomicFile.objects.filter(participant=participant).select_related("participant")
    for file in files.order_by("received_at", "id"):
        with readings.under(Purpose.EXPORT):
            upload, column = vault.own_upload(file), vault.own_column(file)
        with upload as stream:
            yield f"files/{file.id}/as-kept{_ending(stream.read(4), file)}", pieces(stream)
        yield f"files/{file.id}/genotypes.tsv", column_text.table(column)
        yield f"files/{file.id}/genotypes.vcf", column_text.vcf(column, Build(file.build))


def bytes_of(participant: Participant) -> int:
    """How large the files were as received: what an export is about as large as."""
    return sum(GenomicFile.objects.filter(participant=participant).values_list("size", flat=True))


def _ending(start: bytes, file: GenomicFile) -> str:
    kind = Kind(file.kind)
    if kind in PACKED_BY_THEMSELVES:
        return PACKED_BY_THEMSELVES[kind]
    return KINDS[kind] + next((ending for magic, ending in PACKED if start.startswith(magic)), "")
