"""What a research permission covers: every research purpose of a request must be covered by some permission.

A query is at its most specific: cancer covers a question about melanoma, melanoma not one about cancer.
Modifiers, and families other than RESEARCH, are not looked at here.
"""

from collections.abc import Iterator

from consent.duo import COVERS
from consent.hierarchies import Hierarchy
from consent.purposes import PURPOSES, Purpose
from consent.reasons import Reason
from consent.rules.spoken import Head
from consent.terms import DataUse, Permission

_HEALTH = frozenset(("R.HMB", "R.DS"))
_ACCOMPANYING = frozenset(("R.MDS", "R.CTRL"))
_NOTHING: frozenset[str] = frozenset()


def check(grant: Head, use: DataUse, diseases: Hierarchy) -> Iterator[Reason]:
    """Why some research purpose is beyond what was granted."""
    asked = frozenset(purpose for purpose in use.purposes if purpose.startswith("R.") and purpose in PURPOSES)
    covered: set[str] = set()
    for permission in grant.permissions:
        covered |= cover(permission, asked, use.disease, diseases)
    if Purpose.DS in asked and not use.disease:
        covered.discard(Purpose.DS)
    for purpose in asked - covered:
        yield _reason(purpose, grant, use)


def cover(
    permission: Permission, asked: frozenset[str], disease: str | None, diseases: Hierarchy
) -> frozenset[str]:
    """The purposes among those asked that one permission covers; nothing for a code that is not honoured."""
    covered = asked & COVERS.get(permission.code, _NOTHING)
    if permission.code == "HMB" and asked & _HEALTH:
        covered |= asked & _ACCOMPANYING
    elif permission.code == "DS":
        if Purpose.DS in asked and disease and not diseases.upwards(disease).isdisjoint(permission.diseases):
            covered |= asked & (_ACCOMPANYING | {Purpose.DS})
    elif permission.code == "POA" and Purpose.POA in asked:
        covered |= asked & {Purpose.MDS}
    return covered


def _reason(purpose: str, grant: Head, use: DataUse) -> Reason:
    if purpose == Purpose.DS and (not use.disease or any(one.diseases for one in _named(grant))):
        return Reason.DISEASE_NOT_COVERED
    if purpose == Purpose.CTRL and any(_named(grant)):
        return Reason.DISEASE_NOT_COVERED
    return Reason.PURPOSE_NOT_COVERED


def _named(grant: Head) -> Iterator[Permission]:
    return (permission for permission in grant.permissions if permission.code == "DS")
