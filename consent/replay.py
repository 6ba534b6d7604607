"""Deciding again what a job decided about one person: at which gate, in which states her record may have been
seen, and what is kept of the outcome. Pure: broker.explaining asks here with rows, the verifier with a file.

    for state, verdict in possible(gate, gates, positions, judge, first=0, read=True, in_snapshot=True): ...
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice, product
from typing import Any, Protocol, Self

from consent.canonical import canonical, instant
from consent.explain import Verdict
from consent.reasons import Reason
from consent.terms import DataUse

DIGEST = 16  # bytes a person: enough, for the manifest itself is sealed and committed to
MOST_TRIED = 64  # states of a record that may have been seen while it changed
SNAPSHOT, AGAIN, CUT, RECUT = "snapshot", "again", "cut", "recut"
WHOLE = (SNAPSHOT, AGAIN, CUT, RECUT)  # gates at which everybody was asked about


class Asked(Protocol):
    """A gate: what the law was asked with at one moment of a job."""

    @property
    def number(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def position(self) -> int: ...
    @property
    def seen_upto(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A gate as a job's file has it."""

    job: str
    number: int
    kind: str
    at: datetime
    position: int
    seen_upto: int
    policy_version: str
    use: str  # canonical JSON of the DataUse

    @classmethod
    def from_json(cls, line: dict[str, Any]) -> Self:
        return cls(**{**line, "at": instant(line["at"])})

    @property
    def sha256(self) -> str:
        """What the ledger keeps of it."""
        return hashlib.sha256(canonical(self)).hexdigest()

    @property
    def data_use(self) -> DataUse:
        return DataUse.from_json(json.loads(self.use))


@dataclass(frozen=True, slots=True)
class State:
    """Up to which position a record was seen, which files earlier gates had permitted, and the job's own
    reason, if it had one."""

    position: int
    only: frozenset[str] | None = None
    reason: Reason | None = None


Judge = Callable[[Any, int, frozenset[str] | None], Verdict]  # at a gate, up to a position, of these files


def possible(
    gate: Asked,
    gates: Sequence[Asked],
    positions: Callable[[Any], Sequence[int]],
    judge: Judge,
    *,
    first: int,
    read: bool,
    in_snapshot: bool,
) -> Iterator[tuple[State, Verdict]]:
    """The outcome at a gate for every state that may have been seen; nearly always there is one. `first` is
    the number of the gate at which the attempt asked about everybody."""
    if gate.number == first:
        for position in positions(gate):
            verdict = judge(gate, position, None)
            # A later attempt is held to the snapshot of the first: who was permitted after it does not join.
            late = gate.kind == AGAIN and not in_snapshot and verdict.files
            state = State(position, None, Reason.JOB_NOT_IN_SNAPSHOT if late else None)
            yield state, told(verdict, state.reason)
        return
    before = [one for one in gates if first <= one.number < gate.number and one.kind in WHOLE]
    for seen in product(*(positions(one) for one in (*before, gate))):
        only: frozenset[str] | None = None
        for one, position in zip(before, seen, strict=False):
            only = frozenset(judge(one, position, only).files)
        state = State(seen[-1], only, None if read else Reason.JOB_REVOKED_IN_FLIGHT)
        yield state, told(judge(gate, seen[-1], only), state.reason)


def matching(
    states: Iterable[tuple[State, Verdict]], is_recorded: Callable[[Verdict], bool]
) -> tuple[State, Verdict, bool]:
    """The state whose outcome is the recorded one, or else the first; and whether it is. Never without a
    state: every gate saw everybody in some."""
    first: tuple[State, Verdict] | None = None
    for state, verdict in islice(states, MOST_TRIED):
        if is_recorded(verdict):
            return state, verdict, True
        first = first or (state, verdict)
    assert first is not None
    return *first, False


def told(verdict: Verdict, reason: Reason | None) -> Verdict:
    """With the reason that is the job's own, by which nothing was read."""
    if reason is None:
        return verdict
    reasons = verdict.reasons if verdict.files == () else ()
    return replace(verdict, files=(), relied_on=(), reasons=(*reasons, reason))


def positions(gate: Asked, changed: set[int]) -> list[int]:
    """The positions up to which a gate may have seen somebody whose record changed at these: more than one
    only where it changed at the very moment it looked."""
    return [gate.position, *sorted(p for p in changed if gate.position < p <= gate.seen_upto)]


def digest(salt: bytes, ordinal: int, verdict: Verdict) -> bytes:
    """What a manifest keeps of one decision."""
    return hashlib.sha256(salt + ordinal.to_bytes(8, "big") + verdict.to_bytes()).digest()[:DIGEST]


def who(salt: bytes, ordinal: int, pseudonym: str) -> bytes:
    """What a manifest keeps of who a number is."""
    return hashlib.sha256(b"person\n" + salt + ordinal.to_bytes(8, "big") + pseudonym.encode()).digest()[
        :DIGEST
    ]


def digests(manifest: Mapping[str, Any]) -> dict[int, bytes]:
    """The digest that a manifest holds of each person's decision, by ordinal."""
    return _in_order(manifest, "digests")


def people(manifest: Mapping[str, Any]) -> dict[int, bytes]:
    """The digest that a manifest holds of who each number is; earlier ones hold none."""
    return _in_order(manifest, "people")


def _in_order(manifest: Mapping[str, Any], name: str) -> dict[int, bytes]:
    order = [*manifest["permitted"], *(one for one, _ in manifest["left_out"])]
    raw = bytes.fromhex(manifest.get(name, ""))
    return {one: raw[DIGEST * n : DIGEST * (n + 1)] for n, one in enumerate(order)} if raw else {}
