"""Evidence that is held because it does not look like one person's genome: a steward looks, and lets it
through or refuses it. She sees why, and never a genotype. A search with it takes two signatures all the same.
"""

from datetime import datetime
from uuid import UUID

from django.db.models import F

from broker import rights
from broker.errors import NotAllowed, Refused
from broker.models import Case, User
from broker.roles import Right
from genomics import holds
from genomics.models import EvidenceHold, Hold

CASE = "case:"


def waiting_for(user: User) -> list[tuple[EvidenceHold, Case]]:
    """All that she may look at, the oldest first, each with its case."""
    held = EvidenceHold.objects.filter(state=Hold.HELD, profile__case__startswith=CASE).order_by("held_at")
    rows = list(held.annotate(of=F("profile__case")))
    others = Case.objects.exclude(organisation=user.organisation_id).select_related("organisation")
    found = others.in_bulk([UUID(row.of.removeprefix(CASE)) for row in rows])
    theirs = [(row, found.get(UUID(row.of.removeprefix(CASE)))) for row in rows]
    return [(row, case) for row, case in theirs if case is not None]


def case_of(held: EvidenceHold) -> Case:
    return Case.objects.select_related("organisation").get(pk=held.profile.case.removeprefix(CASE))


def is_open_to(user: User, held: EvidenceHold) -> bool:
    """Whether she may settle it: it waits, and is of no case of her organisation."""
    return held.state == Hold.HELD and user.organisation_id != case_of(held).organisation_id


def settle(held: EvidenceHold, *, clears: bool, reason: str, by: User, at: datetime) -> EvidenceHold:
    """Let it through, or refuse it for good."""
    rights.require(by, Right.REVIEW_REQUESTS)
    if not reason.strip():
        raise Refused("Say why. Nothing was changed.")
    if held.state == Hold.HELD and not is_open_to(by, held):
        raise NotAllowed("Whoever works on a case does not look at its evidence. Nothing was changed.")
    return holds.settle(held, clears=clears, reason=reason, by=by.reference, at=at)
