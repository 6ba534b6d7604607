"""The files that a Clearance covers, as a question looks at them: each opened when it is asked for.

Nothing is opened here that the question does not ask of. Who is covered, the Clearance says; what may be
asked, and what becomes of it, is the gate's.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from uuid import UUID

from consent.clearance import Clearance
from genomics._vault import files as vault
from genomics._vault import lending, slabs
from genomics._vault.lending import Lent
from genomics._vault.rows import InUse
from genomics.columns import Carriage
from genomics.coordinates import Build, Region
from genomics.matching import masked
from genomics.matching.question import Group, Place
from genomics.matching.sketch import NOBODY, Lines
from genomics.models import GenomicFile
from genomics.panel import PanelRow
from genomics.variants import Variant


@dataclass(frozen=True, slots=True)
class File:
    """A permitted file, and whose it is."""

    ordinal: int
    file: GenomicFile
    proof: Clearance
    build: Build
    found: Carriage | None  # what the slab that it lies in says of the question's place
    lent: Lent | None
    place: int  # among those lent

    @property
    def id(self) -> UUID:
        return self.file.id

    def carriage(self, at: Variant | Region) -> Carriage:
        return vault.column(self.file, self.proof).carriage(at) if self.found is None else self.found

    def row(self) -> PanelRow:
        assert self.lent is not None
        return self.lent.row(self.place)


class Files(tuple[File, ...]):
    """Those of a batch."""

    __slots__ = ()

    def groups(self, places: Sequence[int]) -> Sequence[Group]:
        lent = self[0].lent if self else None
        return [] if lent is None else lent.groups(places)

    def sketches(self, places: Sequence[int]) -> tuple[Lines, Sequence[int]]:
        lent = self[0].lent if self else None
        return (NOBODY, []) if lent is None else lent.sketches(places)


@contextmanager
def covered(proof: Clearance, *, used: InUse | None, place: Place | None = None) -> Iterator[Files]:
    """All that are covered; where a panel is compared, those of its build."""
    facts = GenomicFile.objects.select_related("participant").defer("quality", "notes")
    files = facts.in_bulk([file for one in proof.permitted for file in one.files])
    asked = [(one.ordinal, files[file]) for one in proof.permitted for file in one.files if file in files]
    if used is not None:
        asked = [(ordinal, file) for ordinal, file in asked if file.build == used.build]
    theirs = [file for _, file in asked]
    found = _found(theirs, place, proof)
    with nullcontext() if used is None else lending.lent(theirs, used, proof) as lent:
        yield Files(
            File(ordinal, file, proof, Build(file.build), found.get(file.id), lent, n)
            for n, (ordinal, file) in enumerate(asked)
        )


def _found(files: Sequence[GenomicFile], place: Place | None, proof: Clearance) -> dict[UUID, Carriage]:
    """What slabs say of a place, of those files that lie in one."""
    if place is None:
        return {}
    at, found = place.at, dict[UUID, Carriage]()
    region = at.region if isinstance(at, Variant) else at
    for view in slabs.views([file for file in files if file.build == place.build], region, proof):
        found |= masked.carriages(view, at)
    return found
