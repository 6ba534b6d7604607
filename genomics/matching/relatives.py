"""Who shares long stretches of DNA with this profile?

Pure: it compares panel rows and says how much is shared, where, and what that most likely means. The scan
itself is in segments, the bit work in kernels.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Self
from uuid import UUID

from genomics.answers import Answer, Granularity
from genomics.errors import QuestionRefused
from genomics.matching.question import Material, Reference
from genomics.matching.segments import Sharing, compare

LEAST_CM = 5.0  # a shorter segment says nothing about kinship and much about a genotype


@dataclass(frozen=True, slots=True, kw_only=True)
class Relatives:
    """Of the evidence profile: everybody with a segment of at least `min_cm` centimorgans and `min_total_cm`
    in all."""

    kind: ClassVar[str] = "relatives"
    granularity: ClassVar[Granularity] = Granularity.RECORD

    evidence: UUID
    min_cm: float = 7.0
    min_total_cm: float = 20.0

    def __post_init__(self) -> None:
        if not self.min_cm >= LEAST_CM:
            raise QuestionRefused(
                f"Segments shorter than {LEAST_CM:g} cM are not shown; ask for longer ones."
            )

    @property
    def place(self) -> None:
        return None

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        return cls(
            evidence=UUID(str(said["evidence"])),
            min_cm=float(said.get("min_cm", 7.0)),
            min_total_cm=float(said.get("min_total_cm", 20.0)),
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "evidence": str(self.evidence),
            "min_cm": self.min_cm,
            "min_total_cm": self.min_total_cm,
        }

    def look(self, files: Sequence[Material], reference: Reference | None) -> list[Sharing]:
        assert reference is not None
        return compare(reference.row, [file.row() for file in files], reference.panel, min_cm=self.min_cm)

    def conclude(
        self,
        found: Mapping[int, Sequence[Sharing]],
        *,
        reference: Reference | None,
        alias: Callable[[int], str],
    ) -> Answer:
        best = {ordinal: max(sharing, key=lambda s: s.total_cm) for ordinal, sharing in found.items()}
        matches = sorted(
            ((alias(ordinal), one) for ordinal, one in best.items() if one.total_cm >= self.min_total_cm),
            key=lambda match: (-match[1].total_cm, match[0]),
        )
        return Answer(
            question=self.kind,
            granularity=self.granularity,
            records=tuple({"person": name, **asdict(one)} for name, one in matches),
            notes=("A lead only: sharing DNA is not proof of who somebody is.",),
        )
