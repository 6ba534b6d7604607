"""Whose consent counts besides: an identical twin in a police search, the other side of a relative match.

No relative has a veto over another's research. Whatever fails on the other side is one reason, no more.
"""

from collections.abc import Iterator
from datetime import datetime

from consent.purposes import PURPOSES
from consent.reasons import Reason
from consent.rules import families, standing
from consent.rules.spoken import Record
from consent.terms import DataUse, Level, Policy, Relations, Side


def check(relations: Relations, use: DataUse, policy: Policy, at: datetime) -> Iterator[Reason]:
    """Whether everybody agrees whom the question also touches."""
    if (
        relations.mz_twin is not None
        and touches_twins(use, policy)
        and not _agrees(relations.mz_twin, use, policy, at)
    ):
        yield Reason.REL_MZ_TWIN_NOT_GRANTED
    if is_mutual(use) and not _agrees(relations.requesting_participant, use, policy, at):
        yield Reason.REL_MUTUAL_CONSENT_MISSING


def is_mutual(use: DataUse) -> bool:
    """Whoever looks for her own relatives must allow to be found."""
    return any(PURPOSES[purpose].domain == "G" for purpose in use.purposes if purpose in PURPOSES)


def touches_twins(use: DataUse, policy: Policy) -> bool:
    """A police search for kin through one twin is a search for kin of the other."""
    police = any(PURPOSES[purpose].domain == "L" for purpose in use.purposes if purpose in PURPOSES)
    return police and policy.mz_twin_joint_le and use.match_mode != "identity"


def _agrees(side: Side | None, use: DataUse, policy: Policy, at: datetime) -> bool:
    """Whether this person's own record permits the same use: what she said for herself, and what she said of
    each of her files, for nobody knows here which of them the question reaches. Nobody there is a no."""
    if side is None or any(standing.of_subject(side.subject, at)):
        return False
    files = {said.file for said in side.statements if said.level is Level.FILE}
    return all(
        not families.answer(
            family, Record(side.subject, side.statements, file, policy, at).speak, use, policy, at
        ).reasons
        for file in (None, *files)
        for family in _shared(use)
    )


def _shared(use: DataUse) -> Iterator[str]:
    """The families in which another person must agree: the police's, and relative matching."""
    for purpose in use.purposes:
        kind = PURPOSES.get(purpose)
        if kind is not None and kind.domain in "LG":
            yield kind.family
