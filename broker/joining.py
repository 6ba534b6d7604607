"""Making a job whole again that was cut: what its ranges read becomes one answer, as if one worker had read.

A range's law was asked in another process and some while ago, so nothing here relies on it alone: everybody
is asked about anew, and of whoever is permitted now only what was permitted and read in her range counts. Who
changed since her range read her is asked on her own statements. Nobody is read again: what was found in a
file is so, and of whom the law lets go it is left out before anything is concluded. Reading is in
broker.ranges, the release in broker.jobs.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from broker import cutting, staging
from broker.gates import Passage
from broker.job_ends import Run
from broker.models import Job, JobGate, JobRange, RangeState
from consent import absence
from consent import clearance as proofs
from consent.canonical import instant, instant_or_none
from consent.clearance import Clearance, Permitted
from consent.reasons import Reason
from consent.standing import is_same
from consent.terms import DataUse, Policy, canonical
from genomics.errors import RequestLapsed

LOST = Reason.JOB_REVOKED_IN_FLIGHT


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the law said of a range's people: who was read, on which heads; why the others were not, and at
    which of the range's gates that was decided."""

    position: int
    policy_version: str
    use: DataUse
    lapses_at: datetime | None
    read: tuple[Permitted, ...]
    lost: Mapping[int, tuple[int, tuple[Reason, ...]]]
    gates: tuple[Mapping[str, Any], ...]

    @classmethod
    def of(cls, passage: Passage, clearance: Clearance) -> Self:
        why = {one.ordinal: one.reasons for one in clearance.left_out}
        return cls(
            position=clearance.position,
            policy_version=clearance.policy_version,
            use=clearance.use,
            lapses_at=clearance.lapses_at,
            read=clearance.permitted,
            lost={ordinal: (gate, _lost(why.get(ordinal, ()))) for ordinal, gate in passage.lost.items()},
            gates=tuple(gate.as_json() for gate in passage.waiting),
        )

    def as_bytes(self) -> bytes:
        return canonical(
            {
                "position": self.position,
                "policy_version": self.policy_version,
                "use": self.use.as_json(),
                "lapses_at": self.lapses_at,
                "read": [
                    [one.ordinal, [file.hex for file in one.files], list(one.heads)] for one in self.read
                ],
                "lost": [[ordinal, gate, list(why)] for ordinal, (gate, why) in self.lost.items()],
                "gates": list(self.gates),
            }
        )

    @classmethod
    def from_bytes(cls, text: bytes) -> Self:
        said = json.loads(text)
        return cls(
            position=said["position"],
            policy_version=said["policy_version"],
            use=DataUse.from_json(said["use"]),
            lapses_at=instant_or_none(said["lapses_at"]),
            read=tuple(
                Permitted(ordinal, tuple(UUID(hex=file) for file in files), tuple(heads))
                for ordinal, files, heads in said["read"]
            ),
            lost={ordinal: (gate, tuple(map(Reason, why))) for ordinal, gate, why in said["lost"]},
            gates=tuple(said["gates"]),
        )

    def holds(self, use: DataUse, policy: Policy, at: datetime) -> bool:
        """Whether neither request, policy nor time is another than it was asked with: of whoever did not
        change since, it would be said again."""
        lapsed = self.lapses_at is not None and at >= self.lapses_at
        return self.policy_version == policy.version and not lapsed and is_same(self.use, use)


