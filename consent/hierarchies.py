"""What lies inside what: diseases under diseases, regions under regions. Tables of facts, and one question.

Whether a use is lawful is not answered here. A policy carries the two hierarchies it was decided with.
Example: REGIONS.upwards("DE") == {"DE", "EU"}.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Names and their parents. A name that is not in the table lies inside itself alone."""

    parents: tuple[tuple[str, tuple[str, ...]], ...]
    _upwards: dict[str, frozenset[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        known = dict(self.parents)
        object.__setattr__(self, "_upwards", {name: _climb(name, known) for name in known})

    @classmethod
    def of(cls, parents: Mapping[str, Iterable[str]]) -> Self:
        """From {name: [its parents]}; the order of either does not matter."""
        return cls(tuple(sorted((name, tuple(sorted(above))) for name, above in parents.items())))

    def upwards(self, name: str) -> frozenset[str]:
        """The name itself and everything it lies inside of."""
        return self._upwards.get(name) or frozenset((name,))

    def knows(self, name: str) -> bool:
        """Whether the table has this name."""
        return name in self._upwards

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

# ISO 3166-1 and 3166-2, with the European Union above its members.
REGIONS = Hierarchy.of(
    {
        "DE": ["EU"],
        "FR": ["EU"],
        "NL": ["EU"],
        "FI": ["EU"],
        "GB": [],
        "EU": [],
        "US": [],
        "US-MD": ["US"],
        "US-MT": ["US"],
        "US-UT": ["US"],
        "US-FL": ["US"],
        "AU": [],
    }
)

REGION_NAMES: dict[str, str] = {
    "DE": "Germany",
    "FR": "France",
    "NL": "Netherlands",
    "FI": "Finland",
    "GB": "United Kingdom",
    "EU": "European Union",
    "US": "United States",
    "US-MD": "Maryland",
    "US-MT": "Montana",
    "US-UT": "Utah",
    "US-FL": "Florida",
    "AU": "Australia",
}
