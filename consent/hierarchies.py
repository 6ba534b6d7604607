"""What lies inside what: a table of names and their parents, and one question.

Whether a use is lawful is not answered here. A policy carries the two hierarchies it was decided with; the
regions of the world are in regions, and a large table of diseases comes in by a command.
Example: REGIONS.upwards("DE") == {"DE", "EU", "EEA"}; a name the table has not lies inside nothing.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from consent.canonical import canonical
from consent.regions import PARENTS, REGION_NAMES

__all__ = ["DISEASES", "DISEASE_NAMES", "REGIONS", "REGION_NAMES", "Hierarchy"]


@dataclass(frozen=True, slots=True, eq=False)
class Hierarchy:
    """Names and their parents. A name that is not in the table lies nowhere, so nothing that was allowed
    reaches it: unknown terms deny. It may hold tens of thousands: it climbs only where it is asked."""

    parents: tuple[tuple[str, tuple[str, ...]], ...] = field(repr=False)
    _known: dict[str, tuple[str, ...]] = field(init=False, repr=False)
    _climbed: dict[str, frozenset[str]] = field(init=False, repr=False)
    _digest: list[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_known", dict(self.parents))
        object.__setattr__(self, "_climbed", {})
        object.__setattr__(self, "_digest", [])

    @classmethod
    def of(cls, parents: Mapping[str, Iterable[str]]) -> Self:
        """From {name: [its parents]}; the order of either does not matter. Raises ValueError for parents
        that are one name and no list: its letters would be taken for names."""
        if any(isinstance(above, str) for above in parents.values()):
            raise ValueError("the parents of a name are a list")
        return cls(tuple(sorted((name, tuple(sorted(above))) for name, above in parents.items())))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Hierarchy):
            return NotImplemented
        return self is other or self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    @property
    def digest(self) -> str:
        """SHA-256 of the table, hex: reckoned once, and the same for the same table."""
        if not self._digest:
            self._digest.append(hashlib.sha256(canonical(self.parents)).hexdigest())
        return self._digest[0]

    def upwards(self, name: str) -> frozenset[str]:
        """The name itself and everything it lies inside of; nothing for a name the table has not."""
        reached = self._climbed.get(name)
        if reached is None:
            if name not in self._known:
                return frozenset()
            reached = self._climbed[name] = _climb(name, self._known)
        return reached

    def knows(self, name: str) -> bool:
        """Whether the table has this name."""
        return name in self._known

    def as_json(self) -> dict[str, list[str]]:
        """{name: [its parents]}."""
        return {name: list(above) for name, above in self.parents}


def _climb(name: str, parents: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    reached: set[str] = set()
    waiting = [name]
    while waiting:
        here = waiting.pop()
        if here not in reached:
            reached.add(here)
            waiting.extend(parents.get(here, ()))
    return frozenset(reached)


# MONDO: melanoma and its kin under cancer, diabetes, and the root they share. mondo.monarchinitiative.org
DISEASES = Hierarchy.of(
    {
        "MONDO:0006486": ["MONDO:0005105"],  # uveal melanoma
        "MONDO:0005105": ["MONDO:0004992"],  # melanoma
        "MONDO:0004992": ["MONDO:0045024"],  # cancer
        "MONDO:0045024": ["MONDO:0000001"],  # cancer or benign tumour
        "MONDO:0005148": ["MONDO:0005015"],  # type 2 diabetes mellitus
        "MONDO:0005015": ["MONDO:0000001"],  # diabetes mellitus
        "MONDO:0000001": [],  # disease
    }
)

# Plain names for the people who choose; the code stands small beside them.
DISEASE_NAMES: dict[str, str] = {
    "MONDO:0006486": "Uveal melanoma",
    "MONDO:0005105": "Melanoma",
    "MONDO:0004992": "Cancer",
    "MONDO:0045024": "Cancer or benign tumour",
    "MONDO:0005148": "Type 2 diabetes",
    "MONDO:0005015": "Diabetes",
    "MONDO:0000001": "Any disease",
}

# ISO 3166, with the European Union and the European Economic Area above their members.
REGIONS = Hierarchy.of(PARENTS)
