"""The facts of the middle floor."""

from genomics.models.files import EvidenceProfile, GenomicFile, PanelVersion, ParticipantKey

__all__ = ["EvidenceProfile", "GenomicFile", "PanelVersion", "ParticipantKey"]
