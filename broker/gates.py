"""What a job keeps of each gate that it comes to, so that every decision can be made again later.

One Passage goes with one attempt of a job. It watches the law being asked and decides nothing; what it has
seen is written with the manifest, which also holds a short digest of what was decided about each person.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from broker import events
from broker.models import Job, JobGate
from consent import fence, naming, replay
from consent.clearance import Clearance, LeftOut, Permitted
from consent.explain import Verdict
from consent.ledger import log
from consent.ledger import manifest as manifests
from consent.models import LedgerOpening, Participant
from consent.terms import DataUse, canonical

SALT = 16
CHUNK = 1_000  # people asked for together
COMMITTED_IN = (events.JOB_CLEARED.tag, events.JOB_RELEASED.tag, events.JOB_REFUSED.tag)


@dataclass(slots=True)
class Passage:
    """The gates of one attempt, and at which of them whom it lost."""

    job: Job
    waiting: list[JobGate] = field(default_factory=list)  # seen, and not written yet
    first: int = 0  # the number of the gate at which this attempt asked about everybody
    lost: dict[int, int] = field(default_factory=dict)  # ordinal -> number of the gate
    versions: dict[int, str] = field(default_factory=dict)  # number of a gate -> version of its policy
    _next: int | None = None
    _batches: list[JobGate] = field(default_factory=list)

    @classmethod
    def apart(cls, job: Job) -> "Passage":
        """For a range: its gates are counted by themselves, until the job takes them in (adopt)."""
        return cls(job, _next=0)

    def asked(self, kind: JobGate.Kind, clearance: Clearance) -> JobGate:
        """The law has just been asked about everybody."""
        gate = self._gate(kind, clearance.at, clearance.position, clearance.policy_version, clearance.use)
        self.waiting.append(gate)
        if kind in (JobGate.Kind.SNAPSHOT, JobGate.Kind.AGAIN):
            self.first = gate.number
        return gate

    def cut(self, before: Clearance, after: Clearance, again: Clearance | None = None) -> None:
        """The law was asked anew about those who were permitted before, or `again` about some of them."""
        gate = self.asked(JobGate.Kind.RECUT, again or after)
        self.lost |= dict.fromkeys(_lost(before, after), gate.number)

    def adopt(self, gate: JobGate) -> int:
        """A gate that the law was asked at elsewhere, as one of this attempt; its number."""
        gate.job, gate.number = self.job, self._number()
        self.versions[gate.number] = gate.policy_version
        self.waiting.append(gate)
        return gate.number

    def batch(self, at: datetime, position: int, policy_version: str, use: DataUse) -> None:
        """A batch is through. Its gate is kept only if somebody was lost at it, which shows later."""
        gate = JobGate(
            job=self.job,
            kind=JobGate.Kind.BATCH,
            at=at,
            position=position,
            seen_upto=fence.position(),
            policy_version=policy_version,
            use=canonical(use).decode(),
        )
        self._batches.append(gate)

    def read(self, before: Clearance, after: Clearance, size: int) -> None:
        """All batches of `size` are through."""
        batches, self._batches = self._batches, []
        gone = _lost(before, after)
        place = {one.ordinal: index // size for index, one in enumerate(before.permitted)} if gone else {}
        for number in sorted({place[ordinal] for ordinal in gone}):
            gate = batches[number]
            gate.number = self._number()
            self.versions[gate.number] = gate.policy_version
            self.waiting.append(gate)
            self.lost |= {ordinal: gate.number for ordinal in gone if place[ordinal] == number}

    def write(self) -> None:
        """Write the gates that wait, in the caller's transaction."""
        JobGate.objects.bulk_create(self.waiting)
        self.waiting = []

    def close(
        self, kind: JobGate.Kind, *, at: datetime, position: int, policy_version: str, use: DataUse
    ) -> JobGate:
        """The last gate, in the transaction that ends the job, at the newest consent position."""
        gate = self._gate(kind, at, position, policy_version, use, upto=position)
        self.waiting.append(gate)
        self.write()
        return gate

    def _gate(
        self,
        kind: JobGate.Kind,
        at: datetime,
        position: int,
        policy_version: str,
        use: DataUse,
        upto: int | None = None,
    ) -> JobGate:
        number = self._number()
        self.versions[number] = policy_version
        return JobGate(
            job=self.job,
            number=number,
            kind=kind,
            at=at,
            position=position,
            seen_upto=fence.position() if upto is None else upto,
            policy_version=policy_version,
            use=canonical(use).decode(),
        )

    def _number(self) -> int:
        if self._next is None:  # after those of earlier attempts
            self._next = JobGate.objects.filter(job=self.job).count()
        number, self._next = self._next, self._next + 1
        return number


@dataclass(slots=True)
class Watch:
    """Stands between the gate and the job while batches are read, and notes what each was asked with."""

    passage: Passage
    policy_version: str
    ask_use: Callable[[], DataUse]
    ask_clock: Callable[[], datetime]
    told: Callable[[int, int], None]  # of every batch that is through: how many people, of how many
    _position: int = 0
    _use: DataUse | None = None
    _at: datetime | None = None

    def use(self) -> DataUse:
        self._position = fence.position()  # first: a change that comes after it is seen as one
        self._use = self.ask_use()
        return self._use

    def clock(self) -> datetime:
        self._at = self.ask_clock()
        return self._at

    def batch_done(self, done: int, total: int) -> None:
        assert self._at is not None  # the gate asked for both before it read
        assert self._use is not None
        self.passage.batch(self._at, self._position, self.policy_version, self._use)
        self.told(done, total)


