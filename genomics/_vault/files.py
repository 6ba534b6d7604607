"""Sealed files: the upload, its column, and its row of each panel, all under the participant's own key.

Writing needs the key; reading a participant's material needs a Clearance that covers the file. Evidence is
the agency's own and lies apart.
"""

from consent import clearance
from consent.clearance import Clearance
from consent.errors import NotCleared
from genomics._vault import keys, segments, shelf
from genomics.columns import Column
from genomics.models import EvidenceProfile, GenomicFile, PanelVersion
from genomics.panel import Panel, PanelRow


def names_of(file: GenomicFile) -> tuple[str, str]:
    """Where the upload and the column of a file lie."""
    return f"files/{file.id}/upload", f"files/{file.id}/column"


def row_name(file: GenomicFile, panel: PanelVersion) -> str:
    return f"files/{file.id}/row-{bytes(panel.sha256).hex()[:16]}"


def put(file: GenomicFile, key: bytes, *, upload: bytes, column: Column) -> None:
    """Seal and shelve what was received and what was read from it."""
    upload_name, column_name = names_of(file)
    shelf.put(upload_name, segments.seal(upload, key, upload_name))
    shelf.put(column_name, segments.seal(column.to_bytes(), key, column_name))


def put_row(file: GenomicFile, panel: PanelVersion, row: PanelRow, key: bytes) -> None:
    name = row_name(file, panel)
    shelf.put(name, segments.seal(row.to_bytes(), key, name))


def remove(file: GenomicFile) -> None:
    """Take everything of a file off the shelf."""
    shelf.remove_folder(f"files/{file.id}")


def row_of(column: Column, panel: Panel) -> PanelRow:
    """A column's row of a panel. Reads nothing: both are given."""
    return panel.row_of(column.genotype_at(panel.chromosome, panel.position, panel.ref, panel.alt))


def column(file: GenomicFile, proof: Clearance) -> Column:
    """The normalised genotypes of a file that the Clearance covers."""
    _covered(file, proof)
    return _column(file)


def row(file: GenomicFile, panel: PanelVersion, proof: Clearance) -> PanelRow:
    """The panel row of a file that the Clearance covers."""
    _covered(file, proof)
    name = row_name(file, panel)
    return PanelRow.from_bytes(segments.unseal(shelf.get(name), keys.of(file.participant), name))


def derive_row(file: GenomicFile, version: PanelVersion, panel: Panel) -> None:
    """Make a file's row of a panel from its column. Nothing leaves the vault."""
    key = keys.of(file.participant)
    put_row(file, version, row_of(_column(file), panel), key)


def put_evidence(profile: EvidenceProfile, key: bytes, column: Column) -> None:
    name = f"evidence/{profile.id}"
    shelf.put(name, segments.seal(column.to_bytes(), key, name))


def remove_evidence(profile: EvidenceProfile) -> None:
    shelf.remove(f"evidence/{profile.id}")


def evidence(profile: EvidenceProfile, proof: Clearance) -> Column:
    """The genotypes of an evidence profile: they too are opened only under a Clearance."""
    clearance.require(proof)
    name = f"evidence/{profile.id}"
    return Column.from_bytes(segments.unseal(shelf.get(name), keys.of_evidence(profile), name))


def _covered(file: GenomicFile, proof: Clearance) -> None:
    clearance.require(proof)
    if not proof.covers(file.id):
        raise NotCleared(f"File {file.id} is not covered by this Clearance. Nothing was read.")


def _column(file: GenomicFile) -> Column:
    _, name = names_of(file)
    return Column.from_bytes(segments.unseal(shelf.get(name), keys.of(file.participant), name))
