"""What the demo's people said: a table of consents, recorded by the ordinary verbs at ordinary times.

Each plan is a short history; the spread is made up, and wide enough that every query leaves somebody out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from consent import forms, records
from consent.models import FormVersion, Participant
from consent.purposes import FAMILIES
from consent.terms import Authority, Capacity, Modifier, Permission, Policy, SignIn

POLICE = tuple(family for family in FAMILIES if family.startswith("LE."))
ADULT, CHILD = "F-ADULT", "F-GUARDIAN"
# Nobody waits a week for a yes in a demo, nor a month to see who searched; it says so.
POLICY = Policy.default().overlay(
    {
        "policy_version": "2026.1 without cooling-off",
        "cooling_off_hours": {},
        "alarm_least": 1_000_000,
        "hold_days": 0,
        "hold_latest_days": 0,
    }
)

# What a slice of a chromosome has is shorter than what a real house tells.
OF_A_SLICE = POLICY.overlay(
    {"policy_version": "2026.1 without cooling-off, of a slice", "shortest_segment_cm": 5}
)


@dataclass(frozen=True, slots=True)
class Said:
    """One statement of a plan; `days_ago` before the demo's now."""

    verb: str  # give, deny, withdraw
    family: str
    permissions: tuple[Permission, ...] = ()
    modifiers: tuple[Modifier, ...] = ()
    days_ago: int = 300
    ends_after: int | None = None  # days


def _yes(*families: str, days_ago: int = 300) -> tuple[Said, ...]:
    return tuple(Said("give", family, days_ago=days_ago) for family in families)


def _research(
    code: str,
    *,
    diseases: tuple[str, ...] = (),
    conditions: tuple[str, ...] = (),
    ends_after: int | None = None,
) -> Said:
    return Said(
        "give",
        "RESEARCH",
        (Permission(code=code, diseases=diseases),),
        tuple(Modifier(code=condition) for condition in conditions),
        ends_after=ends_after,
    )


CANCER = "MONDO:0004992"

PLANS: dict[str, tuple[Said, ...]] = {
    "everything": (_research("GRU"), *_yes("COMMERCIAL", "AI", "QC", "EXON", "RELMATCH", *POLICE)),
    "all research": (_research("GRU"),),
    "cancer only": (_research("DS", diseases=(CANCER,)),),
    "health, not for profit": (_research("HMB", conditions=("NPU",)),),
    "police, homicide only": _yes("LE.HOM"),
    "police and defence": _yes("EXON", *POLICE),
    "police, to name the dead": _yes("LE.UHR"),
    "health and homicide": (_research("HMB"), *_yes("LE.HOM")),
    "never answered": (),
    "said no": (Said("deny", "RESEARCH"), *(Said("deny", family) for family in POLICE)),
    "withdrew everything": (
        _research("GRU"),
        *_yes("LE.HOM", "LE.UHR", "EXON"),
        Said("withdraw", records.EVERYTHING, days_ago=100),
    ),
    "yes that has ended": (_research("GRU", ends_after=60),),
}
MINOR = "a minor, guardian allows health research"
GUARDIANS_PLAN = (_research("HMB"),)

# How often each plan is dealt, in percent; the rest says "all research".
SPREAD: dict[str, int] = {
    "everything": 14,
    "all research": 16,
    "cancer only": 9,
    "health, not for profit": 9,
    "police, homicide only": 10,
    "police and defence": 9,
    "police, to name the dead": 4,
    "health and homicide": 7,
    "never answered": 7,
    "said no": 4,
    "withdrew everything": 7,
    "yes that has ended": 4,
}


def record(participant: Participant, plan: str, *, by: str, now: datetime) -> None:
    """Say all of a plan for one participant, oldest first."""
    minor = plan == MINOR
    form = forms.current(CHILD if minor else ADULT)
    if form is None:
        raise LookupError("The shipped forms are not published.")
    authority = Authority(capacity=Capacity.GUARDIAN if minor else Capacity.SELF, verified=True)
    for said in GUARDIANS_PLAN if minor else PLANS[plan]:
        _VERBS[said.verb](participant, said, form, authority, by, now - timedelta(days=said.days_ago))


def _give(
    participant: Participant, said: Said, form: FormVersion, authority: Authority, by: str, at: datetime
) -> None:
    wording = records.Wording(
        permissions=said.permissions,
        modifiers=said.modifiers,
        valid_to=at + timedelta(days=said.ends_after) if said.ends_after else None,
        authority=authority,
    )
    sign_in = SignIn("totp", at)
    records.give(participant, said.family, form=form, by=by, at=at, wording=wording, sign_in=sign_in)


def _deny(
    participant: Participant, said: Said, _form: FormVersion, _authority: Authority, by: str, at: datetime
) -> None:
    records.deny(participant, said.family, by=by, at=at)


def _withdraw(
    participant: Participant, said: Said, _form: FormVersion, _authority: Authority, by: str, at: datetime
) -> None:
    records.withdraw(participant, said.family, by=by, at=at)


_VERBS: dict[str, Callable[[Participant, Said, FormVersion, Authority, str, datetime], None]] = {
    "give": _give,
    "deny": _deny,
    "withdraw": _withdraw,
}
