"""Is this profile the same person as one here? Agreement of genotypes at the panel's sites; no kinship.

Pure. Identical twins are the same person to this question. What agrees between any two people says nothing: a
profile made of such sites would find everybody, and so tell how many permit it.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self
from uuid import UUID

import numpy as np

from genomics.answers import Answer, Granularity
from genomics.matching import kernels
from genomics.matching.ground import RARE
from genomics.matching.question import Materials, Reference
from genomics.matching.segments import ground_of
from genomics.panel import PanelRow

SAME = 0.98  # of the sites both have; first-degree relatives agree at about two thirds
LEAST_SITES = 200
LEAD = "A lead only: it is not proof of who somebody is; a laboratory has to compare the two again."
CONVINCING = math.log(1e9)  # so many times likelier of one person than of two who have nothing in common
UNSTATED = 0.5  # where a panel states no frequencies: the chance that two strangers agree at a site


@dataclass(frozen=True, slots=True)
class Likeness:
    """Sites with the same genotype, sites that both have, and how much likelier that is of one person than of
    two (log); asked only of those who agree."""

    same: int
    both: int
    evidence: float = 0.0

    @property
    def agrees(self) -> bool:
        return self.both >= LEAST_SITES and self.same / self.both >= SAME


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Of the evidence profile: who is the same person."""

    kind: ClassVar[str] = "identity"
    granularity: ClassVar[Granularity] = Granularity.RECORD
    finding: ClassVar[Any] = Likeness

    evidence: UUID

    @property
    def place(self) -> None:
        return None

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        return cls(evidence=UUID(str(said["evidence"])))

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "evidence": str(self.evidence)}

    def look(self, files: Materials, reference: Reference | None) -> list[Likeness]:
        assert reference is not None
        return [_likeness(reference, file.row()) for file in files]

    def conclude(
        self,
        found: Mapping[int, Sequence[Likeness]],
        *,
        reference: Reference | None,
        alias: Callable[[int], str],
    ) -> Answer:
        best = {ordinal: max(findings, key=lambda one: one.both) for ordinal, findings in found.items()}
        records: list[dict[str, Any]] = [
            {"person": alias(ordinal), "sites": most.both, "agreement": round(most.same / most.both, 4)}
            for ordinal, most in best.items()
            if most.agrees and most.evidence >= CONVINCING
        ]
        # Not by ordinal: that would tell who came to the house before whom.
        records.sort(key=lambda one: (-one["agreement"], -one["sites"], one["person"]))
        return Answer(question=self.kind, granularity=self.granularity, records=tuple(records), notes=(LEAD,))


def _likeness(reference: Reference, row: PanelRow) -> Likeness:
    likeness = Likeness(*kernels.agreement(reference.row, row))
    if not likeness.agrees:
        return likeness
    return Likeness(likeness.same, likeness.both, _evidence(reference, row))


def _evidence(reference: Reference, row: PanelRow) -> float:
    """Over the autosomes, sites that say the same thing counted once: a profile that agrees at each site as
    one person's two files do, against one that agrees as often as strangers."""
    ground = ground_of(reference.panel)
    one, other = (kernels.stack([each], sites=ground.sites) for each in (reference.row, row))
    known = kernels.bits(kernels.overlap(one, other), sites=ground.sites)[0]
    differs = kernels.bits(kernels.differing(one, other), sites=ground.sites)[0]
    chance = np.full(ground.sites, UNSTATED)
    if ground.frequency is not None:
        alt = np.clip(ground.frequency, RARE, 1 - RARE)
        copies = reference.row.copies()[: ground.sites]
        nought = np.zeros_like(alt) + UNSTATED  # where the profile says nothing, and nothing is counted
        chance = np.choose(copies, [(1 - alt) ** 2, 2 * alt * (1 - alt), alt**2, nought])
    told = np.where(differs, np.log((1 - SAME) / (1 - chance)), np.log(SAME / chance))
    return float((known * ground.novelty * told).sum())
