"""What a record answers for one family: every statement that speaks must permit, and the reasons are kept.

It joins the rules for one person: precedence, the grant's time and form, authority, coverage, modifiers; and
care, which may rest on a research grant that carries CC. Other people are in relatives.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from consent.purposes import PURPOSES, is_police
from consent.reasons import Reason
from consent.rules import authority, coverage, modifiers
from consent.rules.precedence import Heads, heads
from consent.terms import DataUse, Policy, Statement, Subject, Verb

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


@dataclass(frozen=True, slots=True)
class Asked:
    """One person's record, and the question that is put to it."""

    subject: Subject
    statements: Sequence[Statement]
    file: str | None
    use: DataUse
    policy: Policy
    at: datetime

    def heads(self, family: str) -> Heads:
        return heads(self.statements, family, self.file, self.at)


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


def answer(family: str, asked: Asked) -> Answer:
    """What the record says about one family."""
    spoken = asked.heads(family)
    if family == CLINICAL and not spoken.all:
        return _care_through_research(asked, spoken)
    found = Answer(tuple(_reasons(family, spoken, asked)), tuple(head.seq for head in spoken.all))
    if family == COMMERCIAL and found.reasons:
        return Answer((Reason.COMMERCIAL_NOT_GRANTED,), found.heads)
    return found


def _reasons(family: str, spoken: Heads, asked: Asked) -> Iterator[Reason]:
    said = spoken.all
    if not said:
        yield spoken.pending or Reason.CONSENT_NONE
    for head in said:
        if head.decision is not Verb.GRANT:
            yield _refusal(head)
            continue
        yield from _of_grant(head, asked)
        if family == RESEARCH:
            yield from coverage.check(head, asked.use, asked.policy.disease_parents)
        if head.modifiers:
            yield from modifiers.check(head, asked.use, asked.policy, asked.at)


def _care_through_research(asked: Asked, clinical: Heads) -> Answer:
    """Nothing was said of care: a research grant with CC covers it, if no other research head objects."""
    said = asked.heads(RESEARCH).all
    if not any(_reaches_care(head) for head in said):
        return Answer((clinical.pending or Reason.CONSENT_NONE,), ())
    return Answer(
        tuple(reason for head in said for reason in _through(head, asked)), tuple(head.seq for head in said)
    )


def _through(head: Statement, asked: Asked) -> Iterator[Reason]:
    if head.decision is not Verb.GRANT:
        yield _refusal(head)
    elif not _reaches_care(head):
        yield Reason.CONSENT_NONE
    else:
        yield from _of_grant(head, asked)
        yield from modifiers.check(head, asked.use, asked.policy, asked.at, leaving_out=OF_RESEARCH_ONLY)


def _reaches_care(head: Statement) -> bool:
    return head.decision is Verb.GRANT and head.carries("CC")


def _refusal(head: Statement) -> Reason:
    return Reason.CONSENT_WITHDRAWN if head.decision is Verb.WITHDRAW else Reason.CONSENT_DENIED


def _of_grant(grant: Statement, asked: Asked) -> Iterator[Reason]:
    """What holds for every grant: its time, its form, and who gave it."""
    at, form = asked.at, grant.form
    if grant.valid_to is not None and grant.valid_to <= at:
        yield Reason.CONSENT_EXPIRED
    if form.reconsent_due is not None and form.reconsent_due <= at:
        yield Reason.CONSENT_RECONSENT_OVERDUE
    if grant.family not in form.offers:
        yield Reason.CONSENT_FORM_LACKS_PURPOSE
    if is_police(grant.family) and form.le_notice is not True:
        yield Reason.CONSENT_LE_NOTICE_MISSING
    yield from authority.check(grant, asked.subject, asked.statements, asked.policy, at)
