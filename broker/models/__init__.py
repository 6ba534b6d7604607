"""The facts of the top floor."""

from broker.models.canaries import Canary
from broker.models.certificates import FormerCertificate
from broker.models.disclosures import DISCLOSURE_TRANSITIONS, Disclosure, DisclosureState
from broker.models.factors import Guess, Passkey, RecoveryCode, Totp
from broker.models.gates import JobGate
from broker.models.impact import ImpactSnapshot
from broker.models.kin import DeathReport, HandoverCode, HandoverStep
from broker.models.legal import (
    ANSWERED,
    LEGAL_TRANSITIONS,
    CaseReport,
    LegalConcern,
    LegalProcess,
    LegalStep,
    MonthlyStatement,
    PublishedReport,
    Telling,
)
from broker.models.notices import Channel, Delivery, Notice
from broker.models.papers import PaperScan
from broker.models.people import Appointment, Organisation, OwnRecord, ParticipantPermission, User
from broker.models.queries import ENDED, QUERY_TRANSITIONS, TRANSITIONS, Job, JobState, Query, QueryState
from broker.models.ranges import RANGE_TRANSITIONS, JobRange, RangeState, all_read
from broker.models.tokens import TokenName
from broker.models.undertakings import (
    CASE_TRANSITIONS,
    REVIEW_TRANSITIONS,
    AccessRequest,
    Approval,
    Authorisation,
    Case,
    CasePermission,
    CourtDocument,
    Project,
    ProjectPermission,
    Reviewed,
)
from broker.models.uploads import FORGOTTEN, STAGED, UPLOAD_ENDED, UPLOAD_TRANSITIONS, Upload, UploadState

__all__ = [
    "ANSWERED",
    "CASE_TRANSITIONS",
    "DISCLOSURE_TRANSITIONS",
    "ENDED",
    "FORGOTTEN",
    "LEGAL_TRANSITIONS",
    "QUERY_TRANSITIONS",
    "RANGE_TRANSITIONS",
    "REVIEW_TRANSITIONS",
    "STAGED",
    "TRANSITIONS",
    "UPLOAD_ENDED",
    "UPLOAD_TRANSITIONS",
    "AccessRequest",
    "Appointment",
    "Approval",
    "Authorisation",
    "Canary",
    "Case",
    "CasePermission",
    "CaseReport",
    "Channel",
    "CourtDocument",
    "DeathReport",
    "Delivery",
    "Disclosure",
    "DisclosureState",
    "FormerCertificate",
    "Guess",
    "HandoverCode",
    "HandoverStep",
    "ImpactSnapshot",
    "Job",
    "JobGate",
    "JobRange",
    "JobState",
    "LegalConcern",
    "LegalProcess",
    "LegalStep",
    "MonthlyStatement",
    "Notice",
    "Organisation",
    "OwnRecord",
    "PaperScan",
    "ParticipantPermission",
    "Passkey",
    "Project",
    "ProjectPermission",
    "PublishedReport",
    "Query",
    "QueryState",
    "RangeState",
    "RecoveryCode",
    "Reviewed",
    "Telling",
    "TokenName",
    "Totp",
    "Upload",
    "UploadState",
    "User",
    "all_read",
]
