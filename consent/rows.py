"""One row of the population: how a file and its person stand, what the record speaks of each family, and
between which instants that holds. Pure.

A row holds no decision; it is what a decision takes that does not depend on who asks. Instants are whole
microseconds since 1970, UTC.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from consent.purposes import FAMILIES
from consent.reasons import Reason
from consent.rules import authority, instants, standing
from consent.rules.precedence import EVERYTHING
from consent.rules.spoken import SILENCE, Record, Spoken
from consent.terms import File, Policy, Statement, Subject

COLUMN = {family: column for column, family in enumerate(FAMILIES)}
GATES = len(COLUMN)  # the place in `ends` of person and file

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
EVER, NEVER = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class Row:
    """What holds from `since`, and up to but not including `until`. `ends` says for each family, and last for
    person and file, up to when that part alone holds."""

    file: UUID
    gates: tuple[Reason, ...]
    spoken: tuple[Spoken, ...]
    ends: tuple[int, ...]
    since: int
    until: int


def micro(at: datetime) -> int:
    """An instant as microseconds since 1970."""
    return (at - EPOCH) // MICROSECOND


def rows_of(
    subject: Subject,
    files: Iterable[tuple[UUID, File]],
    statements: Sequence[Statement],
    policy: Policy,
    at: datetime,
) -> list[Row]:
    """A row for each file of one person, as they stand at an instant."""
    whole = _Whole(subject, statements, policy, at)
    return [_row(whole, id_, file) for id_, file in files]


class _Whole:
    """What is the same for all files of a person."""

    __slots__ = ("at", "gates", "instants", "of_families", "policy", "statements", "subject")

    def __init__(
        self, subject: Subject, statements: Sequence[Statement], policy: Policy, at: datetime
    ) -> None:
        self.subject, self.statements, self.policy, self.at = subject, statements, policy, at
        self.gates = tuple(standing.of_subject(subject, at))
        self.instants = [one for one in instants.of_subject(subject, policy) if one is not None]
        self.of_families = _of_families(subject, statements, policy)


def _row(whole: _Whole, id_: UUID, file: File) -> Row:
    at = whole.at
    record = Record(whole.subject, whole.statements, file.id, whole.policy, at)
    spoken = [SILENCE] * len(COLUMN)
    past = [one for one in whole.instants if one <= at]
    personal = min((one for one in whole.instants if one > at), default=None)
    ends = [personal] * (len(COLUMN) + 1)
    for family, coming in whole.of_families.items():
        column = COLUMN[family]
        spoken[column] = record.speak(family)
        for one in coming:
            if one <= at:
                past.append(one)
            elif ends[column] is None or one < ends[column]:  # type: ignore[operator]
                ends[column] = one
    told = tuple([NEVER if end is None else micro(end) for end in ends])
    return Row(
        id_,
        (*whole.gates, *standing.of_file(file)),
        tuple(spoken),
        told,
        micro(max(past)) if past else EVER,
        min(told),
    )


def _of_families(
    subject: Subject, statements: Iterable[Statement], policy: Policy
) -> dict[str, list[datetime]]:
    """The families that a record speaks of, and the instants at which what it says of each could change."""
    said: dict[str, list[datetime]] = {}
    for statement in statements:
        said.setdefault(statement.family, []).extend(
            [one for one in instants.of_statement(statement) if one is not None]
        )
    of_age = authority.of_age_at(subject, policy)
    everything = said.get(EVERYTHING)
    return {
        family: [authority.grace_end(of_age, family, policy), *said.get(family, ()), *(everything or ())]
        for family in COLUMN
        if everything is not None or family in said
    }
