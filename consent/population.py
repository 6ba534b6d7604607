"""Everybody who holds a file as arrays, a row a file, kept up as statements arrive and as time passes.

Equal things are kept once: a row names what its record speaks by number, and the law is asked once for each
number. Who may be asked is answered in eligibility; how the arrays are kept over a restart in projection.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consent.decision import Decision, conclude
from consent.reasons import Reason
from consent.rows import COLUMN, EVER, GATES, NEVER, Row, micro
from consent.rules import families, instants
from consent.rules.families import CLINICAL, RESEARCH
from consent.rules.spoken import SILENCE, Spoken
from consent.terms import DataUse, Policy

Bits = NDArray[np.bool_]
Numbers = NDArray[np.int64]

KEPT_ANSWERS = 32  # answers of the law by use and family that are kept for the next time
SECOND = 1_000_000
FOREVER = int(np.iinfo(np.uint32).max)


@dataclass(slots=True)
class _Answer:
    """What the law says of each numbered thing to one use, and between which instants it says so."""

    since: int
    until: int
    allows: Bits


@dataclass(slots=True, eq=False)
class Population:
    """The rows at a consent position, under one policy. `ends` are whole seconds, rounded down, so that a row
    is looked at again too early rather than too late."""

    policy: Policy
    position: int
    mark: bytes
    ordinals: Numbers = field(default_factory=lambda: np.zeros(0, np.int64))
    files: NDArray[np.void] = field(default_factory=lambda: np.zeros(0, "V16"))
    since: Numbers = field(default_factory=lambda: np.zeros(0, np.int64))
    until: Numbers = field(default_factory=lambda: np.zeros(0, np.int64))
    gates: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    spoken: NDArray[np.int32] = field(default_factory=lambda: np.zeros((len(COLUMN), 0), np.int32))
    ends: NDArray[np.uint32] = field(default_factory=lambda: np.zeros((GATES + 1, 0), np.uint32))
    gates_said: list[tuple[Reason, ...]] = field(default_factory=lambda: [()])
    said: list[Spoken] = field(default_factory=lambda: [SILENCE])
    _gate_number: dict[tuple[Reason, ...], int] = field(default_factory=lambda: {(): 0})
    _number: dict[Spoken, int] = field(default_factory=lambda: {SILENCE: 0})
    _latest: int = NEVER  # no row began later, and none ends before _earliest; at first nobody has looked
    _earliest: int = EVER
    _answers: OrderedDict[tuple[DataUse, str], _Answer] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        self._gate_number = {gates: number for number, gates in enumerate(self.gates_said)}
        self._number = {spoken: number for number, spoken in enumerate(self.said)}

    def __len__(self) -> int:
        return len(self.ordinals)

    def stale(self, at: datetime) -> set[int]:
        """The ordinals whose rows say how it was at another time."""
        now = micro(at)
        if self._latest <= now < self._earliest:  # of all rows: nothing happens to anybody between these
            return set()
        self._latest = int(self.since.max(initial=EVER))
        self._earliest = int(self.until.min(initial=NEVER))
        return set(self.ordinals[(self.since > now) | (self.until <= now)].tolist())

    def put(self, people: Iterable[tuple[int, Sequence[Row]]]) -> None:
        """These people's rows are now these, and no others; nobody else's change."""
        moved: dict[int, Sequence[Row]] = {}
        stay: list[tuple[int, Row]] = []
        for ordinal, rows in people:
            if not len(self):  # nobody is here yet, so there is nobody to look for
                moved[ordinal] = rows
                continue
            first, end = np.searchsorted(self.ordinals, [ordinal, ordinal + 1])
            same = end - first == len(rows) and all(
                self.files[first + n].tobytes() == row.file.bytes for n, row in enumerate(rows)
            )
            if same:
                stay += enumerate(rows, int(first))
            else:
                moved[ordinal] = rows
        if stay:
            self._write(np.array([place for place, _ in stay]), [row for _, row in stay])
        if moved:
            self._make_room(moved)

    def join(self, parts: Iterable["Population"]) -> None:
        """Take in these populations, which have nobody in common with this one or with each other, and come
        in the order of their ordinals."""
        whole = [self, *parts]
        for part in whole[1:]:
            gates = np.array([self._gates(gates) for gates in part.gates_said], np.int32)
            said = np.array([self._spoken(spoken) for spoken in part.said], np.int32)
            part.gates, part.spoken = gates[part.gates], said[part.spoken]
        for name in ("ordinals", "files", "since", "until", "gates", "spoken", "ends"):
            setattr(self, name, np.concatenate([getattr(part, name) for part in whole], axis=-1))

    def allowed(self, use: DataUse, at: datetime) -> Bits:
        """Which rows the gates and the record allow this use. The request's own gates, and other people, are
        not asked here."""
        sound = np.fromiter((not gates for gates in self.gates_said), np.bool_, len(self.gates_said))
        rows: Bits = sound.take(self.gates)
        for family in families.needed(use):
            rows &= self._allows(family, use, at)
        return rows

    def lapses_at(self, rows: Bits, use: DataUse, at: datetime) -> int:
        """The first instant, in microseconds, at which time alone could change what is allowed of these rows;
        it may be early, never late."""
        if not rows.any():
            return NEVER
        earliest = FOREVER
        for column in (*(COLUMN[family] for family in families.touched(use) if family in COLUMN), GATES):
            ends = self.ends[column]
            some = rows & (ends != FOREVER)  # few have an end: the others need not be compared
            earliest = min(earliest, int(ends[some].min(initial=FOREVER)))
        heads = (head for spoken in self.said for head in spoken.heads)
        coming = (micro(one) for one in (*_of_use(use), *_of_heads(heads, use)) if one > at)
        return min(NEVER if earliest == FOREVER else earliest * SECOND, min(coming, default=NEVER))

    def decisions(
        self, rows: Numbers, use: DataUse, at: datetime, relations: Sequence[Reason] = ()
    ) -> Iterator[tuple[Decision, Numbers]]:
        """Each distinct decision about these rows, with the places of the rows that it is about: decided once
        for all that stand and speak alike. `relations` are somebody else's objections, the same for all."""
        columns = [COLUMN[family] for family in families.touched(use) if family in COLUMN]
        alike = np.stack([self.gates[rows], *(self.spoken[column][rows] for column in columns)])
        classes, which = np.unique(alike, axis=1, return_inverse=True)
        order = np.argsort(which, kind="stable")
        edges = np.searchsorted(which[order], np.arange(classes.shape[1] + 1))
        for number in range(classes.shape[1]):
            gates, *spoken = classes[:, number].tolist()
            speak = dict(zip(columns, spoken, strict=True))
            decision = conclude(
                use,
                self.policy,
                at,
                gates=self.gates_said[gates],
                speak=lambda family, speak=speak: self.said[speak[COLUMN[family]]],  # type: ignore[misc]
                relations=relations,
            )
            yield decision, rows[order[edges[number] : edges[number + 1]]]

    def _allows(self, family: str, use: DataUse, at: datetime) -> Bits:
        if family not in COLUMN:
            return np.zeros(len(self), np.bool_)
        column = self.spoken[COLUMN[family]]
        own: Bits = self._answer(family, use, at, lambda spoken: {RESEARCH: SILENCE, family: spoken}).take(
            column
        )
        if family != CLINICAL:
            return own
        # Where nothing is said of care, a research grant may reach it: the law is asked about that one.
        through = self._answer(
            f"{CLINICAL} through {RESEARCH}", use, at, lambda spoken: {CLINICAL: SILENCE, RESEARCH: spoken}
        )
        silent = np.fromiter((not spoken.heads for spoken in self.said), np.bool_, len(self.said))
        own |= silent.take(column) & through.take(self.spoken[COLUMN[RESEARCH]])
        return own

    def _answer(
        self, name: str, use: DataUse, at: datetime, speech: Callable[[Spoken], dict[str, Spoken]]
    ) -> Bits:
        """Whether the law, asked with each numbered thing that may be spoken, has no reason against it."""
        now = micro(at)
        kept = self._answers.pop((use, name), None)
        if kept is None or not kept.since <= now < kept.until:
            kept = _Answer(EVER, NEVER, np.zeros(0, np.bool_))
        family = name.split(" ")[0]
        fresh = self.said[len(kept.allows) :]
        if fresh:
            answers = [
                not families.answer(family, speech(spoken).__getitem__, use, self.policy, at).reasons
                for spoken in fresh
            ]
            kept.allows = np.concatenate([kept.allows, np.array(answers, np.bool_)])
            for one in (*_of_use(use), *_of_heads((h for s in fresh for h in s.heads), use)):
                if one <= at:
                    kept.since = max(kept.since, micro(one))
                else:
                    kept.until = min(kept.until, micro(one))
        self._answers[use, name] = kept
        if len(self._answers) > KEPT_ANSWERS:
            self._answers.popitem(last=False)
        return kept.allows

    def _write(self, places: Numbers, rows: Sequence[Row]) -> None:
        """Put these rows, of which there are some, at these places."""
        self.since[places], self.until[places] = [row.since for row in rows], [row.until for row in rows]
        self._latest = max(self._latest, *(row.since for row in rows))
        self._earliest = min(self._earliest, *(row.until for row in rows))
        self.gates[places] = [self._gates(row.gates) for row in rows]
        spoken = [0 if said is SILENCE else self._spoken(said) for row in rows for said in row.spoken]
        self.spoken[:, places] = np.array(spoken, np.int32).reshape(len(rows), -1).T
        ends = np.array([row.ends for row in rows], np.int64) // SECOND
        self.ends[:, places] = ends.clip(0, FOREVER).T

    def _make_room(self, moved: dict[int, Sequence[Row]]) -> None:
        """Take the rows of these people out and put theirs in, in one pass, in ordinal order."""
        kept = ~np.isin(self.ordinals, np.fromiter(moved, np.int64, len(moved)))
        rows = [(ordinal, row) for ordinal, rows in moved.items() for row in rows]
        theirs = np.array([ordinal for ordinal, _ in rows], np.int64)
        ids = np.frombuffer(b"".join(row.file.bytes for _, row in rows), "V16")
        ordinals = np.concatenate([self.ordinals[kept], theirs])
        order = np.argsort(ordinals, kind="stable")
        self.ordinals = ordinals[order]
        self.files = np.concatenate([self.files[kept], ids])[order]
        for name in ("since", "until", "gates", "spoken", "ends"):
            column = getattr(self, name)
            room = np.zeros((*column.shape[:-1], len(rows)), column.dtype)
            setattr(self, name, np.concatenate([column[..., kept], room], axis=-1)[..., order])
        if rows:
            place = np.empty(len(order), np.int64)
            place[order] = np.arange(len(order))
            self._write(place[-len(rows) :], [row for _, row in rows])

    def _gates(self, gates: tuple[Reason, ...]) -> int:
        return _numbered(gates, self.gates_said, self._gate_number)

    def _spoken(self, spoken: Spoken) -> int:
        return _numbered(spoken, self.said, self._number)


def _numbered(thing: Any, told: list[Any], numbers: dict[Any, int]) -> int:
    number = numbers.get(thing)
    if number is None:
        number = numbers[thing] = len(told)
        told.append(thing)
    return number


def _of_use(use: DataUse) -> Iterator[datetime]:
    return (one for one in instants.of_use(use) if one is not None)


def _of_heads(heads: Iterable[Any], use: DataUse) -> Iterator[datetime]:
    return (one for head in heads for one in instants.of_modifiers(head.modifiers, use) if one is not None)
