"""A job's decision about one participant, made again: from her statements, her facts, the policy and the
request as they were then; held against what the job recorded; and beside it what today's record would say.

What is compared: a SHA-256, salted by job, over the canonical bytes of each person's decision. The job wrote
it into its sealed manifest when it decided, and the ledger committed to that at the release.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from broker import gates as kept
from broker import staging, usage
from broker.earlier import Record
from broker.errors import Refused
from broker.models import Job, JobGate, JobState
from consent import clearance as proofs
from consent import explain, policies, remembered, replay
from consent.decision import request_reasons
from consent.errors import LedgerBroken, SealBroken
from consent.explain import Explanation, Verdict
from consent.models import Participant
from consent.reasons import Reason
from consent.terms import canonical

NOT_COMPARED = ("t", "ledger_seq")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a job wrote down about one person, and the gate at which it was decided."""

    gate: JobGate
    read: bool
    reasons: tuple[Reason, ...]
    digest: bytes | None  # of the decision; None where only yes or no was kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """See the doorplate. `then` is None for who was erased, or when what it rests on was changed."""

    job: Job
    participant: str
    considered: bool
    recorded: Recorded | None
    then: Explanation | None
    now: Explanation | None
    equal: bool | None  # None: there is nothing to compare with
    problems: tuple[str, ...]
    erased: bool = False

    @property
    def holds(self) -> bool:
        """Whether nothing contradicts what was recorded."""
        return not self.problems and self.equal is not False

    @property
    def differences(self) -> list[tuple[str, Any, Any]]:
        """What today's record would say otherwise: the part, then, now."""
        if self.then is None or self.now is None:
            return []
        then, now = self.then.as_json(), self.now.as_json()
        return [
            (part, then[part], now[part])
            for part in then
            if part not in NOT_COMPARED and canonical(then[part]) != canonical(now[part])
        ]

    def as_json(self) -> dict[str, Any]:
        recorded = None
        if self.recorded is not None:
            recorded = {
                "decision": "PERMIT" if self.recorded.read else "DENY",
                "reasons": list(self.recorded.reasons),
                "gate": self.recorded.gate.as_json(),
                "digest": self.recorded.digest,
            }
        return {
            "job": self.job.pk,
            "participant": self.participant,
            "considered": self.considered,
            "recorded": recorded,
            "then": self.then,
            "now": self.now,
            "equal": self.equal,
            "differences": [part for part, _, _ in self.differences],
            "problems": list(self.problems),
            "erased": self.erased,
        }


EARLIEST, LATEST = 1900, 2200  # years for which a decision is made again; days are counted from an instant


def of(job: Job, participant: Participant, *, as_of: datetime | None = None, at: datetime) -> Replay:
    """What a job decided about one participant, decided again; with `as_of` as it would have been decided at
    that instant. Raises Refused for a job that has asked nothing yet, and for an instant that no decision can
    be of; NotRemembered for one at which she was not registered."""
    if as_of is not None and not EARLIEST <= as_of.year < LATEST:
        raise Refused(
            f"Nothing was decided before {EARLIEST}, or is after {LATEST}. Ask for an instant between."
        )
    gates = list(JobGate.objects.filter(job=job).order_by("number"))
    if not gates:
        raise Refused("This job has decided nothing about anybody yet, or it ran before this was kept.")
    problems = [*kept.altered(job, gates)]
    manifest = _manifest(job, problems)
    considered, recorded = _recorded(job, gates, manifest, participant.ordinal, problems)
    replay = Replay(
        job=job,
        participant=participant.pseudonym,
        considered=considered,
        recorded=recorded,
        then=None,
        now=None,
        equal=None,
        problems=tuple(problems),
    )
    try:
        known = Record.of(participant)
        gone = remembered.said_by_ledger(participant) - {one.seq for one in known.statements}
    except (SealBroken, LedgerBroken) as broken:
        return replace(replay, problems=(*problems, str(broken)))
    problems += [
        f"The ledger records statement {seq}, and it is gone from the record." for seq in sorted(gone)
    ]
    gate = recorded.gate if recorded is not None else gates[-1]
    replay = replace(replay, now=known.explained_now(gate, at), problems=tuple(problems))
    if participant.erased_at is not None and not remembered.is_told(known.trail):
        return replace(replay, erased=True)
    if as_of is not None:
        before = [one for one in gates if one.at <= as_of]
        return replace(replay, then=known.explained_as_of((before or gates[:1])[-1], as_of))
    if recorded is None:
        return replay
    then, equal = _replayed(job, gates, manifest, recorded, known)
    if not equal:
        problems.append(_mismatch(recorded, then.verdict))
    return replace(replay, then=then, equal=equal, problems=tuple(problems))


