"""A policy that was adopted before the bounds of this house came in, brought back within them. Pure.

    bounds.within(old, version="2025.1 within bounds")    # a policy of its own, to be adopted
    bounds.turned(old, new)                                # {"majority_age": (22, 21)}: what to show first

Each dial stops at its bound, which is the narrow side: a guardian's word outlasts a majority less long, fewer
crimes are asked about before other leads were tried, no shorter segment is told, searches are told earlier, a
ban on speaking ends sooner. Only an age of majority has no narrow side, for what a guardian loses the young
person wins: it too stops at its bound, and so a person looks before it is adopted, and what had ended by it
does not begin again (bounding). Nothing else changes.
"""

from collections.abc import Mapping
from dataclasses import replace

from consent.policy import (
    LEADS_MAY_BE_SPARED,
    MOST_GAG_DAYS,
    MOST_GRACE_DAYS,
    MOST_HOLD_DAYS,
    OLDEST_MAJORITY,
    SHORTEST_SEGMENT_CM,
    YOUNGEST_MAJORITY,
    Policy,
)

Dials = dict[str, tuple[object, object]]


def within(policy: Policy, *, version: str) -> Policy:
    """The same under another version, with every dial within the bounds."""
    latest = _held(policy.hold_latest_days, 0, MOST_HOLD_DAYS)
    return replace(
        policy,
        _as_adopted=False,
        version=version,
        majority_age=_held(policy.majority_age, YOUNGEST_MAJORITY, OLDEST_MAJORITY),
        majority_age_by_region=tuple(
            (region, _held(age, YOUNGEST_MAJORITY, OLDEST_MAJORITY))
            for region, age in policy.majority_age_by_region
        ),
        majority_grace_days=tuple(
            (family, min(days, MOST_GRACE_DAYS)) for family, days in policy.majority_grace_days
        ),
        leads_exempt=policy.leads_exempt & LEADS_MAY_BE_SPARED,
        shortest_segment_cm=max(policy.shortest_segment_cm, SHORTEST_SEGMENT_CM),
        shortest_segment_cm_by_family=tuple(
            (family, max(cm, SHORTEST_SEGMENT_CM)) for family, cm in policy.shortest_segment_cm_by_family
        ),
        hold_days=_held(policy.hold_days, 0, latest),
        hold_latest_days=latest,
        gag_latest_days=_held(policy.gag_latest_days, 0, MOST_GAG_DAYS),
    )


def turned(before: Policy, after: Policy) -> Dials:
    """Every dial that stands otherwise, as {name: (before, after)}; a version is no dial. Of a table only
    what differs in it."""
    old, new = before.as_json(), after.as_json()
    found: Dials = {}
    for name in old.keys() - {"policy_version"}:
        if isinstance(old[name], Mapping):
            for row in sorted(old[name].keys() | new[name].keys()):
                if old[name].get(row) != new[name].get(row):
                    found[f"{name}.{row}"] = old[name].get(row), new[name].get(row)
        elif old[name] != new[name]:
            found[name] = old[name], new[name]
    return dict(sorted(found.items()))


def _held(said: int, least: int, most: int) -> int:
    return min(max(said, least), most)
