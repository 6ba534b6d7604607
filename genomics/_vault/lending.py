"""Rows of many people, opened together for the time of one batch, under the Clearance of that batch.

    with lending.lent(files, used, proof) as lent:
        for group in lent.groups(places): ...          # in memory, or decrypted now

What stays in memory after it is settled in memory; how rows are compared, in matching.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import numpy as np
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from numpy.typing import NDArray

from consent.clearance import Clearance
from genomics._vault import files as vault
from genomics._vault import keys, many, memory, parts, readings, shelf
from genomics._vault.many import Lies
from genomics._vault.memory import NOWHERE, Kept, Memory
from genomics._vault.rows import PLANES, SETTING, SKETCH, InUse, names_of
from genomics.columns import Column
from genomics.errors import VaultSealed
from genomics.matching.kernels import Rows
from genomics.matching.probes import shape_of
from genomics.matching.question import Group
from genomics.matching.segments import People
from genomics.matching.setting import Setting
from genomics.matching.sketch import LINE, Lines
from genomics.models import GenomicFile
from genomics.panel import PanelRow
from genomics.row_bytes import joined

AT_ONCE = 2 * 1024 * 1024  # bytes that are read in one piece where rows lie side by side, and stay near


class Whose(Protocol):
    """What is asked of a file: which it is, and the ordinal of the participant whose it is."""

    @property
    def id(self) -> UUID: ...

    @property
    def participant_id(self) -> int: ...


class Theirs(NamedTuple):
    """That, and nothing else: facts of a thousand files cost more to bring than their rows to find."""

    id: UUID
    participant_id: int


@contextmanager
def lent(files: Sequence[Whose], used: InUse, proof: Clearance) -> Iterator["Lent"]:
    """The rows of those of these files that are of the panel's build, for the time of a batch. Raises
    NotCleared when one is not covered."""
    vault.require_covered(files, proof)
    with memory.of(used.digest, used.shape, used.probes) as here:
        batch = Lent(files, used, proof, here)
        try:
            yield batch
        finally:
            here.wipe_desk()


class Lent:
    """See `lent`. Rows are opened when they are asked for; whoever is not asked about stays shut. A place is
    that of a file among `files`."""

    def __init__(self, files: Sequence[Whose], used: InUse, proof: Clearance, here: Memory) -> None:
        self._used, self._proof, self._here = used, proof, here
        self._names: dict[str, dict[int, str]] = {}  # what is sealed of each, part by part, as it is called
        self.files = [files[n] for n in many.standing([file.id for file in files], used.build)]

    def groups(self, places: Sequence[int]) -> list[Group]:
        """The rows of the files at these places: those that are in memory now, and those that found no room
        there."""
        recorded, here, files = self._recorded(places, PLANES), self._here, self.files
        lies = [one[:2] for one in recorded.values()]
        lines = here.found([files[place].id for place in recorded], lies)
        held = {place: line for place, line in zip(recorded, lines, strict=True) if line != NOWHERE}
        self._note(list(held), PLANES, opened=False)
        held |= self._to_stay([place for place in recorded if place not in held], recorded)
        groups = [_group(here.people, held)] if held else []
        others = [place for place in places if place not in held]
        if others:
            groups.append(_group(self._aside(others, recorded), {place: n for n, place in enumerate(others)}))
        return groups

    def sketches(self, places: Sequence[int]) -> tuple[Lines, list[int]]:
        """The sketches of those of these files that have one, a line each, and whose each line is."""
        recorded = self._recorded(places, SKETCH)
        lines = self._here.desk(len(recorded), LINE)
        room, size = _bytes(lines), 8 * LINE
        rooms = {place: (room[n * size : (n + 1) * size],) for n, place in enumerate(recorded)}
        opened = self._open(recorded, SKETCH, rooms.__getitem__)
        there = [(n, place) for n, place in enumerate(recorded) if place in opened]
        if len(there) < len(lines):  # somebody left meanwhile
            for n, (line, _) in enumerate(there):
                lines[n] = lines[line]
        return lines[: len(there)], [place for _, place in there]

    def row(self, place: int) -> PanelRow:
        """One row whole, with the sites that are on no autosome; opened each time."""
        return self._whole[place]

    @cached_property
    def _whole(self) -> list[PanelRow]:
        shape, every = self._used.shape, range(len(self.files))
        rests = np.zeros((len(every), shape.lengths[2]), dtype=np.uint8)
        rows = self._aside(every, self._recorded(every, PLANES), rests).rows
        return [joined(rows.lo[n], rows.hi[n], rests[n].tobytes(), shape) for n in every]

    def _to_stay(self, places: Sequence[int], recorded: Mapping[int, Lies]) -> dict[int, int]:
        """Open rows into lines of the memory, as many as there is room for."""
        here, files = self._here, self.files
        lines = dict(zip(places, here.room(len(places)), strict=False))
        opened: dict[int, Lies] = {}
        try:
            room = _Room(here.people, lines, len(files))
            opened = self._open({place: recorded[place] for place in lines}, PLANES, room.of)
            room.settle(opened)
        finally:
            for place in lines.keys() - opened.keys():
                here.give_back(lines.pop(place))
        here.keep(
            [
                Kept(files[place].id, line, files[place].participant_id, opened[place][:2])
                for place, line in lines.items()
            ],
            position=self._proof.position,
        )
        return lines

    def _aside(
        self,
        places: Sequence[int],
        recorded: Mapping[int, Lies],
        rests: NDArray[np.uint8] | None = None,
    ) -> People:
        """Open rows, the n-th of these places into the n-th line, for this batch alone; of a file that has
        none it is made from the column."""
        used, size, one = self._used, len(places), shape_of(self._used.probes)
        lo, hi = (self._here.desk(size, used.shape.words) for _ in range(2))
        probes = self._here.desk(size, math.prod(one)).reshape(size, *one)
        nothing = Setting(np.zeros(size), np.zeros(size))
        people = People(Rows(used.shape.autosomal, lo, hi), probes, nothing)
        room = _Room(people, {place: n for n, place in enumerate(places)}, len(self.files), rests)
        wanted = {place: recorded[place] for place in places if place in recorded}
        opened = self._open(wanted, PLANES, room.of)
        columns = {place: self.files[place].id for place in places if place not in opened}
        for place, column in self._columns(columns):
            row = vault.row_of(column, used.panel)
            for there, piece in zip(room.of(place), used.pieces(row), strict=True):
                if there is not None:
                    there[:] = piece
        room.settle(places)
        return people

    def _columns(self, files: Mapping[int, UUID]) -> Iterator[tuple[int, Column]]:
        """The columns of these files; of one that was erased meanwhile there is none, and its line says
        nothing. Whether she is in the answer is asked again at the release."""
        facts = _standing(files.values())
        for place, file in files.items():
            if file in facts:
                try:
                    yield place, vault.column(facts[file], self._proof)
                except VaultSealed:
                    if _standing([file]):
                        raise

    def _open(
        self, recorded: Mapping[int, Lies], part: str, into: Callable[[int], Sequence[memoryview | None]]
    ) -> dict[int, Lies]:
        """Open what is recorded at these places, in the order in which it lies on the shelf. Gives what was
        opened: what is recorded no more is left out, what was laid elsewhere meanwhile is read there."""
        waiting, lengths, names = dict(recorded), self._used.lengths(part), self._names.get(part, {})
        files, size, open_into = self.files, parts.length(lengths), parts.open_into
        found = keys.of_many(files[place].participant_id for place in waiting)
        waiting = {place: lies for place, lies in waiting.items() if files[place].participant_id in found}
        opened: dict[int, Lies] = {}
        while waiting:
            failed: dict[int, VaultSealed] = {}
            order = sorted(waiting, key=waiting.__getitem__)
            for _, group in groupby(order, key=lambda place: waiting[place][0]):
                together = list(group)
                self._note(together, part, opened=True)
                try:
                    for place, blob in _blobs(together, waiting, size):
                        cipher = AESGCM(found[files[place].participant_id])
                        open_into(blob, cipher, names[place], waiting[place][2], lengths, into(place))
                        opened[place] = waiting[place]
                except VaultSealed as shut:
                    failed |= dict.fromkeys((place for place in together if place not in opened), shut)
            again = self._recorded(list(failed), part) if failed else {}
            for place, refusal in failed.items():
                if again.get(place) == waiting[place]:
                    raise refusal
            waiting = again
        return opened

    def _note(self, places: Sequence[int], part: str, *, opened: bool) -> None:
        files, names = [self.files[place].id for place in places], self._names.get(part, {})
        called = (names[place] for place in places)
        readings.note_rows(called, of=files, sketches=part == SKETCH, opened=opened)

    def _recorded(self, places: Sequence[int], part: str) -> dict[int, Lies]:
        """What is recorded of their rows, by place; nothing of a file without one."""
        names = names_of([self.files[place].id for place in places], self._used, part)
        self._names.setdefault(part, {}).update(zip(places, names, strict=True))
        return {places[n]: lies for n, lies in many.lying(names).items()}


class _Room:
    """Where the pieces of rows belong: the row of the file at a place into its line of these people."""

    def __init__(
        self, people: People, lines: Mapping[int, int], places: int, rests: NDArray[np.uint8] | None = None
    ) -> None:
        self._people, self._lines, self._rests = people, lines, rests
        self._believed = np.zeros((places, 2), dtype=SETTING)
        rows = people.rows
        self._rooms = [_bytes(one) for one in (rows.lo, rows.hi, people.probes, self._believed)]
        self._plane, self._probed = (8 * math.prod(one.shape[1:]) for one in (rows.lo, people.probes))

    def of(self, place: int) -> tuple[memoryview | None, ...]:
        """Piece by piece; the sites that are on no autosome stay shut unless they were asked for."""
        (lo, hi, probes, believed), line, plane = self._rooms, self._lines[place], self._plane
        begin, end = line * plane, (line + 1) * plane
        return (
            lo[begin:end],
            hi[begin:end],
            None if self._rests is None else self._rests[line].data,
            probes[line * self._probed : (line + 1) * self._probed],
            believed[16 * place : 16 * (place + 1)],
        )

    def settle(self, places: Iterable[int]) -> None:
        """These were laid: so far they are to be believed."""
        some = list(places)
        lines, setting = [self._lines[place] for place in some], self._people.setting
        setting.dropout[lines], setting.called[lines] = self._believed[some].T


def _blobs(
    places: Sequence[int], recorded: Mapping[int, Lies], size: int
) -> Iterator[tuple[int, memoryview]]:
    """What is sealed of each, of one name of the shelf: whatever lies side by side is read at once."""
    runs: list[tuple[int, list[int]]] = []
    most, start, run = max(AT_ONCE // size, 1), 0, list[int]()
    for place in places:
        begins = recorded[place][1]
        if run and begins == start + len(run) * size and len(run) < most:
            run.append(place)
        else:
            start, run = begins, [place]
            runs.append((start, run))
    spans = [(start, len(run) * size) for start, run in runs]
    for (_, run), data in zip(runs, shelf.spans(recorded[places[0]][0], spans), strict=True):
        for n, place in enumerate(run):
            yield place, data[n * size : (n + 1) * size]


def _standing(files: Iterable[UUID]) -> dict[UUID, GenomicFile]:
    """Those of these files that there are, of people who are here."""
    there = GenomicFile.objects.filter(participant__erased_at__isnull=True).select_related("participant")
    return there.in_bulk(list(files))


def _bytes(words: NDArray[Any]) -> memoryview:
    return words.reshape(-1).view(np.uint8).data


def _group(people: People, lines: Mapping[int, int]) -> Group:
    return Group(people, np.fromiter(lines.values(), dtype=np.int32, count=len(lines)), tuple(lines))
