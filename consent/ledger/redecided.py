"""Everybody about whom a job decided, decided again from what its file shows, and held against what it wrote
down. Pure. Whether the file is what the ledger committed to is asked before, in consent.ledger.job_file.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from consent import explain, history, replay
from consent.errors import NotRemembered
from consent.explain import Verdict
from consent.history import Said
from consent.ledger.erased_since import Since
from consent.ledger.gathered import Gathered
from consent.policy import Policy
from consent.reasons import Reason
from consent.replay import Gate
from consent.terms import NONE, DataUse, Relations, Side, Statement

MOST_WHOLE = 64  # gates of one attempt at which everybody was asked about; a job stops long before


@dataclass(slots=True, kw_only=True)
class Again:
    """What a job was asked with, and whom about. `asker` is who asked for herself, where that counts."""

    known: Gathered
    gates: list[Gate]
    uses: Mapping[str, DataUse]
    policies: Mapping[str, Policy]
    manifest: Mapping[str, Any]
    snapshot: frozenset[int]
    people: Mapping[str, Mapping[str, Any]]
    records: Mapping[str, tuple[Statement, ...]]
    asker: str | None
    since: Since
    _askers: dict[tuple[datetime, int], Side] = field(default_factory=dict)

    def problems(self, counts: Counter[str]) -> Iterator[str]:
        """A sentence for everybody who is decided otherwise now; the rest are counted."""
        first = self.manifest["first"]
        if sum(gate.kind in replay.WHOLE and gate.number >= first for gate in self.gates) > MOST_WHOLE:
            yield f"It asked about everybody more than {MOST_WHOLE} times in one attempt, which no job does."
            return
        by_ordinal = {one["ordinal"]: name for name, one in self.people.items() if one["ordinal"] is not None}
        digests = replay.digests(dict(self.manifest))
        lost = dict(self.manifest["lost"])
        reasons = {ordinal: tuple(map(Reason, why)) for ordinal, why in self.manifest["left_out"]}
        numbered = {gate.number: gate for gate in self.gates}
        salt = bytes.fromhex(self.manifest["salt"])
        yield from self.since.manifest_problems()
        if len(by_ordinal) != sum(one["ordinal"] is not None for one in self.people.values()):
            yield "Two people are shown under one number."
        asker_gone = self.asker is not None and self.since.is_erased(self.asker)
        if asker_gone:
            yield from self._gone(str(self.asker), self.people[str(self.asker)]["ordinal"], read=True)
        erased = Counter[bool]()  # by whether they were read
        for ordinal in (*self.manifest["permitted"], *reasons):
            name, read = by_ordinal.get(ordinal), ordinal not in reasons
            if name is None:
                yield f"Nothing is shown of person {ordinal}, about whom it decided."
                continue
            wrong = [*self.since.identity_problems(name, ordinal)]
            if self.since.is_erased(name):
                erased[read] += 1
                wrong += self._gone(name, ordinal, read=read)
                if not wrong:
                    counts[self.since.label(name)] += 1
                    continue
            if wrong:
                yield from wrong
                continue
            if asker_gone:
                counts["not decided again, as who asked was ERASED since"] += 1
                continue
            gate = self.gates[-1] if read else numbered[lost.get(ordinal, first)]
            why = reasons.get(ordinal, ())

            def is_recorded(one: Verdict, ordinal: int = ordinal) -> bool:
                told = (bool(one.files), one.reasons) == (ordinal not in reasons, reasons.get(ordinal, ()))
                return told and replay.digest(salt, ordinal, one) == digests.get(ordinal)

            try:
                _, again, same = replay.matching(self._states(name, ordinal, gate, read), is_recorded)
            except NotRemembered as gone:
                yield f"{name} cannot be decided again. {gone}"
                continue
            if same:
                counts["read" if read else "not read"] += 1
            else:
                yield (
                    f"{name} was {_said(read, why)}; decided again from the statements: "
                    f"{_otherwise(read, why, again)}."
                )

        yield from self.since.too_many(read=erased[True], besides=erased[False])

    def _gone(self, name: str, ordinal: int, *, read: bool) -> list[str]:
        return [*self.since.problems(name, ordinal, read=read)]

    def _states(
        self, name: str, ordinal: int, gate: Gate, read: bool
    ) -> Iterator[tuple[replay.State, Verdict]]:
        trail = self._trail(name)
        changed = self._changed(name)
        if self.asker is not None:  # her own word counts for everybody, and she may have changed it just then
            changed |= self._changed(self.asker)

        def judge(gate: Gate, position: int, only: frozenset[str] | None) -> Verdict:
            said = history.until(trail, at=gate.at, position=position)
            return explain.judge(
                history.subject(said, name),
                history.files(said),
                [one for one in self.records[name] if one.seq <= position],
                self.uses[gate.use],
                self.policies[gate.policy_version],
                gate.at,
                relations=self._relations(name, gate.at, position),
                only=only,
            )

        return replay.possible(
            gate,
            self.gates,
            lambda one: replay.positions(one, changed),
            judge,
            first=self.manifest["first"],
            read=read,
            in_snapshot=ordinal in self.snapshot,
        )

    def _relations(self, name: str, at: datetime, position: int) -> Relations:
        twin = self.known.twin_of(name, at)
        if twin is None and self.asker is None:
            return NONE
        return Relations(
            mz_twin=None if twin is None else self._side(twin, at, position),
            requesting_participant=None if self.asker is None else self._as_asker(self.asker, at, position),
        )

    def _as_asker(self, name: str, at: datetime, position: int) -> Side:
        """The one who asked: the same for everybody at one gate, so she is folded once."""
        if (at, position) not in self._askers:
            self._askers[at, position] = self._side(name, at, position)
        return self._askers[at, position]

    def _side(self, name: str, at: datetime, position: int) -> Side:
        """Somebody else on whose consent a decision rested, as known then."""
        said = history.until(self._trail(name), at=at, position=position)
        spoken = self.records.get(name, ())
        known = tuple(one for one in spoken if one.recorded_at <= at and one.seq <= position)
        return Side(history.subject(said, name), known)

    def _trail(self, name: str) -> list[Said]:
        return [said for said in self.known.about[name] if said["kind"] in history.TAGS]

    def _changed(self, name: str) -> set[int]:
        """The consent positions at which something about her changed."""
        return {*history.steps(self._trail(name)), *(one.seq for one in self.records.get(name, ()))}


def _said(read: bool, reasons: Iterable[Reason]) -> str:
    return "read" if read else f"not read ({', '.join(reasons)})"


def _otherwise(read: bool, why: tuple[Reason, ...], again: Verdict) -> str:
    if (read, why) == (bool(again.files), again.reasons):
        return "the same, on other statements or files than were written down"
    return _said(bool(again.files), again.reasons)
