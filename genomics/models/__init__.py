"""The facts of the middle floor."""

from genomics.models.files import EvidenceProfile, GenomicFile, PanelVersion, ParticipantKey, Sealed

__all__ = ["EvidenceProfile", "GenomicFile", "PanelVersion", "ParticipantKey", "Sealed"]
