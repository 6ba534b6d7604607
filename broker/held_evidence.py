"""Evidence that is held because it does not look like one person's genome: a steward looks, and lets it
through or refuses it. She sees why, and never a genotype. A search with it takes two signatures all the same.
"""

from datetime import datetime

from django.db.models import QuerySet

from broker import cases, rights
from broker.errors import NotAllowed, Refused
from broker.models import Case, User
from broker.roles import Right
from genomics import holds
from genomics.models import EvidenceHold, Hold

CASE = "case:"


def waiting() -> QuerySet[EvidenceHold]:
    """All that waits to be looked at, the oldest first."""
    held = EvidenceHold.objects.filter(state=Hold.HELD, profile__case__startswith=CASE)
    return held.order_by("held_at")


def case_of(held: EvidenceHold) -> Case:
    return Case.objects.select_related("organisation").get(pk=held.profile.case.removeprefix(CASE))


def is_open_to(user: User, held: EvidenceHold) -> bool:
    """Whether she may settle it: it waits, and the case is no work of hers."""
    case = case_of(held)
    outsider = user.organisation_id != case.organisation_id and not cases.works_on(user, case)
    return held.state == Hold.HELD and outsider


def settle(held: EvidenceHold, *, clears: bool, reason: str, by: User, at: datetime) -> EvidenceHold:
    """Let it through, or refuse it for good."""
    rights.require(by, Right.REVIEW_REQUESTS)
    if not reason.strip():
        raise Refused("Say why. Nothing was changed.")
    if held.state == Hold.HELD and not is_open_to(by, held):
        raise NotAllowed("Whoever works on a case does not look at its evidence. Nothing was changed.")
    return holds.settle(held, clears=clears, reason=reason, by=by.reference, at=at)
