"""How many matches a search tells, and how fine: the policy's dials for the purposes it is asked for.

Pure. Of several purposes the strictest decides, as it does of the shortest segment.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from consent.policy import Policy
from consent.purposes import PURPOSES
from genomics.coordinates import Build


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """`most` matches, lengths in steps of `tenths` of a centimorgan; whether it is told where on the genome
    they share it, and what two matches share with each other."""

    most: int
    tenths: int
    places: bool
    in_common: bool

    @classmethod
    def of(cls, policy: Policy, purposes: Iterable[str]) -> Self:
        families = [PURPOSES[purpose].family for purpose in purposes]
        return cls(
            most=min(policy.matches(family) for family in families),
            tenths=max(policy.step(family) for family in families),
            places=policy.places_told.issuperset(families),
            in_common=policy.in_common_told.issuperset(families),
        )

    def cm(self, length: float) -> float:
        """A length as it is told."""
        return round(round(10 * length / self.tenths) * self.tenths / 10, 1)

    def as_json(self, build: Build, other: Build | None) -> dict[str, Any]:
        """What a reader must know of it: `build` is what places are in, `other` what they are told in
        besides."""
        return {
            "build": str(build),
            "other_build": None if other is None else str(other),
            "most": self.most,
            "step_cm": self.tenths / 10,
            "places": self.places,
            "in_common": self.in_common,
        }
