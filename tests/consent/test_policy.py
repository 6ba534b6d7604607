"""The policy: a value with a version."""

import json

import pytest

from consent.errors import DialRefused, PolicyRefused
from consent.terms import Policy, canonical


def test_a_policy_comes_back_from_json_as_it_was():
    policy = Policy.default().overlay({"policy_version": "2027.1", "region_parents": {"GB": ["UK"]}})
    assert Policy.default().overlay(json.loads(canonical(policy))) == policy
    assert policy != Policy.default()
    assert policy.region_parents.upwards("GB") == {"GB", "UK"}


@pytest.mark.parametrize(
    ("changes", "name", "value"),
    [
        ({"policy_version": "2027.1"}, "version", "2027.1"),
        ({"majority_age": 21}, "majority_age", 21),
        ({"leap_birthday": "FEB28"}, "leap_birthday", "FEB28"),
        ({"majority_grace_days": {"CLINICAL": 30}}, "majority_grace_days", (("CLINICAL", 30),)),
        ({"offences_offered": []}, "offences_offered", frozenset()),
        ({"mz_twin_joint_le": False}, "mz_twin_joint_le", False),
        ({"mz_twin_joint_le": None}, "mz_twin_joint_le", True),
        ({}, "version", "2026.1"),
    ],
)
def test_a_place_may_turn_its_dials(changes: dict, name: str, value: object):
    assert getattr(Policy.default().overlay(changes), name) == value


@pytest.mark.parametrize("changes", [{"ignore_consent": True}, {"leap_birthday": "FEB30"}])
def test_a_dial_that_is_not_there_cannot_be_turned(changes: dict):
    with pytest.raises(ValueError, match="Nothing was decided"):
        Policy.default().overlay(changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"majority_age": 16},
        {"majority_age": 21},
        {"majority_age_by_region": {"GB": 16, "US-MS": 21}},
        {"majority_grace_days": {"CLINICAL": 180}},
        {"majority_grace_days": {}},
        {"leads_exempt": ["L.MIS"]},
        {"leads_exempt": []},
        {"hold_days": 0, "hold_latest_days": 0},
        {"hold_days": 365},
        {"most_matches": 200, "most_matches_by_family": {"LE.HOM": 1}},
        {"step_tenths_cm": 100, "places_told": [], "in_common_told": ["RELMATCH"]},
    ],
)
def test_a_dial_may_be_turned_as_far_as_the_house_goes(changes: dict):
    assert Policy.default().overlay(changes).overlay({}) == Policy.default().overlay(changes)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"majority_age": 15}, "never at 15"),
        ({"majority_age": 22}, "never at 22"),
        ({"majority_age": -(10**9)}, "come of age"),
        ({"majority_age_by_region": {"GB": 5}}, "never at 5"),
        ({"majority_age_by_region": {"GB": 60}}, "never at 60"),
        ({"majority_grace_days": {"CLINICAL": 181}}, "the 181 that are named for CLINICAL"),
        ({"majority_grace_days": {"RESEARCH": 9999}}, "180 days at most"),
        ({"leads_exempt": ["L.MIS", "L.HOM"]}, "L.HOM cannot be asked"),
        ({"leads_exempt": ["E.EXON"]}, "E.EXON cannot be asked"),
        ({"shortest_segment_cm": 4}, "shorter than 5 cM is told, and none of 4"),
        ({"shortest_segment_cm_by_family": {"LE.HOM": 1}}, "none of 1"),
        ({"hold_latest_days": 366}, "nor more than 365"),
        ({"hold_days": -1}, "is told -1 to 365 days"),
        ({"most_matches": 201}, "1 to 200 matches at most, and not of 201"),
        ({"most_matches_by_family": {"LE.HOM": 0}}, "and not of 0"),
        ({"step_tenths_cm": 0}, "1 to 100 tenths of a centimorgan, and not of 0"),
        ({"step_tenths_cm_by_family": {"RELMATCH": 101}}, "and not of 101"),
        ({"places_told": ["RESEARCH"]}, "For RESEARCH nobody is compared"),
        ({"in_common_told": ["LE.NVC", "LE.HOM"]}, "For LE.NVC nobody is compared"),
        ({"profiles_most": 101}, "over 100 profiles"),
        ({"profiles_days": 6}, "over 7 days or more"),
        ({"gag_latest_days": 1097}, "1096 days at most"),
        ({"hold_days": 60, "hold_latest_days": 59}, "smaller than the first"),
    ],
)
def test_no_dial_goes_further_than_the_house_lets_it(changes: dict, why: str):
    with pytest.raises(DialRefused, match=why) as refused:
        Policy.default().overlay(changes)
    assert isinstance(refused.value, PolicyRefused)
    assert "correct the policy" in str(refused.value)
