"""A job's file, held against an export of the ledger: every decision made again from what people had said,
under the policy and for the request of that moment. Pure; broker.job_files writes it.

The snapshot in it is the one thing that nothing outside the house vouches for: by it a job may only have read
fewer people, never more.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from consent import bodies, events
from consent.canonical import canonical, instant
from consent.decision import request_reasons
from consent.ledger import kinds, manifest
from consent.ledger.erased_since import CLEARED, RELEASED, Since
from consent.ledger.gathered import Gathered
from consent.ledger.leaves import commit, from_text
from consent.ledger.redecided import Again
from consent.policy import Policy
from consent.replay import Gate
from consent.rules import relatives
from consent.terms import Statement

KIND, FORMAT = "genomic-broker job", 1
SAID = (events.GIVEN.tag, events.DENIED.tag, events.WITHDRAWN.tag, events.CONTINUED.tag)
REFUSED = "query:job:refused"


@dataclass(slots=True)
class Outcome:
    """What came of replaying a job: how many were decided again as it was recorded, by outcome."""

    job: str
    problems: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        told = ", ".join(f"{count} {what}" for what, count in sorted(self.counts.items()))
        return f"Job {self.job}: {told or 'nobody was considered'}."


def check(file: dict[str, Any], known: Gathered) -> Outcome:
    """Everything that the file of a job says, held against what the ledger remembers."""
    if not isinstance(file, dict) or file.get("file") != KIND or file.get("format") != FORMAT:
        return Outcome("?", ["This is no file of a job that is known here."])
    outcome = Outcome(str(file.get("job")))
    try:
        outcome.problems += _Job(file, known).problems(outcome.counts)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError) as fault:
        outcome.problems.append(f"The job's file is not as it was given ({type(fault).__name__}: {fault}).")
    return outcome


class _Job:
    def __init__(self, file: dict[str, Any], known: Gathered) -> None:
        self.known = known
        self.subject = f"job:{file['job']}"
        self.gates = [Gate.from_json(line) for line in file["gates"]]
        self.bodies: dict[str, str] = file["policies"]
        self.policies = {name: Policy.as_adopted(from_text(body)) for name, body in self.bodies.items()}
        self.uses = {gate.use: gate.data_use for gate in self.gates}
        self.text: str = file["manifest"]
        self.manifest: dict[str, Any] = from_text(self.text) if self.text else {}
        self.snapshot = frozenset(file["snapshot"])
        self.file = file
        self.mutual = any(relatives.is_mutual(use) for use in self.uses.values())
        self.asker: str | None = file.get("asker") if self.mutual else None
        self.people = {one["pseudonym"]: one for one in file["people"]}
        self.since = Since(
            known=known, job=self.subject, position=self.gates[0].position, manifest=self.manifest
        )
        self.records: dict[str, tuple[Statement, ...]] = {}

    def problems(self, counts: Counter[str]) -> Iterator[str]:
        yield from self._gates()
        yield from self._policies()
        if self.known.one(self.subject, REFUSED) is not None:
            yield from self._refusal(counts)
            return
        released = self.known.one(self.subject, RELEASED)
        if released is None:
            yield "The ledger does not say that this job was released."
            return
        if hashlib.sha256(self.text.encode()).hexdigest() != released.get("manifest_sha256"):
            yield "The manifest is not the one that the ledger recorded at the release."
            return
        yield from self._names()
        considered = len(self.manifest["permitted"]) + len(self.manifest["left_out"])
        if (considered, len(self.manifest["permitted"])) != (released["considered"], released["permitted"]):
            yield "The manifest names other numbers of people than the ledger."
        if len(self.people) != len(self.file["people"]):
            yield "Somebody is shown twice."
        for pseudonym in self.people:
            yield from self._statements(pseudonym)
        unknown = [*self._asker()]
        yield from unknown
        if not unknown:
            yield from self._again().problems(counts)

    def _gates(self) -> Iterator[str]:
        """The gates are those that the ledger recorded."""
        together = hashlib.sha256(b"".join(bytes.fromhex(gate.sha256) for gate in self.gates)).hexdigest()
        ends = {CLEARED: self.gates[:1], REFUSED: self.gates[-1:]}
        for kind, gates in ends.items():
            said = self.known.one(self.subject, kind)
            if said is not None and [gate.sha256 for gate in gates] != [said.get("gate_sha256")]:
                yield "A gate at which the law was asked is not the one that the ledger recorded."
        released = self.known.one(self.subject, RELEASED)
        if released is not None and together != released.get("gates_sha256"):
            yield "The gates at which the law was asked are not those that the ledger recorded."

    def _policies(self) -> Iterator[str]:
        """Each policy is as it was adopted, and was in force when it was asked."""
        shipped = Policy.default()
        for gate in self.gates:
            adopted = [said for said in self.known.policies if instant(said["at"]) <= gate.at]
            version = adopted[-1]["subject"] if adopted else shipped.version
            sha256 = adopted[-1]["fields"]["sha256"] if adopted else _sha256(canonical(shipped))
            if gate.policy_version != version:
                yield f"Policy {version} was in force at gate {gate.number}, not {gate.policy_version}."
            elif _sha256(self.bodies[version].encode()) != sha256:
                yield f"Policy {version} is not as it was adopted."

    def _refusal(self, counts: Counter[str]) -> Iterator[str]:
        gate = self.gates[-1]
        again = request_reasons(self.uses[gate.use], self.policies[gate.policy_version], gate.at)
        said = self.known.one(self.subject, REFUSED)
        if said is not None and [str(reason) for reason in again] != said["reasons"]:
            before, now = ", ".join(said["reasons"]), ", ".join(again) or "not refused"
            yield f"The request was refused for {before}; decided again: {now}."
        counts["request refused as recorded"] += 1

    def _names(self) -> Iterator[str]:
        """The tree of names is the one that participants' proofs lead to."""
        sealed = self.known.one(self.subject, kinds.MANIFEST_SEALED)
        names = manifest.of(self.manifest)
        if sealed is None or (manifest.root(names).hex(), len(names)) != (sealed["root"], sealed["size"]):
            yield "The names of whom it read are not those that the ledger committed to."
        if not manifest.is_in_order(names):
            yield "The names of whom it read are not in order, so no proof by neighbours can be relied on."
        if len(self.manifest["names"]) != 2 * manifest.NAME_BYTES * len(self.manifest["permitted"]):
            yield "The tree does not hold one name for each person who was read."

    def _statements(self, pseudonym: str) -> Iterator[str]:
        """Her statements are those that the ledger committed to, and all of them."""
        if self.since.is_erased(pseudonym):
            return
        committed = {
            said["fields"]["seq"]: said["fields"]["commitment"]
            for said in self.known.about[pseudonym]
            if said["kind"] in SAID
        }
        record = []
        for line in self.people[pseudonym]["statements"]:
            whose, said = bodies.read(line["body"])
            held = commit(bytes.fromhex(line["salt"]), line["body"]).hex()
            if whose != pseudonym or committed.pop(said.seq, None) != held:
                yield f"Statement {said.seq} of {pseudonym} is not one that the ledger committed to."
            record.append(said)
        for seq in sorted(committed):
            yield f"Statement {seq} of {pseudonym} is in the ledger, and is not shown."
        self.records[pseudonym] = tuple(record)

    def _again(self) -> Again:
        return Again(
            known=self.known,
            gates=self.gates,
            uses=self.uses,
            policies=self.policies,
            manifest=self.manifest,
            snapshot=self.snapshot,
            people=self.people,
            records=self.records,
            asker=self.asker,
            since=self.since,
        )

    def _asker(self) -> Iterator[str]:
        """Where who asked must agree too: she is whom the ledger recorded, and her record is shown."""
        if not self.mutual:
            return
        cleared = self.known.one(self.subject, CLEARED) or {}
        if "asker" not in self.file or "asker" not in cleared:
            where = "file" if "asker" in cleared else "ledger"
            yield (
                "This job looked for relatives of whoever asked, so it rests on her own consent too, and the "
                f"{where} does not say who that was. Nothing of it was decided again; take the job anew."
            )
        elif cleared["asker"] != self.asker:
            yield "The file names somebody else as who asked than the ledger did when the job began."
        elif self.asker is not None and self.asker not in self.people:
            yield (
                f"{self.asker} asked, so it rests on her own consent too, and nothing is shown of what she "
                "had said. Nothing of it was decided again; take the job anew."
            )


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
