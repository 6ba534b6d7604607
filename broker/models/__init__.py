"""The facts of the top floor."""

from broker.models.impact import ImpactSnapshot
from broker.models.notices import Channel, Delivery, Notice
from broker.models.people import Appointment, Organisation, OwnRecord, ParticipantPermission, User
from broker.models.queries import ENDED, TRANSITIONS, Job, JobState, Query, QueryState
from broker.models.tokens import TokenName
from broker.models.undertakings import (
    REVIEW_TRANSITIONS,
    AccessRequest,
    Approval,
    Authorisation,
    Case,
    CasePermission,
    Project,
    ProjectPermission,
    Reviewed,
)

__all__ = [
    "ENDED",
    "REVIEW_TRANSITIONS",
    "TRANSITIONS",
    "AccessRequest",
    "Appointment",
    "Approval",
    "Authorisation",
    "Case",
    "CasePermission",
    "Channel",
    "Delivery",
    "ImpactSnapshot",
    "Job",
    "JobState",
    "Notice",
    "Organisation",
    "OwnRecord",
    "ParticipantPermission",
    "Project",
    "ProjectPermission",
    "Query",
    "QueryState",
    "Reviewed",
    "TokenName",
    "User",
]
