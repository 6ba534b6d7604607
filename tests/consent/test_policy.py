"""The policy: a value with a version."""

import json

import pytest

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
