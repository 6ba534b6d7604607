"""The policy a decision is made under: a value with a version, so that yesterday's can be asked again.

It holds dials, not permissions: the rules keep their own ceilings, and no policy lifts those.
Other modules read it as terms.Policy.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from consent.canonical import plain, words
from consent.hierarchies import DISEASES, REGIONS, Hierarchy

LEAP_BIRTHDAYS = ("MAR1", "FEB28")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What may differ between two places or two years, and the hierarchies that were in use."""

    version: str = "2026.1"
    majority_age: int = 18
    leap_birthday: str = "MAR1"  # when somebody born on 29 February comes of age in a common year
    majority_grace_days: tuple[tuple[str, int], ...] = (("CLINICAL", 180),)
    guardian_may_grant: frozenset[str] = frozenset(("RESEARCH", "CLINICAL", "QC"))
    guardian_may_grant_identity_only: frozenset[str] = frozenset(("LE.MIS",))
    offences_offered: frozenset[str] = frozenset(("L.HOM", "L.SEX", "L.ABD", "L.OVC", "L.UHR", "L.MIS"))
    judicial_auth_exempt: frozenset[str] = frozenset(("L.UHR", "L.MIS"))
    judicial_auth_always_in: frozenset[str] = frozenset(("US-MD", "US-MT"))
    leads_exempt: frozenset[str] = frozenset(("L.MIS",))
    mz_twin_joint_le: bool = True
    disease_parents: Hierarchy = DISEASES
    region_parents: Hierarchy = REGIONS

    def __post_init__(self) -> None:
        if self.leap_birthday not in LEAP_BIRTHDAYS:
            raise ValueError(
                f"leap_birthday is {self.leap_birthday!r}; it can be {' or '.join(LEAP_BIRTHDAYS)}. "
                "Nothing was decided; correct the policy."
            )

    @classmethod
    def default(cls) -> Self:
        """The policy as shipped."""
        return cls()

    def overlay(self, changes: Mapping[str, Any]) -> Self:
        """This policy with some keys changed, named as in JSON. Raises ValueError for a key it has not."""
        unknown = changes.keys() - _READ.keys()
        if unknown:
            raise ValueError(f"A policy has no {', '.join(sorted(unknown))}. Nothing was decided.")
        return replace(self, **{_FIELDS.get(key, key): _READ[key](value) for key, value in changes.items()})

    def as_json(self) -> dict[str, Any]:
        said = {_KEYS.get(name, name): plain(getattr(self, name)) for name in self.__slots__}
        return said | {"majority_grace_days": dict(self.majority_grace_days)}


_FIELDS = {"policy_version": "version"}
_KEYS = {field: key for key, field in _FIELDS.items()}
_READ: dict[str, Any] = {
    "policy_version": str,
    "majority_age": int,
    "leap_birthday": str,
    "majority_grace_days": lambda days: tuple(sorted(days.items())),
    "guardian_may_grant": words,
    "guardian_may_grant_identity_only": words,
    "offences_offered": words,
    "judicial_auth_exempt": words,
    "judicial_auth_always_in": words,
    "leads_exempt": words,
    "mz_twin_joint_le": lambda joint: joint is not False,
    "disease_parents": Hierarchy.of,
    "region_parents": Hierarchy.of,
}
