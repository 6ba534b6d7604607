"""Who may be asked: the law for everybody who holds a file, as arrays; and again, one by one, for a few.

`eligible` asks the law once for each class of people who stand and speak alike, and carries the outcome to
them. `survey` decides for each person on her own sealed statements. They agree, by test. Nothing is minted
here (clearance does that), and nothing is read of a genome.
"""

import os
import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np

from consent import fence, projection, roll
from consent.decision import decide, horizon, request_reasons
from consent.models import TwinLink
from consent.population import Bits, Numbers, Population
from consent.reasons import Reason
from consent.rebuild import rebuild, rows
from consent.rows import EPOCH, NEVER
from consent.rules import instants, relatives
from consent.terms import NONE, DataUse, Policy, Relations

KEPT = 2  # policies whose population a process keeps: the one in force, and one before it

_populations: dict[str, Population] = {}
_upkeep = threading.Lock()


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


@dataclass(frozen=True, slots=True, eq=False)
class Eligible:
    """Who may be asked for one use, at one instant: one place a file, in the order of the ordinals. `reasons`
    is not empty when the request itself fails; then nobody is permitted."""

    position: int
    reasons: tuple[Reason, ...]
    ordinals: Numbers
    files: np.ndarray[tuple[int], np.dtype[np.void]]
    permitted: Bits
    left_out: tuple[tuple[tuple[Reason, ...], Numbers], ...]  # reasons, and the ordinals they hold for
    lapses_at: datetime | None

    @property
    def people(self) -> Numbers:
        """The ordinals of those of whom some file may be read, in order."""
        return np.unique(self.ordinals[self.permitted])


def eligible(
    use: DataUse,
    *,
    policy: Policy,
    at: datetime,
    why: bool = False,
    relations: Relations = NONE,
    only: Collection[int] | None = None,
) -> Eligible:
    """Everybody who holds a file, or `only` these ordinals. With `why`, also why the others may not be asked.

    `relations` says who asks, for a relative match. Raises SealBroken when a record that has to be read anew
    is not as it was recorded."""
    reasons = request_reasons(use, policy, at)
    objections = tuple(relatives.check(relations, use, policy, at))  # of the one who asks: the same for all
    with _upkeep:
        population = _current(policy, at)
        nobody = np.zeros(len(population), np.bool_)
        permitted = nobody if reasons or objections else population.allowed(use, at)
        if only is not None:
            permitted &= np.isin(population.ordinals, np.fromiter(only, np.int64, len(only)))
        alone = [] if reasons else _twins(population, permitted, use, policy, at, everybody=why)
        ends = [_instant(population.lapses_at(permitted, use, at)), *(one.lapses_at for one in alone)]
        ends += instants.of_relations(relations, use, policy)
        left_out = () if reasons or not why else _left_out(population, permitted, use, at, objections, alone)
        return Eligible(
            population.position,
            reasons,
            population.ordinals,
            population.files,
            permitted,
            left_out,
            min((end for end in ends if end is not None and end > at), default=None),
        )


def survey(
    use: DataUse,
    *,
    policy: Policy,
    at: datetime,
    only: Collection[int] | None = None,
    relations: Relations = NONE,
    whole: bool = False,
) -> Iterator[Standing]:
    """Everybody who holds a file (or `only` these ordinals), in ordinal order, decided one by one. With
    `whole`, each on all that was recorded of her: raises HeadMissing when something is gone."""
    for person in roll.people(roll.holders() if only is None else only, whole=whole):
        yield _standing(person, use, policy, at, relations)


def keep(*, policy: Policy, at: datetime) -> None:
    """Keep the population as it stands, so that the next process starts quickly."""
    with _upkeep:
        projection.save(_current(policy, at), at=at)


def forget() -> None:
    """Drop what this process keeps; the next question starts from the projection or the record."""
    _populations.clear()


def _begin() -> None:
    """A process that was forked off has a lock of its own: whoever held the old one is not in it."""
    global _upkeep
    _upkeep = threading.Lock()


os.register_at_fork(after_in_child=_begin)


