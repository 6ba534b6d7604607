"""Who shares long stretches of DNA with this profile?

Pure: it compares panel rows and says how much is shared, where, and what that most likely means. The scan
itself is in segments, the bit work in kernels. How short a segment a house shows is its policy's to say; no
question goes under the policy's own floor.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Self
from uuid import UUID

from consent.policy import SHORTEST_SEGMENT_CM
from genomics.answers import Answer, Granularity
from genomics.errors import QuestionRefused
from genomics.matching.question import Material, Reference
from genomics.matching.segments import related
from genomics.matching.sharing import Sharing

MOST_CM = 4000.0  # longer than what the same person shares with herself: nobody is found beyond it


@dataclass(frozen=True, slots=True, kw_only=True)
class Relatives:
    """Of the evidence profile: everybody with a segment of at least `min_cm` centimorgans and `min_total_cm`
    in all. Whoever shares no segment is in no answer, whatever is asked: who permits it is told to nobody."""

    kind: ClassVar[str] = "relatives"
    granularity: ClassVar[Granularity] = Granularity.RECORD
    finding: ClassVar[Any] = Sharing | None

    evidence: UUID
    min_cm: float = 7.0
    min_total_cm: float = 20.0

    def __post_init__(self) -> None:
        self.require(SHORTEST_SEGMENT_CM)

    def require(self, least: float) -> None:
        """Raises QuestionRefused where less is asked for than a segment of `least` centimorgans, in all or at
        a time, or what is no length at all."""
        for asked in (self.min_cm, self.min_total_cm):
            if not (math.isfinite(asked) and least <= asked <= MOST_CM):
                raise QuestionRefused(
                    f"Shared DNA is told from {least:g} cM on, a segment and in all, and there are no more "
                    f"than {MOST_CM:g}; ask for a number between them."
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

    def look(self, files: Sequence[Material], reference: Reference | None) -> list[Sharing | None]:
        assert reference is not None
        found = related(reference.row, [file.row() for file in files], reference.panel, min_cm=self.min_cm)
        return [found.get(place) for place in range(len(files))]

    def conclude(
        self,
        found: Mapping[int, Sequence[Sharing | None]],
        *,
        reference: Reference | None,
        alias: Callable[[int], str],
    ) -> Answer:
        told = {ordinal: [one for one in every if one is not None] for ordinal, every in found.items()}
        best = {ordinal: max(some, key=lambda s: s.total_cm) for ordinal, some in told.items() if some}
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
