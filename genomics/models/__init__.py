"""The facts of the middle floor."""

from genomics.models.files import (
    EvidenceKey,
    EvidenceProfile,
    GenomicFile,
    PanelVersion,
    ParticipantKey,
    RowTile,
    Sealed,
    SlabMember,
    VariantSlab,
)

__all__ = [
    "EvidenceKey",
    "EvidenceProfile",
    "GenomicFile",
    "PanelVersion",
    "ParticipantKey",
    "RowTile",
    "Sealed",
    "SlabMember",
    "VariantSlab",
]
