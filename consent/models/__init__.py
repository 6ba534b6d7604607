"""The facts of the ground floor."""

from consent.models.diseases import DiseaseName
from consent.models.forms import FormDraft, FormMove
from consent.models.kin import KinLink, TwinLink
from consent.models.ledger import LedgerCheckpoint, LedgerEvent, LedgerLeaf, LedgerOpening
from consent.models.people import Change, Freeze, Holding, Participant
from consent.models.policies import PolicyVersion
from consent.models.projections import Projection, ProjectionPart
from consent.models.statements import FormVersion, PaperEntry, Statement

__all__ = [
    "Change",
    "DiseaseName",
    "FormDraft",
    "FormMove",
    "FormVersion",
    "Freeze",
    "Holding",
    "KinLink",
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
    "TwinLink",
]
