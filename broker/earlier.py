"""One participant's record as it was at an earlier gate, and as it is now: a job's request is put to it.

Statements and trail are read once and checked; what was not known at the gate is left away.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from broker import gates as kept
from broker.models import JobGate
from consent import explain, history, policies, records, remembered, replay
from consent.explain import Explanation, Verdict
from consent.history import Said
from consent.models import Participant, TwinLink
from consent.participants import subject_of
from consent.rules import relatives
from consent.terms import File, FileState, Relations, Side, Statement


@dataclass(frozen=True, slots=True)
class Record:
    """One person's whole record and trail, read once and checked."""

    participant: Participant
    statements: tuple[Statement, ...]
    trail: list[Said]

    @classmethod
    def of(cls, participant: Participant) -> Self:
        """Raises SealBroken or LedgerBroken for a statement or an opening that is not as it was recorded."""
        return cls(participant, records.of(participant), remembered.trail(participant))

    def positions(self, gate: JobGate) -> list[int]:
        """The positions up to which a gate may have seen her: more than one only where she changed something
        at the very moment it looked."""
        changed = {*history.steps(self.trail), *(said.seq for said in self.statements)}
        asker = _asker(gate)
        if asker is not None:  # her own word counts for everybody, and she may have changed it just then
            changed |= {*history.steps(remembered.trail(asker)), *(said.seq for said in records.of(asker))}
        return replay.positions(gate, changed)

    def judged(self, gate: JobGate, position: int, only: Collection[str] | None) -> Verdict:
        """What was decided at a gate, from what was known up to a position."""
        said = history.until(self.trail, at=gate.at, position=position)
        return explain.judge(
            history.subject(said, self.participant.pseudonym),
            history.files(said),
            [one for one in self.statements if one.seq <= position],
            gate.data_use,
            policies.named(gate.policy_version),
            gate.at,
            relations=self._relations(gate, gate.at, position),
            only=only,
        )

    def explained(self, gate: JobGate, position: int, only: Collection[str] | None = None) -> Explanation:
        """The decision at a gate, from what was known up to a position."""
        said = history.until(self.trail, at=gate.at, position=position)
        return explain.explain(
            history.subject(said, self.participant.pseudonym),
            history.files(said),
            [one for one in self.statements if one.seq <= position],
            gate.data_use,
            policies.named(gate.policy_version),
            gate.at,
            position=gate.position,
            relations=self._relations(gate, gate.at, position),
            only=only,
        )

    def explained_as_of(self, gate: JobGate, as_of: datetime) -> Explanation:
        """The same request, decided at another instant from what was on record then."""
        said = history.until(self.trail, at=as_of)
        known = [one for one in self.statements if one.recorded_at <= as_of]
        newest = max((*history.steps(said), *(one.seq for one in known)), default=None)
        return explain.explain(
            history.subject(said, self.participant.pseudonym),
            history.files(said),
            known,
            gate.data_use,
            policies.as_of(as_of),
            as_of,
            position=newest,
            relations=self._relations(gate, as_of),
        )

    def explained_now(self, gate: JobGate, at: datetime) -> Explanation:
        """The same request, decided from the rows as they are."""
        held = self.participant.holdings.order_by("file").values_list("file", "state")
        return explain.explain(
            subject_of(self.participant),
            [File(str(file), FileState(state)) for file, state in held],
            self.statements,
            gate.data_use,
            policies.within_bounds(at=at),
            at,
            position=self.participant.epoch,
            relations=self._relations(gate, at),
        )

    def _relations(self, gate: JobGate, at: datetime, position: int | None = None) -> Relations:
        """Her registered twin, and the participant who asked for herself, if any did, as they were known at
        an instant, up to a position."""
        others = TwinLink.objects.standing(at=at).twins_of([self.participant.ordinal]).values()
        twin = Participant.objects.filter(ordinal__in=[*others]).first()
        return Relations(
            mz_twin=_side(twin, at, position),
            requesting_participant=_side(_asker(gate), at, position),
        )


def _asker(gate: JobGate) -> Participant | None:
    """Who asked for herself, where that counts."""
    return kept.asker(gate.job) if relatives.is_mutual(gate.data_use) else None


def _side(other: Participant | None, at: datetime, position: int | None) -> Side | None:
    """Somebody else on whose consent a decision rested."""
    if other is None:
        return None
    said = history.until(remembered.trail(other), at=at, position=position)
    known = [
        one
        for one in records.of(other)
        if one.recorded_at <= at and (position is None or one.seq <= position)
    ]
    return Side(history.subject(said, other.pseudonym), tuple(known))
