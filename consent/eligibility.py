"""The law for many at once: everybody who holds a file, decided one by one.

It reads the consent records and asks decision; it mints nothing (clearance does) and keeps nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from consent import records
from consent.decision import decide, horizon
from consent.models import Holding, Participant, Statement
from consent.participants import subject_of
from consent.reasons import Reason
from consent.terms import DataUse, File, FileState, Policy, Subject
from consent.terms import Statement as Said

CHUNK = 500  # people read together; SQLite takes at most 999 values in one question


@dataclass(frozen=True, slots=True)
class Standing:
    """How one participant stands towards one use: the files that may be read, or why none may."""

    ordinal: int
    files: tuple[UUID, ...]
    heads: tuple[int, ...]  # sequence numbers of the statements relied on
    reasons: tuple[Reason, ...]  # empty when any file is permitted
    lapses_at: datetime | None  # before this instant time alone changes nothing

    @property
    def permitted(self) -> bool:
        return bool(self.files)


def survey(
    use: DataUse, *, policy: Policy, at: datetime, only: Collection[int] | None = None
) -> Iterator[Standing]:
    """Everybody who holds a file (or `only` these ordinals), in ordinal order."""
    if only is None:
        everybody: Sequence[int] = list(
            Participant.objects.filter(holdings__isnull=False)
            .distinct()
            .order_by("ordinal")
            .values_list("ordinal", flat=True)
        )
    else:
        everybody = sorted(only)
    for first in range(0, len(everybody), CHUNK):
        yield from _decided(everybody[first : first + CHUNK], use, policy, at)


def _decided(ordinals: Sequence[int], use: DataUse, policy: Policy, at: datetime) -> Iterator[Standing]:
    people = Participant.objects.filter(ordinal__in=ordinals).prefetch_related("freezes").order_by("ordinal")
    holdings: dict[int, list[Holding]] = defaultdict(list)
    for holding in Holding.objects.filter(participant__in=ordinals).order_by("file"):
        holdings[holding.participant_id].append(holding)
    rows: dict[int, list[Statement]] = defaultdict(list)
    for row in Statement.objects.filter(participant__in=ordinals).order_by("seq"):
        rows[row.participant_id].append(row)
    for person in people:
        said = tuple(records.read(row, person.pseudonym) for row in rows[person.ordinal])
        yield _standing(person.ordinal, subject_of(person), holdings[person.ordinal], said, use, policy, at)


def _standing(
    ordinal: int,
    subject: Subject,
    holdings: Sequence[Holding],
    said: tuple[Said, ...],
    use: DataUse,
    policy: Policy,
    at: datetime,
) -> Standing:
    decisions = {
        holding.file: decide(
            subject, File(id=str(holding.file), state=FileState(holding.state)), said, use, policy, at
        )
        for holding in holdings
    }
    permitted = {file: decision for file, decision in decisions.items() if decision}
    if permitted:
        heads = {seq for decision in permitted.values() for seq in decision.relied_on}
        return Standing(
            ordinal=ordinal,
            files=tuple(permitted),
            heads=tuple(sorted(heads)),
            reasons=(),
            lapses_at=horizon(subject, said, use, policy, at),
        )
    # Of several refused files, the one that came closest explains best.
    closest = min((d.reasons for d in decisions.values()), key=len, default=(Reason.CONSENT_NONE,))
    return Standing(ordinal=ordinal, files=(), heads=(), reasons=closest, lapses_at=None)
