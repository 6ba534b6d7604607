"""How common is this allele? Its share of the alleles seen among those whose files say anything about it.

Pure. Suppressed as a count is, by people and not by alleles.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self
from uuid import UUID

from genomics.answers import Answer, Granularity, counted
from genomics.columns import UNKNOWN, State
from genomics.coordinates import MT, Build, Y
from genomics.matching.question import Material, Materials, Place, Reference
from genomics.variants import Variant, parse_variant

HAPLOID = (Y, MT)  # one allele a person; X is counted as two, which overstates men's reference alleles


@dataclass(frozen=True, slots=True)
class Seen:
    """Copies of the allele in one file, of how many; 0 of 0 where the file does not say."""

    copies: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Frequencies:
    """Of one variant ("20:1000226 A>T"), among people whose files are in `build`."""

    kind: ClassVar[str] = "frequencies"
    granularity: ClassVar[Granularity] = Granularity.COUNT
    finding: ClassVar[Any] = Seen

    build: Build
    variant: Variant

    @property
    def evidence(self) -> UUID | None:
        return None

    @property
    def place(self) -> Place:
        return Place(self.build, self.variant)

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        return cls(
            build=Build(said.get("build", Build.GRCh37)), variant=parse_variant(said.get("variant", ""))
        )

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "build": str(self.build), "variant": str(self.variant)}

    def look(self, files: Materials, reference: Reference | None) -> list[Seen]:
        return [self._seen(file) for file in files]

    def conclude(
        self,
        found: Mapping[int, Sequence[Seen]],
        *,
        reference: Reference | None,
        alias: Callable[[int], str],
    ) -> Answer:
        # Of somebody with several files the one that says most speaks, so that nobody counts twice.
        seen = [max(findings, key=lambda one: one.of) for findings in found.values()]
        known = [one for one in seen if one.of]
        alleles = sum(one.of for one in known)
        carriers = sum(one.copies > 0 for one in known)
        frequency = round(sum(one.copies for one in known) / alleles, 4) if alleles else None
        return counted(self.kind, carriers, asked_of=len(known), frequency=frequency)

    def _seen(self, file: Material) -> Seen:
        carriage = file.carriage(self.variant) if file.build == self.build else UNKNOWN
        if carriage.state is State.UNKNOWN:
            return Seen(0, 0)
        haploid = self.variant.chromosome in HAPLOID and carriage.copies < 2
        return Seen(carriage.copies, 1 if haploid else 2)
