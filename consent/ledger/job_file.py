"""A job's file, held against an export of the ledger: every decision made again from what people had said,
under the policy and for the request of that moment. Pure; broker.job_files writes it.

The snapshot in it is the one thing that nothing outside the house vouches for: by it a job may only have read
fewer people, never more.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from consent import bodies, events, explain, history, replay
from consent.canonical import canonical, instant
from consent.decision import request_reasons
from consent.errors import NotRemembered
from consent.explain import Verdict
from consent.history import Said
from consent.ledger import kinds, manifest
from consent.ledger.leaves import Entry, commit
from consent.policy import Policy
from consent.reasons import Reason
from consent.replay import Gate
from consent.terms import NONE, Relations, Side, Statement

KIND, FORMAT = "genomic-broker job", 1
SAID = (events.GIVEN.tag, events.DENIED.tag, events.WITHDRAWN.tag, events.CONTINUED.tag)
TWINS = (events.TWINS_REGISTERED.tag, events.TWINS_DISSOLVED.tag)
CLEARED, RELEASED, REFUSED = "query:job:cleared", "query:job:released", "query:job:refused"


class Remembered:
    """What an export says of some people and jobs, gathered while it is read."""

    def __init__(self, files: Iterable[Mapping[str, Any]]) -> None:
        wanted = [file for file in files if isinstance(file, dict)]
        self._subjects = {f"job:{file.get('job')}" for file in wanted}
        self._subjects |= {one["pseudonym"] for file in wanted for one in file.get("people", ())}
        self.about: dict[str, list[Said]] = defaultdict(list)
        self.policies: list[Said] = []
        self.twins: list[Said] = []

    def see(self, entry: Entry) -> None:
        """An event in its order. What does not open its commitment says nothing; the audit tells of it."""
        if entry.salt is None or entry.body is None or commit(entry.salt, entry.body) != entry.commitment:
            return
        said = json.loads(entry.body)
        if entry.kind == events.POLICY_ADOPTED.tag:
            self.policies.append(said)
        elif entry.kind in TWINS:
            self.twins.append(said)
        elif said["subject"] in self._subjects:
            self.about[said["subject"]].append(said)

    def one(self, subject: str, kind: str) -> dict[str, Any] | None:
        """The fields of the newest event of a kind about somebody or something."""
        found = [said["fields"] for said in self.about[subject] if said["kind"] == kind]
        return found[-1] if found else None

    def twin_of(self, pseudonym: str, at: datetime) -> str | None:
        """Her registered twin at an instant."""
        twin = None
        for said in self.twins:
            pair = {said["subject"], said["fields"]["twin"]}
            if pseudonym in pair and instant(said["at"]) <= at:
                other = next(iter(pair - {pseudonym}), None)
                twin = other if said["kind"] == events.TWINS_REGISTERED.tag else None
        return twin


@dataclass(slots=True)
class Outcome:
    """What came of replaying a job: how many were decided again as it was recorded, by outcome."""

    job: str
    problems: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        told = ", ".join(f"{count} {what}" for what, count in sorted(self.counts.items()))
        return f"Job {self.job}: {told or 'nobody was considered'}."


def check(file: dict[str, Any], known: Remembered) -> Outcome:
    """Everything that the file of a job says, held against what the ledger remembers."""
    if not isinstance(file, dict) or file.get("file") != KIND or file.get("format") != FORMAT:
        return Outcome("?", ["This is no file of a job that is known here."])
    outcome = Outcome(str(file.get("job")))
    try:
        outcome.problems += _Job(file, known).problems(outcome.counts)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as fault:
        outcome.problems.append(f"The job's file is not as it was given ({type(fault).__name__}: {fault}).")
    return outcome


class _Job:
    def __init__(self, file: dict[str, Any], known: Remembered) -> None:
        self.known = known
        self.subject = f"job:{file['job']}"
        self.gates = [Gate.from_json(line) for line in file["gates"]]
        self.bodies: dict[str, str] = file["policies"]
        self.policies = {name: Policy().overlay(json.loads(body)) for name, body in self.bodies.items()}
        self.uses = {gate.use: gate.data_use for gate in self.gates}
        self.text: str = file["manifest"]
        self.manifest: dict[str, Any] = json.loads(self.text) if self.text else {}
        self.snapshot = frozenset(file["snapshot"])
        self.people = {one["pseudonym"]: one for one in file["people"]}
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
        for pseudonym in self.people:
            yield from self._statements(pseudonym)
        yield from self._decisions(counts)

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
        if self._is_erased(pseudonym):
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

    def _decisions(self, counts: Counter[str]) -> Iterator[str]:
        by_ordinal = {one["ordinal"]: name for name, one in self.people.items() if one["ordinal"] is not None}
        digests = replay.digests(self.manifest)
        lost = dict(self.manifest["lost"])
        reasons = {ordinal: tuple(map(Reason, why)) for ordinal, why in self.manifest["left_out"]}
        numbered = {gate.number: gate for gate in self.gates}
        salt = bytes.fromhex(self.manifest["salt"])
        for ordinal in (*self.manifest["permitted"], *reasons):
            name, read = by_ordinal.get(ordinal), ordinal not in reasons
            if name is None:
                yield f"Nothing is shown of person {ordinal}, about whom it decided."
                continue
            if self._is_erased(name):
                counts["ERASED since"] += 1
                continue
            gate = self.gates[-1] if read else numbered[lost.get(ordinal, self.manifest["first"])]
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

    def _states(
        self, name: str, ordinal: int, gate: Gate, read: bool
    ) -> Iterator[tuple[replay.State, Verdict]]:
        trail = [said for said in self.known.about[name] if said["kind"] in history.TAGS]
        changed = {*history.steps(trail), *(one.seq for one in self.records[name])}

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
        if twin is None:
            return NONE
        trail = [said for said in self.known.about[twin] if said["kind"] in history.TAGS]
        said = history.until(trail, at=at, position=position)
        spoken = self.records.get(twin, ())
        known = tuple(one for one in spoken if one.recorded_at <= at and one.seq <= position)
        return Relations(mz_twin=Side(history.subject(said, twin), known))

    def _is_erased(self, name: str) -> bool:
        return self.known.one(name, events.ERASED.tag) is not None


def _said(read: bool, reasons: Iterable[Reason]) -> str:
    return "read" if read else f"not read ({', '.join(reasons)})"


def _otherwise(read: bool, why: tuple[Reason, ...], again: Verdict) -> str:
    if (read, why) == (bool(again.files), again.reasons):
        return "the same, on other statements or files than were written down"
    return _said(bool(again.files), again.reasons)


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
