"""The facts of the ground floor."""

from consent.models.diseases import DiseaseName
from consent.models.ledger import LedgerCheckpoint, LedgerEvent, LedgerLeaf, LedgerOpening
from consent.models.people import Freeze, GuardianLink, Holding, Participant, Position
from consent.models.statements import FormVersion, PaperEntry, Statement

__all__ = [
    "DiseaseName",
    "FormVersion",
    "Freeze",
    "GuardianLink",
    "Holding",
    "LedgerCheckpoint",
    "LedgerEvent",
    "LedgerLeaf",
    "LedgerOpening",
    "PaperEntry",
    "Participant",
    "Position",
    "Statement",
]
