"""The facts of the ground floor."""

from consent.models.forms import FormDraft, FormMove
from consent.models.ledger import LedgerCheckpoint, LedgerEvent, LedgerLeaf, LedgerOpening
from consent.models.people import Change, Freeze, GuardianLink, Holding, Participant
from consent.models.policies import PolicyVersion
from consent.models.projections import Projection, ProjectionPart
from consent.models.statements import FormVersion, PaperEntry, Statement

__all__ = [
    "Change",
    "FormDraft",
    "FormMove",
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
    "PolicyVersion",
    "Projection",
    "ProjectionPart",
    "Statement",
]
