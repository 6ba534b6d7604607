"""What a record answers to a request, family by family: every statement that speaks must permit, and the
reasons are kept.

It puts the kinds of research and the conditions beside what was spoken; and care, which may rest on a
research grant that carries CC. Who speaks is in spoken; other people are in relatives.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from consent.purposes import PURPOSES
from consent.reasons import Reason
from consent.rules import coverage, modifiers
from consent.rules.spoken import Head, Spoken
from consent.terms import DataUse, Policy

RESEARCH, CLINICAL, COMMERCIAL = "RESEARCH", "CLINICAL", "COMMERCIAL"
OPT_IN_FOR_PROFIT = frozenset("RA")  # the domains on which commercial use is an extra question

# Conditions on research that care through CC does not have to meet.
OF_RESEARCH_ONLY = frozenset(
    ("IRB", "PUB", "COL", "MOR", "RTN", "NMDS", "GSO", "RS", "NPOA", "NCTRL", "TS", "PS")
)


@dataclass(frozen=True, slots=True)
class Answer:
    """Why not, and on which statements the answer rests."""

    reasons: tuple[Reason, ...]
    heads: tuple[int, ...]


Speaker = Callable[[str], Spoken]  # what a record says of a family


def needed(use: DataUse) -> tuple[str, ...]:
    """The families that the purposes of a request need; commercial use adds its own."""
    kinds = [PURPOSES[purpose] for purpose in use.purposes if purpose in PURPOSES]
    families = {kind.family for kind in kinds}
    if is_commercial(use) and any(kind.domain in OPT_IN_FOR_PROFIT for kind in kinds):
        families.add(COMMERCIAL)
    return tuple(families)


def touched(use: DataUse) -> frozenset[str]:
    """The families whose statements could matter: those needed, and research where care may rest on it."""
    families = frozenset(needed(use))
    return families | {RESEARCH} if CLINICAL in families else families


def is_commercial(use: DataUse) -> bool:
    """Unless it is declared not to be and the organisation is known not to be for profit."""
    return use.commercial_use is not False or use.requester.org_type not in modifiers.NOT_FOR_PROFIT


def answer(family: str, speak: Speaker, use: DataUse, policy: Policy, at: datetime) -> Answer:
    """What a record says to this use about one family."""
    spoken = speak(family)
    if family == CLINICAL and not spoken.heads:
        return _care_through_research(spoken, speak(RESEARCH), use, policy, at)
    found = Answer(tuple(_reasons(family, spoken, use, policy, at)), tuple(head.seq for head in spoken.heads))
    if family == COMMERCIAL and found.reasons:
        return Answer((Reason.COMMERCIAL_NOT_GRANTED,), found.heads)
    return found


def _reasons(family: str, spoken: Spoken, use: DataUse, policy: Policy, at: datetime) -> Iterator[Reason]:
    if not spoken.heads:
        yield spoken.pending or Reason.CONSENT_NONE
    for head in spoken.heads:
        yield from head.reasons
        if not head.is_grant:
            continue
        if family == RESEARCH:
            yield from coverage.check(head, use, policy.disease_parents)
        if head.modifiers:
            yield from modifiers.check(head, use, policy, at)


def _care_through_research(
    clinical: Spoken, research: Spoken, use: DataUse, policy: Policy, at: datetime
) -> Answer:
    """Nothing was said of care: a research grant with CC covers it, if no other research head objects."""
    if not any(_reaches_care(head) for head in research.heads):
        return Answer((clinical.pending or Reason.CONSENT_NONE,), ())
    return Answer(
        tuple(reason for head in research.heads for reason in _through(head, use, policy, at)),
        tuple(head.seq for head in research.heads),
    )


def _through(head: Head, use: DataUse, policy: Policy, at: datetime) -> Iterator[Reason]:
    if head.is_grant and not _reaches_care(head):
        yield Reason.CONSENT_NONE
        return
    yield from head.reasons
    yield from modifiers.check(head, use, policy, at, leaving_out=OF_RESEARCH_ONLY)


def _reaches_care(head: Head) -> bool:
    return head.is_grant and head.carries("CC")
