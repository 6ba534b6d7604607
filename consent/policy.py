"""The policy a decision is made under: a value with a version, so that yesterday's can be asked again.

It holds dials, not permissions: the rules keep their own ceilings, and no policy lifts those.
Other modules read it as terms.Policy.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Self

from consent.canonical import plain, words
from consent.errors import DialRefused
from consent.hierarchies import DISEASES, REGIONS, Hierarchy

LEAP_BIRTHDAYS = ("MAR1", "FEB28")
# How far a dial may be turned; which families and offences a policy may name at all is in the rules.
YOUNGEST_MAJORITY, OLDEST_MAJORITY = 16, 21
MOST_GRACE_DAYS = 180
LEADS_MAY_BE_SPARED = frozenset(("L.MIS",))
SHORTEST_SEGMENT_CM = 5  # a shorter one says nothing about kinship and much about a genotype
MOST_MATCHES = 200  # that one search tells of: each is compared with each
COARSEST_TENTHS = 100  # ten centimorgans
# Of whom DNA is compared at all for kinship: places and what matches share are told for no other family.
COMPARED = frozenset(("EXON", "LE.ABD", "LE.HOM", "LE.MIS", "LE.OVC", "LE.SEX", "LE.UHR", "RELMATCH"))
MOST_PROFILES = 100  # with so many strangers' genomes a good part of anybody's is read off (tiling)
LEAST_PROFILES_DAYS = 7  # and in no shorter time than this
MOST_GAG_DAYS = 1096  # three years: a court that forbids longer says so again, on a paper of its own
MOST_HOLD_DAYS = 365  # searches of police and counsel are told after a year, whatever else goes on

# Hours between a yes and the instant from which it holds. The police's are the longest.
COOLING_OFF: tuple[tuple[str, int], ...] = (
    ("AI", 24),
    ("CLINICAL", 0),
    ("COMMERCIAL", 24),
    ("EXON", 72),
    ("LE.ABD", 168),
    ("LE.HOM", 168),
    ("LE.MIS", 168),
    ("LE.OVC", 168),
    ("LE.SEX", 168),
    ("LE.UHR", 168),
    ("QC", 0),
    ("RELMATCH", 72),
    ("RESEARCH", 24),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What may differ between two places or two years, and the hierarchies that were in use."""

    version: str = "2026.1"
    majority_age: int = 18
    majority_age_by_region: tuple[tuple[str, int], ...] = (("US-AL", 19), ("US-MS", 21), ("US-NE", 19))
    leap_birthday: str = "MAR1"  # when somebody born on 29 February comes of age in a common year
    majority_grace_days: tuple[tuple[str, int], ...] = (("CLINICAL", 180),)
    guardian_may_grant: frozenset[str] = frozenset(("RESEARCH", "CLINICAL", "QC"))
    guardian_may_grant_identity_only: frozenset[str] = frozenset(("LE.MIS",))
    proxy_may_grant: frozenset[str] = frozenset(("CLINICAL",))
    offences_offered: frozenset[str] = frozenset(("L.HOM", "L.SEX", "L.ABD", "L.OVC", "L.UHR", "L.MIS"))
    judicial_auth_exempt: frozenset[str] = frozenset(("L.UHR", "L.MIS"))
    judicial_auth_always_in: frozenset[str] = frozenset(("US-MD", "US-MT"))
    leads_exempt: frozenset[str] = frozenset(("L.MIS",))
    mz_twin_joint_le: bool = True
    # How a yes is taken; these bind the verbs, and decide nothing afterwards.
    fresh_minutes: int = 10  # how old the proof may be of who says yes
    cooling_off_hours: tuple[tuple[str, int], ...] = COOLING_OFF
    alarm_window_hours: int = 1
    alarm_least: int = 50  # grants in a window, below which nobody is alarmed
    alarm_factor: int = 5  # so many times as many as is usual
    # When searches of police and counsel are told to everybody they considered (house: broker.tellings).
    hold_days: int = 30  # at the earliest so many days after the search
    hold_latest_days: int = MOST_HOLD_DAYS  # at the latest, unless a court's ban names a later end
    # Of shared DNA a search is told nothing shorter, neither a segment nor all of them together.
    shortest_segment_cm: int = 7
    shortest_segment_cm_by_family: tuple[tuple[str, int], ...] = ()
    # And of those it finds the nearest, so many at most; lengths in steps of so many tenths of a centimorgan;
    # for these families where on the genome it lies, and for these what two matches share with each other.
    most_matches: int = 100
    most_matches_by_family: tuple[tuple[str, int], ...] = ()
    step_tenths_cm: int = 1
    step_tenths_cm_by_family: tuple[tuple[str, int], ...] = ()
    places_told: frozenset[str] = COMPARED
    in_common_told: frozenset[str] = COMPARED
    # With how many different profiles one organisation may search within so many days.
    profiles_most: int = 20
    profiles_days: int = 30
    gag_latest_days: int = MOST_GAG_DAYS  # how long a paper may forbid to speak of it
    disease_parents: Hierarchy = DISEASES
    region_parents: Hierarchy = REGIONS
    _as_adopted: bool = field(default=False, repr=False, compare=False)  # see as_adopted
    _ages: dict[str, int] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.leap_birthday not in LEAP_BIRTHDAYS:
            raise ValueError(
                f"leap_birthday is {self.leap_birthday!r}; it can be {' or '.join(LEAP_BIRTHDAYS)}. "
                "Nothing was decided; correct the policy."
            )
        if not self._as_adopted:
            for wrong in self.beyond():
                raise DialRefused(f"{wrong}. Nothing was decided or changed; correct the policy.")

    @classmethod
    def default(cls) -> Self:
        """The policy as shipped."""
        return cls()

    @classmethod
    def as_adopted(cls, said: Mapping[str, Any]) -> Self:
        """One that was adopted, as it stands on record, though bounds have come in since: what was decided
        under it is decided again under it alone. Whoever decides anew asks first what is `beyond`."""
        return cls(_as_adopted=True).overlay(said)

    def age_of_majority(self, region: str) -> int:
        """In years: that of the region or of what it lies in, else the common one."""
        age = self._ages.get(region)
        if age is None:
            by_region = dict(self.majority_age_by_region)
            within = self.region_parents.upwards(region)
            age = max((by_region[one] for one in within if one in by_region), default=self.majority_age)
            self._ages[region] = age  # asked for everybody, and the same for all of a region
        return age

    def cooling_off(self, family: str) -> timedelta:
        """How long after it was said a yes to this family begins to hold. An unknown family: the longest."""
        hours = dict(self.cooling_off_hours)
        longest = max(hours.values(), default=0)
        return timedelta(hours=max(hours.get(family, longest), 0))

    def shortest_segment(self, family: str) -> int:
        """The shortest shared segment, in centimorgans, that a question for this family may be told of."""
        return dict(self.shortest_segment_cm_by_family).get(family, self.shortest_segment_cm)

    def matches(self, family: str) -> int:
        """How many matches a question for this family may be told of."""
        return dict(self.most_matches_by_family).get(family, self.most_matches)

    def step(self, family: str) -> int:
        """In which steps a question for this family is told lengths, in tenths of a centimorgan."""
        return dict(self.step_tenths_cm_by_family).get(family, self.step_tenths_cm)

    def beyond(self) -> Iterator[str]:
        """What goes further than the house now lets any policy go, a sentence each; nothing as a rule."""
        for age in (self.majority_age, *dict(self.majority_age_by_region).values()):
            if not YOUNGEST_MAJORITY <= age <= OLDEST_MAJORITY:
                ages = f"{YOUNGEST_MAJORITY} to {OLDEST_MAJORITY}"
                yield f"People come of age at {ages} years, and never at {age}"
        for family, days in self.majority_grace_days:
            if days > MOST_GRACE_DAYS:
                yield (
                    f"A guardian's word outlasts a majority by {MOST_GRACE_DAYS} days at most, and not by "
                    f"the {days} that are named for {family}"
                )
        if further := sorted(self.leads_exempt - LEADS_MAY_BE_SPARED):
            yield f"{', '.join(further)} cannot be asked before other leads were tried"
        for cm in (self.shortest_segment_cm, *dict(self.shortest_segment_cm_by_family).values()):
            if cm < SHORTEST_SEGMENT_CM:
                yield f"No segment shorter than {SHORTEST_SEGMENT_CM} cM is told, and none of {cm}"
        for many in (self.most_matches, *dict(self.most_matches_by_family).values()):
            if not 1 <= many <= MOST_MATCHES:
                yield f"A search tells of 1 to {MOST_MATCHES} matches at most, and not of {many}"
        for tenths in (self.step_tenths_cm, *dict(self.step_tenths_cm_by_family).values()):
            if not 1 <= tenths <= COARSEST_TENTHS:
                yield (
                    f"Lengths are told in steps of 1 to {COARSEST_TENTHS} tenths of a centimorgan, "
                    f"and not of {tenths}"
                )
        for told in (self.places_told, self.in_common_told):
            if further := sorted(told - COMPARED):
                yield f"For {', '.join(further)} nobody is compared for kinship, so nothing of it is told"
        if not 0 <= self.profiles_most <= MOST_PROFILES:
            yield f"Nobody searches with over {MOST_PROFILES} profiles, and so not with {self.profiles_most}"
        if self.profiles_days < LEAST_PROFILES_DAYS:
            yield f"Profiles are counted over {LEAST_PROFILES_DAYS} days or more, not {self.profiles_days}"
        if not 0 <= self.hold_days <= self.hold_latest_days <= MOST_HOLD_DAYS:
            yield (
                f"A search is told {self.hold_days} to {self.hold_latest_days} days after it; the second may "
                f"not be smaller than the first, nor more than {MOST_HOLD_DAYS}"
            )
        if not 0 <= self.gag_latest_days <= MOST_GAG_DAYS:
            yield f"A ban on speaking ends after {MOST_GAG_DAYS} days at most, not {self.gag_latest_days}"

    def overlay(self, changes: Mapping[str, Any]) -> Self:
        """This policy with some keys changed, named as in JSON. Raises ValueError for a key it has not, and
        DialRefused for one that goes too far."""
        unknown = changes.keys() - _READ.keys()
        if unknown:
            raise ValueError(f"A policy has no {', '.join(sorted(unknown))}. Nothing was decided.")
        return replace(self, **{_FIELDS.get(key, key): _READ[key](value) for key, value in changes.items()})

    def as_json(self) -> dict[str, Any]:
        said = {
            _KEYS.get(name, name): plain(getattr(self, name)) for name in self.__slots__ if name[0] != "_"
        }
        return said | {name: dict(getattr(self, name)) for name in _TABLES}


