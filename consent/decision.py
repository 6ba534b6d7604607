"""Yes or no, with every reason. A pure function of values and an instant: no clock, no database, no setting.

The rules are in rules/, one a room; this room joins them. Who may be asked in bulk is in eligibility.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from consent.reasons import Reason, ranked
from consent.rules import families, instants, relatives, requests, standing
from consent.rules.spoken import Record
from consent.terms import NONE, DataUse, File, Policy, Relations, Statement, Subject


class Outcome(StrEnum):
    """There is no third."""

    PERMIT = "PERMIT"
    DENY = "DENY"


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, why not (the gravest first), and on which statements a yes rests."""

    outcome: Outcome
    reasons: tuple[Reason, ...]
    relied_on: tuple[int, ...]
    policy_version: str

    def __bool__(self) -> bool:
        return self.outcome is Outcome.PERMIT

    @property
    def primary(self) -> Reason | None:
        """The gravest reason; None for a yes."""
        return self.reasons[0] if self.reasons else None

    @property
    def is_of_request(self) -> bool:
        """Whether the request itself failed, for everybody alike."""
        return any(reason.is_of_request for reason in self.reasons)


def decide(
    subject: Subject,
    file: File,
    statements: Sequence[Statement] | None,
    use: DataUse,
    policy: Policy,
    at: datetime,
    *,
    relations: Relations = NONE,
) -> Decision:
    """Whether this file of this person may be read for this use at this instant.

    `statements` is the person's whole record in any order; None says that it could not be read.
    """
    if statements is None:
        return _deny((Reason.JOB_LEDGER_UNAVAILABLE,), policy)
    return conclude(
        use,
        policy,
        at,
        gates=(*standing.of_subject(subject, at), *standing.of_file(file)),
        speak=Record(subject, statements, file.id, policy, at).speak,
        relations=relatives.check(relations, use, policy, at),
    )


def conclude(
    use: DataUse,
    policy: Policy,
    at: datetime,
    *,
    gates: Iterable[Reason],
    speak: families.Speaker,
    relations: Iterable[Reason],
) -> Decision:
    """The decision, from how a person and a file stand, what the record speaks, and who else must agree.
    Whoever has those for a whole class of people asks here once for all of them."""
    found = [*requests.check(use, policy, at), *gates, *relations]
    relied_on: list[int] = []
    for family in families.needed(use):
        answer = families.answer(family, speak, use, policy, at)
        found += answer.reasons
        relied_on += answer.heads
    if found:
        return _deny(ranked(found), policy)
    if not relied_on:  # no rule objects and nobody said yes: that is a no
        return _deny((Reason.CONSENT_NONE,), policy)
    return Decision(Outcome.PERMIT, (), tuple(sorted(set(relied_on))), policy.version)


def request_reasons(use: DataUse, policy: Policy, at: datetime) -> tuple[Reason, ...]:
    """The request gates alone, before anybody is asked."""
    return ranked(requests.check(use, policy, at))


def horizon(
    subject: Subject,
    statements: Sequence[Statement],
    use: DataUse,
    policy: Policy,
    at: datetime,
    *,
    relations: Relations = NONE,
) -> datetime | None:
    """The first instant after `at` at which time alone could change the outcome; it may be early, never late.
    None: nothing changes until somebody does something."""
    coming = (
        *instants.of_use(use),
        *instants.of_person(subject, statements, use, policy),
        *instants.of_relations(relations, use, policy),
    )
    return min((instant for instant in coming if instant is not None and instant > at), default=None)


def _deny(reasons: tuple[Reason, ...], policy: Policy) -> Decision:
    return Decision(Outcome.DENY, reasons, (), policy.version)
