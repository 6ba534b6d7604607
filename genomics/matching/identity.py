"""Is this profile the same person as one here? Agreement of genotypes at the panel's sites; no kinship.

Pure. Identical twins are the same person to this question.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self
from uuid import UUID

from genomics.answers import Answer, Granularity
from genomics.matching.kernels import agreement
from genomics.matching.question import Material, Reference

SAME = 0.98  # of the sites both have; first-degree relatives agree at about two thirds
LEAST_SITES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Of the evidence profile: who is the same person."""

    kind: ClassVar[str] = "identity"
    granularity: ClassVar[Granularity] = Granularity.RECORD

    evidence: UUID

    @property
    def place(self) -> None:
        return None

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        return cls(evidence=UUID(str(said["evidence"])))

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "evidence": str(self.evidence)}

    def look(self, files: Sequence[Material], reference: Reference | None) -> list[tuple[int, int]]:
        """For each file: sites with the same genotype, and sites that both have."""
        assert reference is not None
        return [agreement(reference.row, file.row()) for file in files]

    def conclude(
        self,
        found: Mapping[int, Sequence[tuple[int, int]]],
        *,
        reference: Reference | None,
        alias: Callable[[int], str],
    ) -> Answer:
        records = tuple(
            {"person": alias(ordinal), "sites": both, "agreement": round(same / both, 4)}
            for ordinal, findings in sorted(found.items())
            for same, both in [max(findings, key=lambda one: one[1])]
            if both >= LEAST_SITES and same / both >= SAME
        )
        return Answer(question=self.kind, granularity=self.granularity, records=records)
