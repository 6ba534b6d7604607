"""Rows of many people, opened together for the time of one batch, under the Clearance of that batch.

    with lending.lent(files, used, proof) as lent:
        for group in lent.groups(places): ...          # in memory, or decrypted now

What stays in memory after it is settled in memory; how rows are compared, in matching.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import numpy as np
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from numpy.typing import NDArray

from consent.clearance import Clearance
from genomics._vault import files as vault
from genomics._vault import keys, memory, parts, readings, shelf
from genomics._vault.memory import Kept, Memory, Place
from genomics._vault.rows import PLANES, SKETCH, InUse, name_of
from genomics.errors import VaultSealed
from genomics.matching.kernels import Rows
from genomics.matching.probes import gather, shape_of
from genomics.matching.question import Group
from genomics.matching.segments import People
from genomics.matching.setting import Setting
from genomics.matching.sketch import LINE, Lines
from genomics.models import GenomicFile, Sealed
from genomics.panel import PanelRow
from genomics.row_bytes import joined, split

Bytes = NDArray[np.uint8]

AT_ONCE = 2 * 1024 * 1024  # bytes that are read in one piece where rows lie side by side, and stay near


@contextmanager
def lent(files: Sequence[GenomicFile], used: InUse, proof: Clearance) -> Iterator["Lent"]:
    """The rows of these files, for the time of a batch. Raises NotCleared when one is not covered."""
    vault.require_covered(files, proof)
    with memory.of(used.digest, used.shape, used.probes) as here:
        batch = Lent(files, used, proof, here)
        try:
            yield batch
        finally:
            batch.wipe()


@dataclass(frozen=True, slots=True)
class Recorded:
    """Where a row lies, and what vouches for it."""

    name: str
    place: Place
    sha256: bytes


class Lent:
    """See `lent`. Rows are opened when they are asked for; whoever is not asked about stays shut."""

    def __init__(self, files: Sequence[GenomicFile], used: InUse, proof: Clearance, here: Memory) -> None:
        self._files, self._used, self._proof, self._here = files, used, proof, here
        self._scratch: list[NDArray[np.uint64]] = []

    def groups(self, places: Sequence[int]) -> list[Group]:
        """The rows of the files at these places: those that are in memory now, and those that found no room
        there."""
        recorded, here, held = self._recorded(places), self._here, dict[int, int]()
        for place, one in recorded.items():
            line = here.find(self._files[place].id, one.place)
            if line is not None:
                readings.note(one.name, of=self._files[place].id, opened=False)
                held[place] = line
        new = [place for place in places if place in recorded and place not in held]
        held |= self._to_stay(new, recorded)
        groups = [_group(here.people, held)] if held else []
        others = [place for place in places if place not in held]
        if others:
            groups.append(_group(self._aside(others, recorded), {place: n for n, place in enumerate(others)}))
        return groups

    def sketches(self, places: Sequence[int]) -> tuple[Lines, list[int]]:
        """The sketches of those of these files that have one, a line each, and whose each line is."""
        recorded = self._recorded(places, SKETCH)
        lines = np.zeros((len(recorded), LINE), dtype=np.uint64)
        self._scratch.append(lines)
        where = {place: lines[n].view(np.uint8) for n, place in enumerate(recorded)}
        opened = self._open(recorded, SKETCH, lambda place: (where[place],))
        there = [(n, place) for n, place in enumerate(recorded) if place in opened]
        if len(there) < len(lines):  # somebody left meanwhile
            lines = lines[[n for n, _ in there]]
        return lines, [place for _, place in there]

    def row(self, place: int) -> PanelRow:
        """One row whole, with the sites that are on no autosome; opened each time."""
        return self._whole[place]

    def wipe(self) -> None:
        """Write over what found no room in memory."""
        for words in self._scratch:
            words[:] = 0

    @cached_property
    def _whole(self) -> list[PanelRow]:
        shape, all_ = self._used.shape, range(len(self._files))
        rests = [np.zeros(shape.lengths[2], dtype=np.uint8) for _ in all_]
        rows = self._aside(all_, self._recorded(all_), rests).rows
        return [joined(rows.lo[n], rows.hi[n], rests[n].tobytes(), shape) for n in all_]

    def _to_stay(self, places: Sequence[int], recorded: Mapping[int, Recorded]) -> dict[int, int]:
        """Open rows into lines of the memory, as many as there is room for."""
        here = self._here
        lines = dict(zip(places, here.room(len(places)), strict=False))
        opened: dict[int, Recorded] = {}
        try:
            wanted = {place: recorded[place] for place in lines}
            opened = self._open(
                wanted,
                PLANES,
                lambda place: _planes(here.people, lines[place]),
                lambda some: self._settle(here.people, [lines[place] for place in some]),
            )
        finally:
            for place in lines.keys() - opened.keys():
                here.give_back(lines.pop(place))
        now = time.monotonic()
        for place, line in lines.items():
            file = self._files[place]
            kept = Kept(line=line, ordinal=file.participant_id, place=opened[place].place, used=now)
            here.keep(file.id, kept, position=self._proof.position)
        return lines

    def _aside(
        self,
        places: Sequence[int],
        recorded: Mapping[int, Recorded],
        rests: Sequence[Bytes] | None = None,
    ) -> People:
        """Open rows, the n-th of these places into the n-th line, for this batch alone; of a file that has
        none it is made from the column."""
        shape = self._used.shape
        lo, hi = (np.zeros((len(places), shape.words), dtype=np.uint64) for _ in range(2))
        self._scratch += [lo, hi]
        probes = np.zeros((len(places), *shape_of(self._used.probes)), dtype=np.uint64)
        self._scratch += [probes]
        nothing = Setting(np.zeros(len(lo)), np.zeros(len(lo)))
        people = People(Rows(shape.autosomal, lo, hi), probes, nothing)
        lines = {place: n for n, place in enumerate(places)}

        def into(place: int) -> tuple[Bytes | None, ...]:
            return (*_planes(people, lines[place])[:2], None if rests is None else rests[place])

        wanted = {place: recorded[place] for place in places if place in recorded}
        opened = self._open(wanted, PLANES, into)
        for place in lines.keys() - opened.keys():
            row = vault.row_of(vault.column(self._files[place], self._proof), self._used.panel)
            for there, piece in zip(into(place), split(row, shape), strict=True):
                if there is not None:
                    there[:] = np.frombuffer(piece, dtype=np.uint8)
        self._settle(people, lines.values())
        return people

    def _open(
        self,
        recorded: Mapping[int, Recorded],
        part: str,
        into: Callable[[int], Sequence[Bytes | None]],
        then: Callable[[Sequence[int]], None] = lambda places: None,
    ) -> dict[int, Recorded]:
        """Open what is recorded at these places, in the order in which it lies on the shelf; `then` is called
        with those that lay together, while they are near. Gives what was opened: what is recorded no more is
        left out, what was laid elsewhere meanwhile is read there."""
        waiting, lengths = dict(recorded), self._used.lengths(part)
        ciphers = self._ciphers(waiting)
        opened: dict[int, Recorded] = {}
        while waiting:
            failed: dict[int, VaultSealed] = {}
            order = sorted(waiting, key=lambda place: waiting[place].place)
            for _, group in groupby(order, key=lambda place: waiting[place].place[0]):
                together = list(group)
                try:
                    for place, blob in _blobs(together, waiting, parts.length(lengths)):
                        one = waiting[place]
                        readings.note(one.name, of=self._files[place].id)
                        parts.open_into(blob, ciphers[place], one.name, one.sha256, lengths, into(place))
                        opened[place] = one
                    then(together)
                except VaultSealed as shut:
                    failed |= dict.fromkeys((place for place in together if place not in opened), shut)
            again = self._recorded(failed, part) if failed else {}
            for place, refusal in failed.items():
                if again.get(place) == waiting[place]:
                    raise refusal
            waiting = again
        return opened

    def _recorded(self, places: Iterable[int], part: str = PLANES) -> dict[int, Recorded]:
        """What is recorded of their rows now, by place; nothing of a file that has none."""
        names = {name_of(self._files[place].id, self._used.digest, part): place for place in places}
        rows = Sealed.objects.filter(name__in=list(names), version=parts.VERSION)
        return {
            names[name]: Recorded(name, (place, begins), bytes(sha256))
            for name, place, begins, sha256 in rows.values_list("name", "place", "begins", "manifest_sha256")
        }

    def _ciphers(self, places: Iterable[int]) -> dict[int, AESGCM]:
        people = {place: self._files[place].participant_id for place in places}
        found = keys.of_many(people.values())
        return {place: AESGCM(found[person]) for place, person in people.items()}

    def _settle(self, people: People, lines: Iterable[int]) -> None:
        """How far each of these is to be believed, and her probes, while her row is near."""
        order = sorted(lines)
        for _, group in groupby(enumerate(order), key=lambda one: one[1] - one[0]):
            run = [line for _, line in group]
            some = slice(run[0], run[-1] + 1)
            found = Setting.of(people.rows[some], self._used.frequency, promised=self._used.promised)
            people.setting.dropout[some], people.setting.called[some] = found.dropout, found.called
            gather(people.rows[some], self._used.probes, people.probes[some])


def _blobs(
    places: Sequence[int], recorded: Mapping[int, Recorded], size: int
) -> Iterator[tuple[int, memoryview]]:
    """What is sealed of each, of one name of the shelf: whatever lies side by side is read at once."""
    runs: list[tuple[int, list[int]]] = []
    for place in places:
        begins = recorded[place].place[1]
        start, run = runs[-1] if runs else (0, [])
        if run and begins == start + len(run) * size and len(run) * size < AT_ONCE:
            run.append(place)
        else:
            runs.append((begins, [place]))
    spans = [(start, len(run) * size) for start, run in runs]
    for (_, run), data in zip(runs, shelf.spans(recorded[places[0]].place[0], spans), strict=True):
        for n, place in enumerate(run):
            yield place, data[n * size : (n + 1) * size]


def _planes(people: People, line: int) -> tuple[Bytes, Bytes, None]:
    """Where the pieces of a row belong; the sites that are on no autosome stay shut."""
    return people.rows.lo[line].view(np.uint8), people.rows.hi[line].view(np.uint8), None


def _group(people: People, lines: Mapping[int, int]) -> Group:
    return Group(people, np.fromiter(lines.values(), dtype=np.int32, count=len(lines)), tuple(lines))
