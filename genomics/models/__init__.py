"""The facts of the middle floor."""

from genomics.models.files import (
    EvidenceProfile,
    GenomicFile,
    PanelVersion,
    ParticipantKey,
    Sealed,
    SlabMember,
    VariantSlab,
)

__all__ = [
    "EvidenceProfile",
    "GenomicFile",
    "PanelVersion",
    "ParticipantKey",
    "Sealed",
    "SlabMember",
    "VariantSlab",
]
