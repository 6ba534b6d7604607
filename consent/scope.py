"""Consent scope: what the heads of one participant together allow, family by family, whoever may ask.

It asks the same rules as decision, and sets aside what only a request can settle: conditions and kinds of
research. It releases nothing and permits nothing; it is for telling a participant where she stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from consent.purposes import FAMILIES
from consent.reasons import Reason
from consent.rules import families, precedence
from consent.rules.spoken import Record
from consent.terms import DataUse, Policy, Requester, Statement, Subject

# Reasons that some requests would meet and others not.
OF_REQUEST = frozenset(
    reason for reason in Reason if reason.startswith("MOD_") and reason is not Reason.MOD_UNKNOWN
) | {Reason.PURPOSE_NOT_COVERED, Reason.DISEASE_NOT_COVERED}

_NOBODYS = DataUse(id="", purposes=frozenset(), requester=Requester())


@dataclass(frozen=True, slots=True)
class Choice:
    """Where a participant stands on one family: the statement that speaks, and why it allows nothing."""

    family: str
    head: Statement | None
    reasons: tuple[Reason, ...]

    @property
    def allowed(self) -> bool:
        """Some request could be permitted, as far as this family goes."""
        return not self.reasons


def of(
    subject: Subject,
    statements: Sequence[Statement],
    *,
    policy: Policy,
    at: datetime,
    file: str | None = None,
) -> dict[str, Choice]:
    """Every family, in the order of the table: for one file, or, where none is named, for all of them; then
    what was said for single files is not looked at."""
    record = Record(subject, statements, file, policy, at)
    return {family: _choice(family, record) for family in FAMILIES}


def _choice(family: str, record: Record) -> Choice:
    spoken = precedence.heads(record.statements, family, record.file, record.at).all
    found = families.answer(family, record.speak, _NOBODYS, record.policy, record.at).reasons
    return Choice(
        family,
        spoken[0] if spoken else None,
        tuple(reason for reason in found if reason not in OF_REQUEST),
    )
