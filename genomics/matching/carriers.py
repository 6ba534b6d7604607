"""How many carry this? A variant, or any alternate allele in a region, counted in people.

Pure. A file that does not say is unknown, and unknown is not a no: only people seen to carry are counted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self
from uuid import UUID

from genomics.answers import Answer, Granularity, counted
from genomics.columns import UNKNOWN, Carriage
from genomics.coordinates import Build, Region, parse_region
from genomics.errors import QuestionRefused
from genomics.matching.question import Materials, Place, Reference
from genomics.variants import Variant, parse_variant


@dataclass(frozen=True, slots=True, kw_only=True)
class Carriers:
    """Of a variant ("20:1000226 A>T") or of any alternate allele in a region ("20:1000000-1001000",
    1-based, inclusive); of people whose files are in `build`."""

    kind: ClassVar[str] = "carriers"
    granularity: ClassVar[Granularity] = Granularity.COUNT
    finding: ClassVar[Any] = Carriage

    build: Build
    variant: Variant | None = None
    region: Region | None = None

    def __post_init__(self) -> None:
        if (self.variant is None) == (self.region is None):
            raise QuestionRefused("Ask for one variant or for one region, not both and not neither.")

    @property
    def evidence(self) -> UUID | None:
        return None

    @property
    def place(self) -> Place:
        at = self.variant or self.region
        assert at is not None
        return Place(self.build, at)

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        variant, region = said.get("variant"), said.get("region")
        return cls(
            build=Build(said.get("build", Build.GRCh37)),
            variant=parse_variant(variant) if variant else None,
            region=parse_region(region) if region else None,
        )

    def as_json(self) -> dict[str, Any]:
        place = {"variant": str(self.variant)} if self.variant else {"region": str(self.region)}
        return {"kind": self.kind, "build": str(self.build), **place}

    def look(self, files: Materials, reference: Reference | None) -> list[Carriage]:
        at = self.place.at
        return [file.carriage(at) if file.build == self.build else UNKNOWN for file in files]

    def conclude(
        self,
        found: Mapping[int, Sequence[Carriage]],
        *,
        reference: Reference | None,
        alias: Callable[[int], str],
    ) -> Answer:
        carriers = sum(any(findings) for findings in found.values())
        return counted(self.kind, carriers, asked_of=len(found))
