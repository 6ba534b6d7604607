"""The request gates: is this request in order at all, whoever it may concern? Every gate that fails says so.

What participants said is not asked here. A judicial paper is a precondition, never a permission: its reach
over people who did not consent is read nowhere.
"""

from collections.abc import Iterator
from datetime import datetime

from consent.purposes import PURPOSES, ROLE_DOMAINS
from consent.reasons import Reason
from consent.rules.modifiers import names_something
from consent.terms import Authorisation, Case, DataUse, Policy

UNDER_A_PROJECT = frozenset("RAQLE")
UNDER_A_CASE = frozenset("LE")
MAY_MIX = frozenset("RA")

SAMPLE_ORIGINS = frozenset(
    ("crime_scene_putative_perpetrator", "unidentified_remains", "missing_person_reference")
)
# No policy goes further than these.
NEVER_OFFERED = frozenset(("L.NVC",))
ORDER_MAY_BE_SPARED = frozenset(("L.UHR", "L.MIS"))

_NOBODY: frozenset[str] = frozenset()


def check(use: DataUse, policy: Policy, at: datetime) -> Iterator[Reason]:
    """Every reason why this request may not be asked of anybody."""
    allowed = ROLE_DOMAINS.get(use.requester.role, _NOBODY)
    if not use.purposes or any(purpose not in PURPOSES for purpose in use.purposes):
        if not allowed:
            yield Reason.REQ_ROLE_NOT_ALLOWED
        yield Reason.REQ_PURPOSE_UNKNOWN
        return
    domains = {PURPOSES[purpose].domain for purpose in use.purposes}
    if not domains <= allowed:
        yield Reason.REQ_ROLE_NOT_ALLOWED
    if len(domains) > 1 and not domains <= MAY_MIX:
        yield Reason.REQ_PURPOSE_MIXED
    if "A" in domains and "R" not in domains:
        yield Reason.REQ_PURPOSE_INCOMPLETE
    if domains & UNDER_A_PROJECT:
        yield from _project(use, at)
    if domains & UNDER_A_CASE:
        yield from _case(use, use.le or Case(), policy, at)
    if "C" in domains and use.care_relationship is not True:
        yield Reason.REQ_NO_CARE_RELATIONSHIP


def _project(use: DataUse, at: datetime) -> Iterator[Reason]:
    project = use.project
    if project.status != "APPROVED":
        yield Reason.REQ_PROJECT_NOT_APPROVED
    if project.valid_to is None or project.valid_to <= at:
        yield Reason.REQ_PROJECT_EXPIRED
    if not use.purposes <= project.approved_purposes:
        yield Reason.REQ_PURPOSE_EXCEEDS_APPROVAL


def _case(use: DataUse, case: Case, policy: Policy, at: datetime) -> Iterator[Reason]:
    asked = frozenset(purpose for purpose in use.purposes if PURPOSES[purpose].domain in UNDER_A_CASE)
    police = frozenset(purpose for purpose in asked if PURPOSES[purpose].domain == "L")
    if case.agency_verified is not True:
        yield Reason.REQ_AGENCY_UNVERIFIED
    if not police <= policy.offences_offered - NEVER_OFFERED:
        yield Reason.REQ_OFFENCE_NOT_OFFERED
    if case.sample_origin not in SAMPLE_ORIGINS:
        yield Reason.REQ_SAMPLE_ORIGIN_INVALID
    tried = case.codis_searched is True and case.leads_exhausted is True
    if not tried and not asked <= policy.leads_exempt:
        yield Reason.REQ_LEADS_NOT_EXHAUSTED
    if _needs_order(asked, case.jurisdiction, policy):
        if case.judicial_authorisation is None:
            yield Reason.REQ_JUDICIAL_AUTH_MISSING
        elif not _is_good(case.judicial_authorisation, use, case, at):
            yield Reason.REQ_JUDICIAL_AUTH_INVALID


def _needs_order(asked: frozenset[str], jurisdiction: str | None, policy: Policy) -> bool:
    """Always, but for the dead and the missing where the law does not demand it. Unknown law demands it, and
    so does a place that holds one where it is demanded: nobody said that it is not that one."""
    if not asked <= policy.judicial_auth_exempt & ORDER_MAY_BE_SPARED:
        return True
    regions = policy.region_parents
    if jurisdiction is None or not regions.knows(jurisdiction):
        return True
    demanded = policy.judicial_auth_always_in
    inside = not regions.upwards(jurisdiction).isdisjoint(demanded)
    return inside or any(jurisdiction in regions.upwards(place) for place in demanded)


def _is_good(order: Authorisation, use: DataUse, case: Case, at: datetime) -> bool:
    """It names this case and every purpose, and has not run out."""
    return (
        names_something(case.case_id)
        and order.case_id == case.case_id
        and use.purposes <= order.purposes
        and order.valid_to is not None
        and at < order.valid_to
    )