def _current(policy: Policy, at: datetime) -> Population:
    """The population as it stands at this instant, at the newest consent position."""
    kept = _populations.pop(policy.version, None)
    if kept is None or kept.policy != policy or not fence.remembers(kept.position, kept.mark):
        kept = projection.load(policy) or rebuild(policy=policy, at=at)
    position, mark = fence.newest()
    moved = kept.stale(at)
    if position != kept.position:
        moved |= fence.changed_since(kept.position)
    if moved:
        kept.put(rows(sorted(moved), policy, at))
    kept.position, kept.mark = position, mark
    _populations[policy.version] = kept
    while len(_populations) > KEPT:
        del _populations[next(iter(_populations))]
    return kept


def _twins(
    population: Population, permitted: Bits, use: DataUse, policy: Policy, at: datetime, *, everybody: bool
) -> list[Standing]:
    """Whoever has a registered twin is decided alone where both must agree; rows that fall are cleared. With
    `everybody`, those who are refused anyway too, for all their reasons."""
    if not relatives.touches_twins(use, policy):
        return []
    twinned = np.array(sorted(TwinLink.objects.standing().everybody()), np.int64)
    first, end = (np.searchsorted(population.ordinals, twinned + step) for step in (0, 1))
    asked = [
        int(ordinal)
        for ordinal, start, stop in zip(twinned, first, end, strict=True)
        if start < stop and (everybody or permitted[start:stop].any())
    ]
    found = list(survey(use, policy=policy, at=at, only=asked)) if asked else []
    for one in found:
        may = {file.bytes for file in one.files}
        for place in range(*np.searchsorted(population.ordinals, [one.ordinal, one.ordinal + 1])):
            permitted[place] &= population.files[place].tobytes() in may
    return found


def _left_out(
    population: Population,
    permitted: Bits,
    use: DataUse,
    at: datetime,
    objections: tuple[Reason, ...],
    alone: list[Standing],
) -> tuple[tuple[tuple[Reason, ...], Numbers], ...]:
    """Why each of those may not be asked of whom no file may be read. Of several refused files, the one that
    came closest explains best."""
    apart = [one for one in alone if not one.permitted]
    told_already = [*population.ordinals[permitted].tolist(), *(one.ordinal for one in apart)]
    rows = np.flatnonzero(~np.isin(population.ordinals, told_already))
    told = list(population.decisions(rows, use, at, objections))
    which = np.zeros(len(population), np.int64)
    for number, (_, places) in enumerate(told):
        which[places] = number
    many = np.array([len(decision.reasons) for decision, _ in told], np.int64)
    # For each person the row with the fewest reasons; of several, the first.
    order = np.lexsort((rows, many[which[rows]], population.ordinals[rows]))
    _, first = np.unique(population.ordinals[rows][order], return_index=True)
    closest = np.sort(rows[order][first])
    groups = [(one.reasons, np.array([one.ordinal])) for one in apart]
    for number, (decision, _) in enumerate(told):
        people = population.ordinals[closest[which[closest] == number]]
        if len(people):
            groups.append((decision.reasons, people))
    return tuple(groups)


def _instant(micros: int) -> datetime | None:
    return None if micros == NEVER else EPOCH + timedelta(microseconds=micros)


def _standing(
    person: roll.Person, use: DataUse, policy: Policy, at: datetime, relations: Relations
) -> Standing:
    relations = replace(relations, mz_twin=person.twin)
    decisions = {
        id_: decide(person.subject, file, person.statements, use, policy, at, relations=relations)
        for id_, file in person.files
    }
    permitted = {id_: decision for id_, decision in decisions.items() if decision}
    if permitted:
        heads = {seq for decision in permitted.values() for seq in decision.relied_on}
        return Standing(
            ordinal=person.ordinal,
            files=tuple(permitted),
            heads=tuple(sorted(heads)),
            reasons=(),
            lapses_at=horizon(person.subject, person.statements, use, policy, at, relations=relations),
        )
    # Of several refused files, the one that came closest explains best.
    closest = min((d.reasons for d in decisions.values()), key=len, default=(Reason.CONSENT_NONE,))
    return Standing(ordinal=person.ordinal, files=(), heads=(), reasons=closest, lapses_at=None)
