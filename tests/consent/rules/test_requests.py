"""The request gates: a request in good order, and each way to spoil it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from consent.decision import decide, request_reasons
from consent.purposes import ROLE_DOMAINS
from consent.reasons import Reason
from consent.terms import Case, DataUse, Project
from tests.cast import (
    CAST,
    NOW,
    POLICY,
    asked_by,
    care,
    case,
    company,
    counsel,
    order,
    police,
    quality,
    relatives,
    research,
)

R = Reason


def under(use: DataUse, **project: object) -> DataUse:
    return replace(use, project=replace(use.project, **project))


IN_ORDER = {
    "research": research("R.DS", "R.MDS", "R.CTRL"),
    "methods alone": research("R.MDS"),
    "a comparison group alone": research("R.CTRL"),
    "research with training": research("R.HMB", "A.TRAIN"),
    "a company": company("R.GRU"),
    "care needs no project": replace(care(), project=Project()),
    "quality": quality(),
    "relatives need no project": replace(relatives(), project=Project()),
    **{purpose: police(purpose) for purpose in ("L.HOM", "L.SEX", "L.ABD", "L.OVC", "L.UHR", "L.MIS")},
    "all six at once": police("L.HOM", "L.SEX", "L.ABD", "L.OVC", "L.UHR", "L.MIS"),
    "the dead and the missing, without an order": police(
        "L.UHR", "L.MIS", le=case(judicial_authorisation=None)
    ),
    "the dead, without an order": police("L.UHR", le=case(judicial_authorisation=None)),
    "a missing person, untried and without an order": police(
        "L.MIS", le=case(judicial_authorisation=None, leads_exhausted=False, codis_searched=False)
    ),
    "a defective order that is not needed": police("L.MIS", le=case("L.HOM")),
    "remains": police("L.UHR", le=case("L.UHR", sample_origin="unidentified_remains")),
    "counsel": counsel(),
}


@pytest.mark.parametrize("use", IN_ORDER.values(), ids=IN_ORDER)
def test_a_request_in_order_has_no_reason_against_it(use: DataUse):
    assert request_reasons(use, POLICY, NOW) == ()


NO_ORDER = case(judicial_authorisation=None)


@pytest.mark.parametrize(
    ("what", "use", "reasons"),
    [
        ("no purpose", research(), (R.REQ_PURPOSE_UNKNOWN,)),
        ("an unknown purpose", research("R.EVERYTHING"), (R.REQ_PURPOSE_UNKNOWN,)),
        ("an unknown one ends it", police("L.HOM", "L.WAR", le=NO_ORDER), (R.REQ_PURPOSE_UNKNOWN,)),
        (
            "an operator with an unknown purpose",
            asked_by("auditor", research("R.EVERYTHING")),
            (R.REQ_ROLE_NOT_ALLOWED, R.REQ_PURPOSE_UNKNOWN),
        ),
        ("a role nobody knows", asked_by("king", research("R.GRU")), (R.REQ_ROLE_NOT_ALLOWED,)),
        (
            "research with care",
            research("R.GRU", "C.CARE", care_relationship=True),
            (R.REQ_ROLE_NOT_ALLOWED, R.REQ_PURPOSE_MIXED),
        ),
        (
            "training alone",
            research("A.TRAIN"),
            (R.REQ_PURPOSE_INCOMPLETE,),
        ),
        (
            "training with a killing",
            police("L.HOM", "A.TRAIN"),
            (R.REQ_ROLE_NOT_ALLOWED, R.REQ_PURPOSE_MIXED, R.REQ_PURPOSE_INCOMPLETE),
        ),
        ("in review", under(research("R.GRU"), status="IN_REVIEW"), (R.REQ_PROJECT_NOT_APPROVED,)),
        ("ended just now", under(research("R.GRU"), valid_to=NOW), (R.REQ_PROJECT_EXPIRED,)),
        ("without an end", under(research("R.GRU"), valid_to=None), (R.REQ_PROJECT_EXPIRED,)),
        (
            "beyond approval",
            under(research("R.GRU", "R.POA"), approved_purposes=frozenset(("R.GRU",))),
            (R.REQ_PURPOSE_EXCEEDS_APPROVAL,),
        ),
        (
            "no project at all",
            replace(quality(), project=Project()),
            (R.REQ_PROJECT_NOT_APPROVED, R.REQ_PROJECT_EXPIRED, R.REQ_PURPOSE_EXCEEDS_APPROVAL),
        ),
        (
            "police under a stopped project",
            under(police("L.HOM"), status="SUSPENDED"),
            (R.REQ_PROJECT_NOT_APPROVED,),
        ),
        ("agency", police("L.HOM", le=case("L.HOM", agency_verified=False)), (R.REQ_AGENCY_UNVERIFIED,)),
        ("burglary", police("L.NVC"), (R.REQ_OFFENCE_NOT_OFFERED,)),
        (
            "burglary beside a killing",
            police("L.HOM", "L.NVC"),
            (R.REQ_OFFENCE_NOT_OFFERED,),
        ),
        (
            "the victim's own sample",
            police("L.SEX", le=case("L.SEX", sample_origin="victim_reference")),
            (R.REQ_SAMPLE_ORIGIN_INVALID,),
        ),
        (
            "counsel with a bystander",
            counsel(case("E.EXON", sample_origin=None)),
            (R.REQ_SAMPLE_ORIGIN_INVALID,),
        ),
        ("no CODIS", police("L.UHR", le=case("L.UHR", codis_searched=False)), (R.REQ_LEADS_NOT_EXHAUSTED,)),
        ("no leads", counsel(case("E.EXON", leads_exhausted=False)), (R.REQ_LEADS_NOT_EXHAUSTED,)),
        (
            "a missing person beside a killing is not exempt",
            police("L.HOM", "L.MIS", le=case("L.HOM", "L.MIS", leads_exhausted=False)),
            (R.REQ_LEADS_NOT_EXHAUSTED,),
        ),
        ("no order", police("L.OVC", le=NO_ORDER), (R.REQ_JUDICIAL_AUTH_MISSING,)),
        ("counsel, no order", counsel(NO_ORDER), (R.REQ_JUDICIAL_AUTH_MISSING,)),
        (
            "Maryland",
            police("L.UHR", le=case(judicial_authorisation=None, jurisdiction="US-MD")),
            (R.REQ_JUDICIAL_AUTH_MISSING,),
        ),
        (
            "a country of which Maryland is a part",
            police("L.UHR", "L.MIS", le=case(judicial_authorisation=None, jurisdiction="US")),
            (R.REQ_JUDICIAL_AUTH_MISSING,),
        ),
        (
            "a place nobody knows",
            police("L.MIS", le=case(judicial_authorisation=None, jurisdiction="ATLANTIS")),
            (R.REQ_JUDICIAL_AUTH_MISSING,),
        ),
        (
            "no place",
            police("L.MIS", le=case(judicial_authorisation=None, jurisdiction=None)),
            (R.REQ_JUDICIAL_AUTH_MISSING,),
        ),
        (
            "an order for another case",
            police("L.HOM", le=case(judicial_authorisation=order("L.HOM", case_id="C-78"))),
            (R.REQ_JUDICIAL_AUTH_INVALID,),
        ),
        (
            "no case on either side",
            police("L.HOM", le=case(case_id=None, judicial_authorisation=order("L.HOM", case_id=None))),
            (R.REQ_JUDICIAL_AUTH_INVALID,),
        ),
        (
            "a blank for a case on either side",
            police("L.HOM", le=case(case_id=" ", judicial_authorisation=order("L.HOM", case_id=" "))),
            (R.REQ_JUDICIAL_AUTH_INVALID,),
        ),
        ("an order for another offence", police("L.HOM", le=case("L.SEX")), (R.REQ_JUDICIAL_AUTH_INVALID,)),
        (
            "an order that names the killing only",
            police("L.HOM", "L.MIS", le=case("L.HOM")),
            (R.REQ_JUDICIAL_AUTH_INVALID,),
        ),
        (
            "an order that has just run out",
            counsel(case(judicial_authorisation=order("E.EXON", valid_to=NOW))),
            (R.REQ_JUDICIAL_AUTH_INVALID,),
        ),
        (
            "an order without an end",
            police("L.HOM", le=case(judicial_authorisation=order("L.HOM", valid_to=None))),
            (R.REQ_JUDICIAL_AUTH_INVALID,),
        ),
        (
            "police without a case",
            police("L.HOM", le=Case()),
            (
                R.REQ_AGENCY_UNVERIFIED,
                R.REQ_SAMPLE_ORIGIN_INVALID,
                R.REQ_LEADS_NOT_EXHAUSTED,
                R.REQ_JUDICIAL_AUTH_MISSING,
            ),
        ),
        ("somebody else's patient", care(care_relationship=False), (R.REQ_NO_CARE_RELATIONSHIP,)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_gate_that_fails_says_so(what: str, use: DataUse, reasons: tuple[Reason, ...]):
    assert request_reasons(use, POLICY, NOW) == reasons, what
    assert all(reason.is_of_request for reason in reasons)
    for person in CAST.values():
        decided = decide(person.subject, person.file, person.statements, use, POLICY, NOW)
        assert not decided
        assert set(reasons) <= set(decided.reasons)


def test_an_order_is_good_until_the_very_second_it_ends():
    a_second = timedelta(seconds=1)
    use = police("L.HOM", le=case(judicial_authorisation=order("L.HOM", valid_to=NOW + a_second)))
    assert request_reasons(use, POLICY, NOW) == ()
    assert request_reasons(use, POLICY, NOW + a_second) == (R.REQ_JUDICIAL_AUTH_INVALID,)


@pytest.mark.parametrize(
    ("changes", "use", "reasons"),
    [
        ({"offences_offered": ["L.NVC"]}, police("L.NVC"), (R.REQ_OFFENCE_NOT_OFFERED,)),
        ({"offences_offered": ["L.MIS"]}, police("L.HOM"), (R.REQ_OFFENCE_NOT_OFFERED,)),
        ({"judicial_auth_exempt": ["L.HOM"]}, police("L.HOM", le=NO_ORDER), (R.REQ_JUDICIAL_AUTH_MISSING,)),
        ({"judicial_auth_exempt": ["E.EXON"]}, counsel(NO_ORDER), (R.REQ_JUDICIAL_AUTH_MISSING,)),
        ({"judicial_auth_exempt": []}, police("L.MIS", le=NO_ORDER), (R.REQ_JUDICIAL_AUTH_MISSING,)),
        ({"judicial_auth_always_in": ["US"]}, police("L.MIS", le=NO_ORDER), (R.REQ_JUDICIAL_AUTH_MISSING,)),
        (
            {"judicial_auth_always_in": ["DE"]},
            police("L.MIS", le=case(judicial_authorisation=None, jurisdiction="EEA")),
            (R.REQ_JUDICIAL_AUTH_MISSING,),
        ),
        (
            {"leads_exempt": []},
            police("L.MIS", le=case("L.MIS", codis_searched=False)),
            (R.REQ_LEADS_NOT_EXHAUSTED,),
        ),
    ],
)
def test_a_policy_may_ask_for_more_and_never_opens_what_the_house_keeps_shut(
    changes: dict, use: DataUse, reasons: tuple[Reason, ...]
):
    assert request_reasons(use, POLICY.overlay(changes), NOW) == reasons


@pytest.mark.parametrize("role", ROLE_DOMAINS)
def test_each_role_asks_in_its_own_domain_alone(role: str):
    uses = {
        "R": research("R.GRU"),
        "C": care(),
        "Q": quality(),
        "L": police("L.HOM"),
        "E": counsel(),
        "G": relatives(),
    }
    open_to = {d for d, use in uses.items() if request_reasons(asked_by(role, use), POLICY, NOW) == ()}
    assert open_to == ROLE_DOMAINS[role] - {"A"}
