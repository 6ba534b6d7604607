"""People with rows of a panel, and a Clearance over those who permit."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from broker import queries, uses
from consent import clearance as proofs
from consent.clearance import Clearance
from consent.policy import Policy
from genomics._vault import lending, rows
from genomics.models import GenomicFile, PanelVersion
from genomics.panel import Panel, PanelRow
from genomics.row_bytes import Shape, split
from tests.world import NOW, World, genotypes, small_panel, with_panel

PANEL = small_panel(sites=640)


def joined(world: World, names: Sequence[str], *, says: str = "Ada", seed: int = 5) -> list[GenomicFile]:
    """People with a row each, drawn at random."""
    if not PanelVersion.objects.exists():
        with_panel(PANEL)
    rng = np.random.default_rng([seed, len(world.people)])
    for name in names:
        world.join(name, says=says, data=genotypes(PANEL, rng.integers(0, 3, len(PANEL))))
    return files_of(world, *names)


def files_of(world: World, *names: str) -> list[GenomicFile]:
    people = [world.people[name] for name in names]
    found = {file.participant_id: file for file in GenomicFile.objects.select_related("participant")}
    return [found[person.ordinal] for person in people]


def in_use() -> rows.InUse:
    return rows.InUse.of(PanelVersion.objects.latest())


def proof(world: World) -> Clearance:
    """Over those who allow research."""
    query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    return proofs.clear(uses.of(query), policy=Policy.default(), at=NOW)


def read(files: Sequence[GenomicFile], clearance: Any) -> list[bytes]:
    """Both planes of each, as they would be compared."""
    found: dict[int, bytes] = {}
    with lending.lent(files, in_use(), clearance) as lent:
        for group in lent.groups(range(len(files))):
            for line, place in zip(group.lines.tolist(), group.places, strict=True):
                people = group.people.rows
                found[place] = people.lo[line].tobytes() + people.hi[line].tobytes()
    return [found[place] for place in range(len(files))]


def planes(row: PanelRow, panel: Panel) -> bytes:
    lo, hi, _ = split(row, Shape.of(panel))
    return lo + hi
