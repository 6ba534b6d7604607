"""What is settled before the transaction of a release, so that it is short whatever the population: what the
ledger will say is put into words (`Ready`), and whether the answer still stands is asked (`look`).

Whoever says no, or adopts a policy, takes a consent position first. So what a look saw of people holds for as
long as no position comes after it; the transaction, which asks that under the gate lock, is in broker.jobs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from broker import gates, staging, uses
from broker.gates import Manifest, Passage
from consent import afterwards, fence
from consent.clearance import Clearance
from consent.standing import Footing
from consent.terms import DataUse, Policy


@dataclass(frozen=True, slots=True)
class Ready:
    """A staged answer: what it rests on, and what the ledger will say of it, its last gate apart."""

    footing: Footing
    manifest: Manifest
    gates: tuple[str, ...]  # what is kept of each gate before the last
    said: dict[str, Any]

    @classmethod
    def of(
        cls, passage: Passage, clearance: Clearance, manifest: Manifest, *, answer: bytes, sealed: bytes
    ) -> "Ready":
        """`answer` and the `sealed` manifest as they lie in the job's row."""
        summary = gates.summary(clearance)
        del summary["policy_version"]  # the last gate's
        said = summary | {
            "answer_commitment": staging.commitment(answer),
            "manifest_commitment": staging.commitment(sealed),
            "manifest_sha256": manifest.sha256,
            "kind_of_answer": passage.job.query.question["kind"],
        }
        return cls(Footing.of(clearance), manifest, tuple(gates.digests(passage.job)), said)


@dataclass(frozen=True, slots=True)
class Look:
    """Whether an answer stood at a consent position, and under which policy."""

    newest: tuple[int, bytes]  # the position and its mark
    policy: Policy
    stood: bool

    @property
    def position(self) -> int:
        return self.newest[0]


def look(ready: Ready, *, use: Callable[[], DataUse], clock: Callable[[], datetime]) -> Look:
    """Ask for everything that may fell the answer. Raises DatabaseBehind, HeadMissing and LedgerBroken."""
    newest = fence.newest()  # first: a change that comes after it is seen as one
    afterwards.require_current()
    asked, now = use(), clock()
    policy = uses.policy(now)
    return Look(newest, policy, ready.footing.stands(use=asked, policy=policy, at=now))


def holds(seen: Look) -> bool:
    """Whether nothing has changed since: asked under the gate lock. What the request is by then, and what
    time has ended, is asked besides (Footing.lasts)."""
    return fence.newest() == seen.newest
