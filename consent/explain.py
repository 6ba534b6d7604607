"""Why a decision is as it is: which statement spoke for each family, and which change of the request would
permit. Pure: the same values give the same bytes, today and in ten years.

    explain(subject, files, statements, use, policy, at).as_json()

From when the values are is for the caller to say (history, records); how it is told to whom stands upstairs.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from consent import counterfactual
from consent.canonical import canonical
from consent.decision import Decision, decide, request_reasons
from consent.policy import Policy
from consent.reasons import Reason, ranked
from consent.rules import families
from consent.rules.precedence import heads
from consent.rules.spoken import Record
from consent.terms import NONE, DataUse, File, Relations, Statement, Subject


@dataclass(frozen=True, slots=True)
class Spoke:
    """What a record said of one family that the request needs."""

    family: str
    statements: tuple[Statement, ...]  # the heads: the participant's, the file's, or both
    reasons: tuple[Reason, ...]  # why that is not enough; empty when it is

    def as_json(self) -> dict[str, Any]:
        said = [
            {
                "seq": one.seq,
                "family": one.family,
                "decision": one.decision,
                "level": one.level,
                "recorded_at": one.recorded_at,
                "effective_at": one.effective_at,
                "form": _form(one),
            }
            for one in self.statements
        ]
        return {"family": self.family, "reasons": list(self.reasons), "statements": said}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How one participant stands towards one use: which files may be read and on which statements that
    rests, or why none may. The bytes of it are what a job records of each person."""

    files: tuple[str, ...]
    relied_on: tuple[int, ...]
    reasons: tuple[Reason, ...]
    policy_version: str

    def to_bytes(self) -> bytes:
        """Canonical JSON, written by hand: a job does it for everybody it considered."""
        files = ",".join(f'"{file}"' for file in self.files)
        seqs = ",".join(map(str, self.relied_on))
        return (
            f'{{"decision":"{"PERMIT" if self.files else "DENY"}","files":[{files}],'
            f'{_tail(self.policy_version, self.reasons)},"statements_relied_on":[{seqs}]}}'
        ).encode()


@lru_cache(maxsize=1024)
def _tail(policy_version: str, reasons: tuple[Reason, ...]) -> str:
    said = canonical({"policy_version": policy_version, "reasons": list(reasons)})
    return said.decode()[1:-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A decision with everything that it rests on."""

    verdict: Verdict
    decision: Decision  # of the file below
    file: str | None  # the one that is explained: the first that may be read, or that came closest
    at: datetime
    position: int | None
    spoke: tuple[Spoke, ...]
    counterfactual: tuple[str, ...] | None  # the changes together; None where no change would do

    @property
    def forms(self) -> list[str]:
        """The form versions that were agreed to."""
        return sorted({_form(one) for spoke in self.spoke for one in spoke.statements if one.is_grant})

    def as_json(self) -> dict[str, Any]:
        """The machine form."""
        verdict = self.verdict
        return {
            "decision": "PERMIT" if verdict.files else "DENY",
            "primary_reason": verdict.reasons[0] if verdict.reasons else None,
            "reasons": list(verdict.reasons),
            "statements_relied_on": list(verdict.relied_on),
            "form_version": self.forms,
            "policy_version": verdict.policy_version,
            "ledger_seq": self.position,
            "t": self.at,
            "counterfactual": None if self.counterfactual is None else list(self.counterfactual),
            "files": list(verdict.files),
            "file_explained": self.file,
            "families": [spoke.as_json() for spoke in self.spoke],
        }

    def to_bytes(self) -> bytes:
        return canonical(self.as_json())


def judge(
    subject: Subject,
    files: Sequence[File],
    statements: Sequence[Statement],
    use: DataUse,
    policy: Policy,
    at: datetime,
    *,
    relations: Relations = NONE,
    only: Collection[str] | None = None,
) -> Verdict:
    """The law about every file of one person; of those that may be read, `only` these count."""
    return _judged(subject, files, statements, use, policy, at, relations, only)[0]


def explain(
    subject: Subject,
    files: Sequence[File],
    statements: Sequence[Statement],
    use: DataUse,
    policy: Policy,
    at: datetime,
    *,
    position: int | None = None,
    relations: Relations = NONE,
    only: Collection[str] | None = None,
) -> Explanation:
    """One person's decision, and why."""
    verdict, file, decision = _judged(subject, files, statements, use, policy, at, relations, only)

    def again(changed: DataUse) -> tuple[Reason, ...]:
        return decide(subject, file or File(""), statements, changed, policy, at, relations=relations).reasons

    return Explanation(
        verdict=verdict,
        decision=decision,
        file=file.id if file else None,
        at=at,
        position=position,
        spoke=tuple(_spoke(subject, file, statements, use, policy, at)),
        counterfactual=counterfactual.smallest(use, decision.reasons, again, statements=statements, at=at),
    )


def of_request(use: DataUse, policy: Policy, at: datetime) -> tuple[str, ...] | None:
    """The smallest change by which a request would pass its gates, whoever it may then reach."""
    reasons = request_reasons(use, policy, at)
    return counterfactual.smallest(
        use, reasons, lambda changed: request_reasons(changed, policy, at), statements=(), at=at
    )


def _judged(
    subject: Subject,
    files: Sequence[File],
    statements: Sequence[Statement],
    use: DataUse,
    policy: Policy,
    at: datetime,
    relations: Relations,
    only: Collection[str] | None,
) -> tuple[Verdict, File | None, Decision]:
    decisions = [
        (file, decide(subject, file, statements, use, policy, at, relations=relations)) for file in files
    ]
    read = [(file, one) for file, one in decisions if one and (only is None or file.id in only)]
    if read:
        heads_of_all = {seq for _, one in decisions if one for seq in one.relied_on}
        verdict = Verdict(
            files=tuple(file.id for file, _ in read),
            relied_on=tuple(sorted(heads_of_all)),
            reasons=(),
            policy_version=policy.version,
        )
        return verdict, *read[0]
    file: File | None = None
    closest = decide(subject, File(""), statements, use, policy, at, relations=relations)
    if decisions:  # of several refused files, the one that came closest explains best
        file, closest = min(decisions, key=lambda pair: len(pair[1].reasons))
    reasons = closest.reasons if decisions else (Reason.CONSENT_NONE,)
    return Verdict(files=(), relied_on=(), reasons=reasons, policy_version=policy.version), file, closest


def _spoke(
    subject: Subject,
    file: File | None,
    statements: Sequence[Statement],
    use: DataUse,
    policy: Policy,
    at: datetime,
) -> Iterator[Spoke]:
    record = Record(subject, statements, file.id if file else None, policy, at)
    for family in sorted(families.needed(use)):
        found = heads(statements, family, record.file, at).all
        if family == families.CLINICAL and not found:  # care may rest on a yes to research
            found = tuple(
                one for one in heads(statements, families.RESEARCH, record.file, at).all if one.carries("CC")
            )
        reasons = families.answer(family, record.speak, use, policy, at).reasons
        yield Spoke(family, found, ranked(reasons))


def _form(said: Statement) -> str:
    return f"{said.form.id} {said.form.version}".strip()
