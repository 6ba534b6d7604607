"""The facts of the ground floor."""

from consent.models.diseases import DiseaseMove, DiseaseName, DiseaseProposal
from consent.models.forms import FormDraft, FormMove
from consent.models.kin import KinLink, TwinLink
from consent.models.ledger import LedgerCheckpoint, LedgerEvent, LedgerLeaf, LedgerOpening
from consent.models.manifest_keys import ManifestKey
from consent.models.paper import PaperEntry, PaperImport, PaperMove
from consent.models.people import Change, Erasure, Freeze, Holding, HomeChange, Participant
from consent.models.policies import PolicyVersion
from consent.models.projections import Projection, ProjectionPart
from consent.models.statements import FormVersion, Statement

__all__ = [
    "Change",
    "DiseaseMove",
    "DiseaseName",
    "DiseaseProposal",
    "Erasure",
    "FormDraft",
    "FormMove",
    "FormVersion",
    "Freeze",
    "Holding",
    "HomeChange",
    "KinLink",
    "LedgerCheckpoint",
    "LedgerEvent",
    "LedgerLeaf",
    "LedgerOpening",
    "ManifestKey",
    "PaperEntry",
    "PaperImport",
    "PaperMove",
    "Participant",
    "PolicyVersion",
    "Projection",
    "ProjectionPart",
    "Statement",
    "TwinLink",
]