@dataclass(slots=True)
class Whole:
    """All ranges of a job together, and who has been lost: in them, and in this attempt since."""

    job: Job
    asked: list[Asked]
    cut_at: int  # the gate at which its people had been permitted when it was cut
    read: dict[int, Permitted] = field(default_factory=dict)
    lost: dict[int, tuple[int, tuple[Reason, ...]]] = field(default_factory=dict)  # at which gate, and why

    @classmethod
    def of(cls, job: Job) -> Self | None:
        """None for a job that was not cut. Raises StagedBroken where a range is missing or was changed."""
        if not job.cut_into:
            return None
        rows = JobRange.objects.filter(job=job, state=RangeState.DONE).order_by("number").defer("found")
        numbers, asked, people, cuts = list[int](), list[Asked](), set[int](), set[tuple[int, int]]()
        out: dict[int, tuple[Reason, ...]] = {}
        for one in rows.iterator():
            share = cutting.Share.of(one)
            said = staging.unseal(bytes(one.asked or b""), cutting.place(job.pk, one.number, "asked"))
            asked.append(Asked.from_bytes(said))
            numbers.append(one.number)
            cuts.add((share.gate, share.of_many))
            people |= set(share.people)
            out |= share.out
            if {*share.people} != {*(person.ordinal for person in asked[-1].read), *asked[-1].lost}:
                raise staging.StagedBroken(f"Range {one.number} of job {job.pk} is not about its people.")
        snapshot = proofs.from_bitmap(staging.unseal(bytes(job.snapshot or b""), f"{job.pk}/snapshot"))
        is_whole = numbers == list(range(job.cut_into)) and {many for _, many in cuts} == {job.cut_into}
        if not is_whole or len(cuts) != 1 or not people <= snapshot:
            raise staging.StagedBroken(f"The ranges of job {job.pk} are not all there. Tell an auditor.")
        ((gate, _),) = cuts
        whole = cls(job, asked, gate)
        whole.lost = {ordinal: (gate, _lost(why)) for ordinal, why in out.items()}
        whole.read = {person.ordinal: person for said in asked for person in said.read}
        return whole

    def adopt(self, passage: Passage) -> None:
        """The gates of the ranges, in order, become gates of this attempt."""
        passage.versions[self.cut_at] = self._as_it_was_cut().policy_version
        for said in self.asked:
            numbers = [passage.adopt(_gate(one)) for one in said.gates]
            self.lost |= {ordinal: (numbers[gate], why) for ordinal, (gate, why) in said.lost.items()}

    def standing(
        self,
        run: Run,
        clearance: Clearance,
        policy: Policy,
        *,
        size: int,
        on_part: Callable[[], None],
    ) -> Clearance:
        """Of whom the law permits now, those who were permitted and read in their range and never lost since;
        `on_part` is called after every `size` people who had to be asked about once more."""
        passage, at = run.passage, clearance.at
        cut = passage.adopt(self._as_it_was_cut())
        read = {ordinal: one for ordinal, one in self.read.items() if ordinal not in self.lost}
        kept = proofs.narrowed(clearance, read, lambda ordinal: self.lost.get(ordinal, (cut, (LOST,)))[1])
        here = {one.ordinal for one in kept.permitted}
        passage.lost = {
            one.ordinal: self.lost.get(one.ordinal, (cut, ()))[0]
            for one in clearance.permitted
            if one.ordinal not in here
        }
        again, about = list[Clearance](), list[Permitted]()
        for part in proofs.parts(kept, size, self._doubtful(clearance, policy, at)):
            again.append(proofs.recut(part, use=run.use(), policy=policy, at=at))
            if again[-1].reasons:
                raise RequestLapsed(again[-1].reasons)
            about += part.permitted
            on_part()
        if not again:
            return kept
        found = proofs.without_lost(kept, about, *again)
        passage.cut(kept, found, again[0])
        return found

    def let_go(self, passage: Passage, standing: Clearance) -> None:
        """Whoever did not stand in this try stands in no later one of this attempt."""
        stood = {one.ordinal for one in standing.permitted}
        why = {one.ordinal: one.reasons for one in standing.left_out}
        for ordinal in set(self.read) - set(self.lost) - stood:
            gate = passage.lost.get(ordinal, passage.first)
            self.lost[ordinal] = (gate, _lost(why.get(ordinal, ())))

    def found(self) -> Iterator[bytes]:
        """What was found in the files of each range, unsealed, one after the other."""
        rows = JobRange.objects.filter(job=self.job, state=RangeState.DONE).order_by("number")
        for number, sealed in rows.values_list("number", "found").iterator(chunk_size=1):
            yield staging.unseal(bytes(sealed or b""), cutting.place(self.job.pk, number, "found"))

    def _doubtful(self, clearance: Clearance, policy: Policy, at: datetime) -> set[int]:
        """Of whom it may be said otherwise now, or on other statements, than when they were read."""
        changed = absence.changed_since(min(said.position for said in self.asked))
        if clearance.asker in changed:
            return set(self.read)
        stale = (said for said in self.asked if not said.holds(clearance.use, policy, at))
        return changed | {person.ordinal for said in stale for person in said.read}

    def _as_it_was_cut(self) -> JobGate:
        """The gate before the cut once more, so that it is told from which files a decision was made: one
        that came after it was not read."""
        gate = JobGate.objects.get(job=self.job, number=self.cut_at)
        return _gate(gate.as_json() | {"kind": JobGate.Kind.CUT})


def _gate(said: Mapping[str, Any]) -> JobGate:
    at = said["at"] if isinstance(said["at"], datetime) else instant(said["at"])
    facts = ("kind", "position", "seen_upto", "policy_version", "use")
    return JobGate(at=at, **{name: said[name] for name in facts})


def _lost(reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    return reasons if LOST in reasons else (*reasons, LOST)
