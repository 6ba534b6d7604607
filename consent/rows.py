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
from consent.rules.precedence import EVERYTHING, OF_FILE
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
    about = _of_families(statements)
    since, personal = _around(instants.of_subject(subject, policy), at, None, None)
    ends = [personal] * (len(COLUMN) + 1)
    of_age = authority.of_age_at(subject, policy)
    for family, coming in about.items():
        some = [authority.grace_end(of_age, family, policy), *coming]
        since, ends[COLUMN[family]] = _around(some, at, since, personal)
    told = tuple([NEVER if end is None else micro(end) for end in ends])
    begun, until = EVER if since is None else micro(since), min(told)
    gates = tuple(standing.of_subject(subject, at))
    of_any = None
    if not any(one.level is OF_FILE for one in statements):  # then it is the same for all files
        of_any = _spoken(Record(subject, statements, None, policy, at), about)
    return [
        Row(
            id_,
            (*gates, *standing.of_file(file)),
            of_any or _spoken(Record(subject, statements, file.id, policy, at), about),
            told,
            begun,
            until,
        )
        for id_, file in files
    ]


def _of_families(statements: Iterable[Statement]) -> dict[str, list[datetime | None]]:
    """The families that a record speaks of, and the instants at which what it says of each could change."""
    said: dict[str, list[datetime | None]] = {}
    for statement in statements:
        said.setdefault(statement.family, []).extend(instants.of_statement(statement))
    everything = said.get(EVERYTHING)
    if everything is None:
        return {family: coming for family, coming in said.items() if family in COLUMN}
    return {family: [*said.get(family, ()), *everything] for family in COLUMN}


def _around(
    some: Iterable[datetime | None], at: datetime, past: datetime | None, coming: datetime | None
) -> tuple[datetime | None, datetime | None]:
    """Of these instants and these two: the last that has come, and the first that is still to come."""
    for one in some:
        if one is None:
            continue
        if one <= at:
            if past is None or one > past:
                past = one
        elif coming is None or one < coming:
            coming = one
    return past, coming


def _spoken(record: Record, about: Iterable[str]) -> tuple[Spoken, ...]:
    """What a record speaks of each family, where it says anything of it."""
    spoken = [SILENCE] * len(COLUMN)
    for family in about:
        spoken[COLUMN[family]] = record.speak(family)
    return tuple(spoken)
