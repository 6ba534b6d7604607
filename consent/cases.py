"""Worked decision cases: reading a file of them, deciding each, and saying where an expectation is not met.

A timeline plays one participant through the three gates of a job, as if nothing else were in the world; real
jobs run upstairs. The shape is that of decision_cases.schema.json.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from consent.canonical import instant, instant_or_none, words
from consent.decision import Decision, decide
from consent.reasons import Reason
from consent.terms import DataUse, File, FileState, Policy, Relations, Side, Statement, Subject

KINDS = ("decision", "job_timeline")
GATES = ("snapshot", "batch", "release")
PERMITTED = "PERMITTED"


class Ending(StrEnum):
    """How a job on a timeline ends."""

    REFUSED = "REFUSED"
    RELEASED = "RELEASED"
    ABORTED = "ABORTED"
    PAUSED = "PAUSED"


@dataclass(frozen=True, slots=True)
class Difference:
    """One expectation of one case that was not met."""

    case: str
    what: str
    expected: object
    got: object

    def __str__(self) -> str:
        return f"{self.case}: {self.what} should be {self.expected!r}, and is {self.got!r}"


@dataclass(frozen=True, slots=True)
class Case:
    """One case as values: everything but the instant."""

    subject: Subject
    file: File
    statements: tuple[Statement, ...]
    use: DataUse
    policy: Policy
    relations: Relations
    job: Mapping[str, Any]
    ledger: bool

    def at(self, instant: datetime, *, ledger: bool = True) -> Decision:
        """The decision at an instant, with what had changed by then."""
        state, project = self.file.state, self.use.project
        for change in self._changes("file_changes", instant):
            state = FileState(change["state"])
        for change in self._changes("project_changes", instant):
            project = replace(
                project, **{name: _PROJECT[name](change[name]) for name in change.keys() & _PROJECT}
            )
        return decide(
            self.subject,
            File(self.file.id, state),
            self.statements if ledger and self.ledger else None,
            replace(self.use, project=project),
            self.policy,
            instant,
            relations=self.relations,
        )

    def _changes(self, name: str, by: datetime) -> Iterator[Mapping[str, Any]]:
        return (
            change
            for change in sorted(self.job.get(name, ()), key=lambda change: instant(change["at"]))
            if instant(change["at"]) <= by
        )


_PROJECT: dict[str, Any] = {
    "status": str,
    "valid_to": instant_or_none,
    "approved_purposes": words,
    "first_access_at": instant_or_none,
}


def cases_of(book: object) -> list[Mapping[str, Any]]:
    """The cases of a file, each with an id and something to expect. Raises ValueError, in a sentence for
    people, for a file that is none, and for one that would check nothing."""
    listed = book.get("cases") if isinstance(book, Mapping) else None
    if not isinstance(listed, list):
        raise ValueError('it is not an object with a list under "cases"')
    if not listed:
        raise ValueError("it holds no case, so nothing was checked")
    for place, case in enumerate(listed, 1):
        named = case.get("id") if isinstance(case, Mapping) else None
        if not isinstance(named, str):
            raise ValueError(f'case {place} is not an object with an "id"')
        if not isinstance(case.get("expect"), Mapping) or not case["expect"]:
            raise ValueError(f'case {named} says nothing under "expect", so nothing about it was checked')
    return listed


def policy_of(book: Mapping[str, Any]) -> Policy:
    """The policy that a file of cases starts from: ours, with what the file states. Raises ValueError, in a
    sentence, for what no policy states."""
    try:
        stated = dict(book.get("policy_defaults", {}))
        for name in ("disease_parents", "region_parents"):
            if name in book:
                stated[name] = book[name]
        return Policy.default().overlay(stated)
    except (AttributeError, TypeError, ValueError) as unreadable:
        raise ValueError(f"its policy cannot be read ({unreadable})") from None


def read(said: Mapping[str, Any], policy: Policy) -> Case:
    """A case from JSON."""
    sides = {
        name: Side.from_json(said[name]) if said.get(name) else None
        for name in ("mz_twin", "requesting_participant")
    }
    return Case(
        subject=Subject.from_json(said["subject"]),
        file=File.from_json(said["file"]),
        statements=tuple(Statement.from_json(one) for one in said["statements"]),
        use=DataUse.from_json(said["request"]),
        policy=policy.overlay(said.get("policy", {})),
        relations=Relations(**sides),
        job=said.get("job", {}),
        ledger=said.get("ledger_available", True) is not False,
    )


def outcome(said: Mapping[str, Any], policy: Policy) -> dict[str, Any]:
    """What we say to one case, under the names of its `expect`."""
    case = read(said, policy)
    if said["kind"] not in KINDS:
        raise ValueError(f"of kind {' or '.join(KINDS)}, and not {said['kind']!r}")
    if said["kind"] == "job_timeline":
        return _timeline(case)
    decision = case.at(instant(said["request"].get("as_of") or said["now"]))
    return {
        "decision": decision.outcome.value,
        "primary_reason": _primary(decision),
        "reasons": [reason.value for reason in decision.reasons],
        "statements_relied_on": list(decision.relied_on),
    }


def differences(said: Mapping[str, Any], policy: Policy) -> tuple[Difference, ...]:
    """Every expectation of one case that is not met. A case that cannot be read meets none."""
    try:
        got = outcome(said, policy)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as unreadable:
        return (Difference(said["id"], "the case", "readable", _in_words(unreadable)),)
    return tuple(
        Difference(said["id"], what, expected, got.get(what))
        for what, expected in said["expect"].items()
        if got.get(what) != expected
    )


def _in_words(unreadable: Exception) -> str:
    """What stops a case from being read; for a part of the wrong kind there is no better word than that."""
    if isinstance(unreadable, KeyError):
        return f"without {unreadable.args[0]!r}"
    return str(unreadable) if isinstance(unreadable, ValueError) else "a part of it of another kind"


def _timeline(case: Case) -> dict[str, Any]:
    """Read only if permitted at snapshot and batch, released only if permitted at release as well."""
    down = case.job.get("ledger_down_at", ())
    passed = {"snapshot": False, "batch": False, "release": False}
    decisions: list[Decision] = []
    ending, primary, included = Ending.RELEASED, "", True
    for gate in GATES:
        decision = case.at(instant(case.job[f"{gate}_at"]), ledger=gate not in down)
        decisions.append(decision)
        stopped = _stopped(decision, gate)
        if stopped is not None:
            ending, primary = stopped, _primary(decision)
            break
        included = included and bool(decision)
        passed[gate] = included
    after = case.job.get("check_after_release_at")
    return {
        "in_snapshot": passed["snapshot"],
        "read_in_batch": passed["batch"],
        "in_release": passed["release"],
        "job_state": ending.value,
        "primary_reason": primary or _why(passed, decisions),
        "notify_recipient": after is not None and passed["release"] and _must_tell(case.at(instant(after))),
    }


def _stopped(decision: Decision, gate: str) -> Ending | None:
    """Whether a gate ends the job for everybody."""
    if decision.primary is Reason.JOB_LEDGER_UNAVAILABLE:
        return Ending.PAUSED
    if decision.is_of_request:
        return Ending.REFUSED if gate == GATES[0] else Ending.ABORTED
    return None


def _why(passed: Mapping[str, bool], decisions: list[Decision]) -> str:
    snapshot, release = decisions[0], decisions[-1]
    if passed["release"]:
        return PERMITTED
    if passed["snapshot"]:
        return Reason.JOB_REVOKED_IN_FLIGHT.value
    return Reason.JOB_NOT_IN_SNAPSHOT.value if release else _primary(snapshot)


def _must_tell(decision: Decision) -> bool:
    """A denial after release that is more than a request's papers running out."""
    return any(not reason.is_of_request for reason in decision.reasons)


def _primary(decision: Decision) -> str:
    return decision.primary.value if decision.primary is not None else PERMITTED
