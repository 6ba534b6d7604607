"""The files that a Clearance covers, as a question looks at them: each opened when it is asked for.

Nothing is opened here that the question does not ask of. Who is covered, the Clearance says; what may be
asked, and what becomes of it, is the gate's.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from consent.clearance import Clearance
from genomics._vault import files as vault
from genomics._vault import lending, slabs
from genomics._vault.lending import Lent, Theirs
from genomics._vault.rows import InUse
from genomics.columns import Carriage
from genomics.coordinates import Build, Region
from genomics.matching import masked
from genomics.matching.question import Group, Place
from genomics.matching.sketch import NOBODY, Lines
from genomics.models import GenomicFile
from genomics.panel import PanelRow
from genomics.variants import Variant


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A permitted file, and whose it is."""

    id: UUID
    ordinal: int
    build: Build
    proof: Clearance
    facts: GenomicFile | None = None
    found: Carriage | None = None  # what the slab that it lies in says of the question's place
    lent: Lent | None = None
    place: int = 0  # among those lent

    def carriage(self, at: Variant | Region) -> Carriage:
        if self.found is not None:
            return self.found
        assert self.facts is not None
        return vault.column(self.facts, self.proof).carriage(at)

    def row(self) -> PanelRow:
        assert self.lent is not None
        return self.lent.row(self.place)


class Files:
    """Those of a batch. What compares rows asks of all of them at once, and none is made to be met alone."""

    def __init__(self, ids: Sequence[UUID], made: Callable[[int], File], lent: Lent | None = None) -> None:
        self.ids, self._made, self._lent = ids, made, lent

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[File]:
        return map(self._made, range(len(self.ids)))

    def groups(self, places: Sequence[int]) -> Sequence[Group]:
        return [] if self._lent is None or not self.ids else self._lent.groups(places)

    def sketches(self, places: Sequence[int]) -> tuple[Lines, Sequence[int]]:
        return (NOBODY, []) if self._lent is None or not self.ids else self._lent.sketches(places)


@contextmanager
def covered(proof: Clearance, *, used: InUse | None, place: Place | None = None) -> Iterator[Files]:
    """All that are covered; where a panel is compared, those of its build."""
    if used is None:
        yield _with_columns(proof, place)
        return
    theirs = [Theirs(file, one.ordinal) for one in proof.permitted for file in one.files]
    with lending.lent(theirs, used, proof) as lent:
        build = Build(used.build)

        def made(place: int) -> File:
            id_, ordinal = lent.files[place].id, lent.files[place].participant_id
            return File(id=id_, ordinal=ordinal, build=build, proof=proof, lent=lent, place=place)

        yield Files([file.id for file in lent.files], made, lent)


def _with_columns(proof: Clearance, place: Place | None) -> Files:
    facts = GenomicFile.objects.select_related("participant").defer("quality", "notes")
    files = facts.in_bulk([file for one in proof.permitted for file in one.files])
    asked = [(one.ordinal, files[file]) for one in proof.permitted for file in one.files if file in files]
    found = _found([file for _, file in asked], place, proof)

    def made(place: int) -> File:
        ordinal, file = asked[place]
        build, said = Build(file.build), found.get(file.id)
        return File(id=file.id, ordinal=ordinal, build=build, proof=proof, facts=file, found=said)

    return Files([file.id for _, file in asked], made)


def _found(files: Sequence[GenomicFile], place: Place | None, proof: Clearance) -> dict[UUID, Carriage]:
    """What slabs say of a place, of those files that lie in one."""
    if place is None:
        return {}
    at, found = place.at, dict[UUID, Carriage]()
    region = at.region if isinstance(at, Variant) else at
    for view in slabs.views([file for file in files if file.build == place.build], region, proof):
        found |= masked.carriages(view, at)
    return found