def of_request(job: Job) -> tuple[str, ...] | None:
    """The smallest change of the request by which a refused job would have passed its gates; None when no
    change would do, or when it was not refused by one."""
    gate = JobGate.objects.filter(job=job, kind=JobGate.Kind.REFUSED).first()
    if gate is None:
        return None
    return explain.of_request(gate.data_use, policies.named(gate.policy_version), gate.at)


def _manifest(job: Job, problems: list[str]) -> dict[str, Any] | None:
    if job.state not in {JobState.RELEASED, JobState.EXPIRED} or not job.manifest:
        return None
    try:
        return usage.manifest_of(job)
    except staging.StagedBroken as broken:
        problems.append(str(broken))
        return None


def _recorded(
    job: Job, gates: list[JobGate], manifest: dict[str, Any] | None, ordinal: int, problems: list[str]
) -> tuple[bool, Recorded | None]:
    """Whether the job considered her, and what it wrote down."""
    if job.state == JobState.REFUSED:
        return False, Recorded(gates[-1], False, tuple(Reason(one) for one in job.reasons), None)
    if manifest is None:
        if problems or job.snapshot is None:
            return False, None
        return True, Recorded(gates[0], ordinal in _snapshot(job), (), None)
    if ordinal in manifest["permitted"]:
        return True, Recorded(gates[-1], True, (), replay.digests(manifest).get(ordinal))
    lost = dict(manifest["lost"])
    for one, reasons in manifest["left_out"]:
        if one == ordinal:
            number = lost.get(ordinal, manifest["first"])
            told = tuple(Reason(reason) for reason in reasons)
            for gate in (one for one in gates if one.number == number):
                return True, Recorded(gate, False, told, replay.digests(manifest).get(ordinal))
            return True, None  # its gate was removed, and that is told already
    return False, None


def _replayed(
    job: Job, gates: list[JobGate], manifest: dict[str, Any] | None, recorded: Recorded, known: Record
) -> tuple[Explanation, bool]:
    """The decision made again, and whether it is the one that was recorded."""
    gate, ordinal = recorded.gate, known.participant.ordinal
    states = replay.possible(
        gate,
        gates,
        known.positions,
        known.judged,
        first=gate.number if manifest is None else manifest["first"],
        read=recorded.read,
        in_snapshot=gate.kind != JobGate.Kind.AGAIN or ordinal in _snapshot(job),
    )
    state, verdict, same = replay.matching(states, lambda one: _is_recorded(manifest, recorded, ordinal, one))
    return replace(known.explained(gate, state.position, state.only), verdict=verdict), same


def _is_recorded(manifest: dict[str, Any] | None, recorded: Recorded, ordinal: int, verdict: Verdict) -> bool:
    if recorded.digest is not None and manifest is not None:
        salt = bytes.fromhex(manifest["salt"])
        same = replay.digest(salt, ordinal, verdict) == recorded.digest
        return same and verdict.reasons == recorded.reasons and bool(verdict.files) == recorded.read
    if recorded.gate.kind == JobGate.Kind.REFUSED:
        gate = recorded.gate
        policy = policies.named(gate.policy_version)
        return request_reasons(gate.data_use, policy, gate.at) == recorded.reasons
    return bool(verdict.files) == recorded.read


def _snapshot(job: Job) -> frozenset[int]:
    return proofs.from_bitmap(staging.unseal(bytes(job.snapshot or b""), f"{job.pk}/snapshot"))


def _mismatch(recorded: Recorded, again: Verdict) -> str:
    """A sentence that says what does not match."""
    before = _said(recorded.read, recorded.reasons)
    after = _said(bool(again.files), again.reasons)
    if before == after:
        after = f"{after}, on other statements, files or under another policy"
    return f"It was decided: {before}. Decided again from what is on record, it is: {after}."


def _said(read: bool, reasons: Iterable[Reason]) -> str:
    return "PERMIT" if read else f"DENY ({', '.join(reasons)})"