@dataclass(frozen=True, slots=True)
class Manifest:
    """Whom a job read, written down before the release, and what the ledger keeps of it then."""

    text: bytes
    root: str  # of the tree of names
    size: int

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text).hexdigest()

    def bind(self, subject: str, *, at: datetime) -> None:
        """Write into the ledger whose names the tree holds; an event of its own, for she may see it whole."""
        log.append(
            events.MANIFEST_SEALED, at=at, by="worker", subject=subject, root=self.root, size=self.size
        )


def written(passage: Passage, clearance: Clearance, *, at: datetime) -> Manifest:
    """The manifest of an answer that rests on this Clearance. Makes the keys of names that are lacking."""
    permitted = [one.ordinal for one in clearance.permitted]
    naming.keep([*permitted, *(one.ordinal for one in clearance.left_out)], at=at, by="worker")
    names = naming.names(str(passage.job.pk), permitted)
    said = manifest(passage, clearance) | {"names": b"".join(names).hex()}
    said["people"] = _people(said).hex()
    tree = manifests.of(said)
    return Manifest(canonical(said), manifests.root(tree).hex(), len(tree))


def manifest(passage: Passage, clearance: Clearance) -> dict[str, Any]:
    """Whom a job read, and whom not and why; and of each what the law said, as a digest."""
    salt = secrets.token_bytes(SALT)
    version = clearance.policy_version
    told = [replay.digest(salt, one.ordinal, permitted(one, version)) for one in clearance.permitted]
    for out in clearance.left_out:
        version = passage.versions[passage.lost.get(out.ordinal, passage.first)]
        told.append(replay.digest(salt, out.ordinal, refused(out, version)))
    return {
        "permitted": [one.ordinal for one in clearance.permitted],
        "left_out": [[one.ordinal, [str(r) for r in one.reasons]] for one in clearance.left_out],
        "first": passage.first,
        "lost": sorted(passage.lost.items()),
        "salt": salt.hex(),
        "digests": b"".join(told).hex(),
    }


def _people(said: dict[str, Any]) -> bytes:
    """Who each number is, in the order of the manifest: committed to at the release, so that nobody can be
    put in her place afterwards, least of all when she was erased."""
    salt, order = bytes.fromhex(said["salt"]), [*said["permitted"], *(one for one, _ in said["left_out"])]
    found: dict[int, bytes] = {}
    for first in range(0, len(order), CHUNK):
        some = Participant.objects.filter(ordinal__in=order[first : first + CHUNK])
        for ordinal, pseudonym in some.values_list("ordinal", "pseudonym"):
            found[ordinal] = replay.who(salt, ordinal, pseudonym)
    return b"".join(found[ordinal] for ordinal in order)


def permitted(one: Permitted, policy_version: str) -> Verdict:
    """What was decided about somebody who is read."""
    return Verdict(
        files=tuple(map(str, one.files)), relied_on=one.heads, reasons=(), policy_version=policy_version
    )


def refused(one: LeftOut, policy_version: str) -> Verdict:
    """What was decided about somebody who is not."""
    return Verdict(files=(), relied_on=(), reasons=one.reasons, policy_version=policy_version)


def commitment(job: Job) -> str:
    """What the ledger keeps at the release of all the gates of a job together."""
    return together(digests(job))


def digests(job: Job) -> list[str]:
    """What is kept of each gate of a job that is written, in order."""
    return [gate.sha256 for gate in JobGate.objects.filter(job=job).order_by("number")]


def together(each: Iterable[str]) -> str:
    """What is kept of these gates together."""
    return hashlib.sha256(b"".join(map(bytes.fromhex, each))).hexdigest()


def asker(job: Job) -> Participant | None:
    """The participant who asked for herself and so had to agree too, as the ledger recorded it."""
    rows = LedgerOpening.objects.filter(subject=f"job:{job.pk}", event__kind=events.JOB_CLEARED.tag)
    cleared = rows.order_by("event_id").first()
    name = None if cleared is None else cleared.said["fields"].get("asker")
    return None if name is None else Participant.objects.filter(pseudonym=name).first()


def altered(job: Job, gates: Sequence[JobGate]) -> Iterator[str]:
    """A sentence for every gate, or set of gates, that is not what the ledger recorded."""
    rows = LedgerOpening.objects.filter(subject=f"job:{job.pk}", event__kind__in=COMMITTED_IN)
    first = next((one for one in gates if one.kind == JobGate.Kind.SNAPSHOT), None)
    last = gates[-1] if gates else None
    for said in (row.said for row in rows):
        fields = said["fields"]
        if said["kind"] == events.JOB_RELEASED.tag and "gates_sha256" in fields:
            held = commitment(job) == fields["gates_sha256"]
        else:
            gate = first if said["kind"] == events.JOB_CLEARED.tag else last
            held = "gate_sha256" not in fields or (gate is not None and gate.sha256 == fields["gate_sha256"])
        if not held:
            yield f"What is kept of the gates of job {job.pk} is not what the ledger recorded."


def _lost(before: Clearance, after: Clearance) -> set[int]:
    return {one.ordinal for one in before.permitted} - {one.ordinal for one in after.permitted}


def summary(clearance: Clearance) -> dict[str, Any]:
    """How a decision went, in numbers by first reason: for auditors."""
    left_out: dict[str, int] = {}
    for one in clearance.left_out:
        left_out[str(one.reasons[0])] = left_out.get(str(one.reasons[0]), 0) + 1
    return {
        "considered": len(clearance.permitted) + len(clearance.left_out),
        "permitted": len(clearance.permitted),
        "left_out": left_out,
        "position": clearance.position,
        "policy_version": clearance.policy_version,
    }
