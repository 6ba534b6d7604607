"""What comes before a next of kin may uphold anything: a death that two saw, and a verified claim."""

from datetime import datetime

from consent import kin, participants
from consent.models import KinLink, Participant
from consent.models.kin import Kind


def bereave(person: Participant, *, by: str, at: datetime) -> KinLink:
    """The person has died, and this actor is her verified next of kin."""
    participants.record_death(person, died_at=at, papers="D-1", by="steward", second="other", at=at)
    link = kin.claim_next_of_kin(by, person, kind=Kind.SPOUSE, papers="M-1", at=at)
    return kin.verify(link, by="steward", at=at)