def table(numbers: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """{name: number} as it stands in a policy."""
    return tuple(sorted((name, int(number)) for name, number in numbers.items()))


_TABLES = (
    "majority_grace_days",
    "majority_age_by_region",
    "cooling_off_hours",
    "shortest_segment_cm_by_family",
    "most_matches_by_family",
    "step_tenths_cm_by_family",
)
_FIELDS = {"policy_version": "version"}
_KEYS = {field: key for key, field in _FIELDS.items()}
_READ: dict[str, Any] = {
    "policy_version": str,
    "majority_age": int,
    "leap_birthday": str,
    "majority_age_by_region": table,
    "majority_grace_days": table,
    "cooling_off_hours": table,
    "fresh_minutes": int,
    "alarm_window_hours": int,
    "alarm_least": int,
    "alarm_factor": int,
    "hold_days": int,
    "hold_latest_days": int,
    "shortest_segment_cm": int,
    "shortest_segment_cm_by_family": table,
    "most_matches": int,
    "most_matches_by_family": table,
    "step_tenths_cm": int,
    "step_tenths_cm_by_family": table,
    "places_told": words,
    "in_common_told": words,
    "profiles_most": int,
    "profiles_days": int,
    "gag_latest_days": int,
    "proxy_may_grant": words,
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
