"""The facts of the middle floor."""

from genomics.models.files import (
    HOLD_TRANSITIONS,
    EvidenceHold,
    EvidenceKey,
    EvidenceProfile,
    GenomicFile,
    Hold,
    PanelVersion,
    ParticipantKey,
    RowTile,
    Sealed,
    SlabMember,
    VariantSlab,
)

__all__ = [
    "HOLD_TRANSITIONS",
    "EvidenceHold",
    "EvidenceKey",
    "EvidenceProfile",
    "GenomicFile",
    "Hold",
    "PanelVersion",
    "ParticipantKey",
    "RowTile",
    "Sealed",
    "SlabMember",
    "VariantSlab",
]
