"""Who descends from whom, which stretches they inherited, and what two of them therefore truly share.

Pure. A family is a table of members; meioses cross over as the genetic map says (Haldane: no interference).
A haplotype is kept as the founder haplotype it came from, site by site.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from broker.demo.founders import Sites

LEAST_CM = 7.0  # shorter stretches are shared, and not counted: no service shows them


class Relation(StrEnum):
    """What two people of a family are to each other, whichever of them is named first."""

    PARENT_CHILD = "parent and child"
    FULL_SIBLINGS = "full siblings"
    GRANDPARENT = "grandparent and grandchild"
    AVUNCULAR = "aunt or uncle, and niece or nephew"
    GREAT_GRANDPARENT = "great-grandparent and great-grandchild"
    GREAT_AVUNCULAR = "great-aunt or great-uncle, and great-niece or great-nephew"
    FIRST_COUSINS = "first cousins"
    FIRST_COUSINS_ONCE_REMOVED = "first cousins once removed"
    SECOND_COUSINS = "second cousins"


# Generations up to the nearest common ancestors, the shorter way first.
RELATIONS = {
    (0, 1): Relation.PARENT_CHILD,
    (1, 1): Relation.FULL_SIBLINGS,
    (0, 2): Relation.GRANDPARENT,
    (1, 2): Relation.AVUNCULAR,
    (0, 3): Relation.GREAT_GRANDPARENT,
    (1, 3): Relation.GREAT_AVUNCULAR,
    (2, 2): Relation.FIRST_COUSINS,
    (2, 3): Relation.FIRST_COUSINS_ONCE_REMOVED,
    (3, 3): Relation.SECOND_COUSINS,
}


@dataclass(frozen=True, slots=True)
class Member:
    """A place in a family: `generation` 0 is the oldest; a member without parents is a founder."""

    role: str
    sex: str  # "M" or "F"
    generation: int
    father: str = ""
    mother: str = ""


# Four generations: A1 and A2, their children B1 and B2, three first cousins, two second cousins, and those
# who married in (S, T). Every relation above occurs in it.
FAMILY = (
    Member("A1", "M", 0),
    Member("A2", "F", 0),
    Member("B1", "M", 1, "A1", "A2"),
    Member("S1", "F", 1),
    Member("B2", "F", 1, "A1", "A2"),
    Member("S2", "M", 1),
    Member("C1", "F", 2, "B1", "S1"),
    Member("T1", "M", 2),
    Member("C2", "M", 2, "B1", "S1"),
    Member("C3", "M", 2, "S2", "B2"),
    Member("T2", "F", 2),
    Member("D1", "M", 3, "T1", "C1"),
    Member("D2", "F", 3, "C3", "T2"),
)
FAMILY_FOUNDERS = sum(not member.father for member in FAMILY)

Origins = NDArray[np.int32]  # (2, sites): the founder haplotype each of a person's two came from


@dataclass(frozen=True, slots=True)
class Shared:
    """What two people truly share identical by descent, in centimorgans: on one haplotype, on both, in
    stretches of at least LEAST_CM (on one or both) and in the longest of them."""

    ibd1_cm: float
    ibd2_cm: float
    total_cm: float
    longest_cm: float


def descend(
    family: Sequence[Member], founders: Mapping[str, Origins], sites: Sites, rng: Generator
) -> dict[str, Origins]:
    """Everybody's origins; `founders` gives those of the members without parents."""
    origins: dict[str, Origins] = {}
    for member in family:
        if member.father:
            gametes = [_gamete(origins[parent], sites, rng) for parent in (member.father, member.mother)]
            origins[member.role] = np.stack(gametes)
        else:
            origins[member.role] = founders[member.role]
    return origins


def relations(family: Sequence[Member]) -> dict[tuple[str, str], Relation]:
    """Every related pair of roles, in the order of the table."""
    up: dict[str, dict[str, int]] = {}
    for member in family:
        above = {member.role: 0}
        for parent in filter(None, (member.father, member.mother)):
            above |= {role: steps + 1 for role, steps in up[parent].items()}
        up[member.role] = above
    found = {}
    for one, other in combinations(up, 2):
        ways = [(up[one][role], up[other][role]) for role in up[one].keys() & up[other].keys()]
        if ways:
            found[one, other] = RELATIONS[min((min(way), max(way)) for way in ways)]
    return found


def shared(one: Origins, other: Origins, sites: Sites) -> Shared:
    """The truth about two people, to within half the distance between neighbouring sites."""
    same = one[:, None, :] == other[None, :, :]
    both = (same[0, 0] & same[1, 1]) | (same[0, 1] & same[1, 0])
    either = same.any(axis=(0, 1))
    width = _widths(sites)
    lengths = [length for span in sites.spans() for length in _stretches(either[span], width[span])]
    counted = [length for length in lengths if length >= LEAST_CM]
    ibd2 = float(width[both].sum())
    return Shared(
        ibd1_cm=float(width[either].sum()) - ibd2,
        ibd2_cm=ibd2,
        total_cm=sum(counted),
        longest_cm=max(counted, default=0.0),
    )


def _gamete(parent: Origins, sites: Sites, rng: Generator) -> NDArray[np.int32]:
    """One haplotype of a child: of each chromosome, now the one and now the other of the parent's two."""
    passed = np.empty(len(sites), dtype=np.int32)
    for span in sites.spans():
        cm = sites.cm[span]
        crossovers = np.sort(rng.uniform(cm[0], cm[-1], rng.poisson((cm[-1] - cm[0]) / 100)))
        strand = (rng.integers(2) + np.searchsorted(crossovers, cm)) % 2
        passed[span] = np.where(strand == 0, parent[0, span], parent[1, span])
    return passed


def _widths(sites: Sites) -> NDArray[np.float64]:
    """The part of the map each site stands for: half way to its neighbours."""
    width = np.empty(len(sites))
    for span in sites.spans():
        cm = sites.cm[span]
        edges = np.concatenate([cm[:1], (cm[1:] + cm[:-1]) / 2, cm[-1:]])
        width[span] = np.diff(edges)
    return width


def _stretches(state: NDArray[np.bool_], width: NDArray[np.float64]) -> list[float]:
    """The lengths of the runs of True."""
    turns = np.flatnonzero(np.diff(state, prepend=False, append=False))
    reached = np.concatenate([[0.0], np.cumsum(width)])
    return [float(length) for length in reached[turns[1::2]] - reached[turns[::2]]]
