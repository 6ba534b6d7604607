"""A policy from before the bounds: nothing is decided under it, and it is brought back, a dial at a time."""

from datetime import timedelta

import pytest

from consent import bounding, bounds, policies
from consent.errors import DialRefused, PolicyRefused
from consent.ledger import log
from consent.models import PolicyVersion
from consent.policy import Policy
from consent.terms import canonical
from tests.world import NOW

pytestmark = [pytest.mark.server, pytest.mark.django_db]

HOUR = timedelta(hours=1)
WIDE = {
    "policy_version": "2024.1",
    "majority_age": 22,
    "majority_age_by_region": {"GB": 15, "US-NE": 19},
    "majority_grace_days": {"CLINICAL": 365, "QC": 30},
    "leads_exempt": ["L.MIS", "L.HOM"],
    "shortest_segment_cm": 3,
    "shortest_segment_cm_by_family": {"LE.HOM": 1, "LE.MIS": 9},
    "hold_days": 500,
    "hold_latest_days": 400,
    "gag_latest_days": 5000,
}
BACK = {
    "gag_latest_days": (5000, 1096),
    "hold_days": (500, 365),
    "hold_latest_days": (400, 365),
    "leads_exempt": (["L.HOM", "L.MIS"], ["L.MIS"]),
    "majority_age": (22, 21),
    "majority_age_by_region.GB": (15, 16),
    "majority_grace_days.CLINICAL": (365, 180),
    "shortest_segment_cm": (3, 5),
    "shortest_segment_cm_by_family.LE.HOM": (1, 5),
}


@pytest.fixture(autouse=True)
def nothing_read_yet():
    policies._read.cache_clear()


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> Policy:
    """Adopted by a house that knew no bounds yet."""
    policy = Policy.as_adopted(WIDE)
    with monkeypatch.context() as before:
        before.setattr(Policy, "beyond", lambda self: iter(()))
        policies.adopt(policy, by="founding", at=NOW)
    return policy


def test_every_dial_stops_at_its_bound_and_nothing_else_moves():
    old = Policy.as_adopted(WIDE)
    new = bounds.within(old, version="2024.2")
    assert bounds.turned(old, new) == BACK
    assert not list(new.beyond())
    assert new.overlay({}) == new  # made as any policy is, with all that is asked of one
    assert new.overlay({"policy_version": "2024.1"}) == bounds.within(new, version="2024.1")


@pytest.mark.parametrize(
    "changes",
    [
        {"hold_days": -1},
        {"hold_latest_days": -5, "hold_days": 3},
        {"gag_latest_days": -1},
        {"majority_age": 3},
    ],
)
def test_one_below_its_bounds_comes_back_too(changes):
    old = Policy.as_adopted(changes)
    assert list(old.beyond())
    assert not list(bounds.within(old, version="x").beyond())


def test_one_that_keeps_within_the_bounds_is_left_as_it_is():
    shipped = Policy.default()
    assert bounds.within(shipped, version=shipped.version) == shipped
    assert bounds.turned(shipped, shipped) == {}


def test_nothing_is_decided_under_it_and_the_refusal_says_what_to_do(wide):
    with pytest.raises(PolicyRefused, match="bound_policy") as refused:
        policies.in_force(at=NOW)
    assert "never at 22" in str(refused.value)
    assert not policies.is_usable(at=NOW)
    assert policies.is_usable(at=NOW - HOUR)
    assert policies.in_force(at=NOW - HOUR) == Policy.default()


def test_it_is_found_again_as_it_was_adopted(wide):
    assert policies.named("2024.1") == policies.as_of(NOW) == wide
    (body,) = PolicyVersion.objects.values_list("body", flat=True)
    assert canonical(policies.named("2024.1")).decode() == body


def test_who_only_asks_who_may_come_gets_it_within_the_bounds(wide):
    held = policies.within_bounds(at=NOW)
    assert (held.majority_age, held.version) == (21, "2024.1+bounds")
    with pytest.raises(PolicyRefused, match="no policy"):
        policies.named(held.version)  # on no record: nothing can have been decided under it


def test_it_is_adopted_within_the_bounds_under_a_version_of_its_own(wide):
    new, taken = bounding.adopt(by="steward", at=NOW + HOUR)
    assert taken == 0
    assert new.version == "2024.1+bounds.20260601130000"
    assert policies.in_force(at=NOW + HOUR) == policies.named(new.version) == new
    assert bounds.turned(wide, new) == BACK
    assert not policies.is_usable(at=NOW)  # of then it is told as it was
    told = [said["subject"] for said in log.openings(["consent:policy:adopted"]).values()]
    assert told == ["2024.1", new.version]
    with pytest.raises(PolicyRefused, match="beyond no bound"):
        bounding.adopt(by="steward", at=NOW + 2 * HOUR)


def test_no_door_is_left_by_which_another_beyond_them_comes_in(wide):
    with pytest.raises(DialRefused, match="Nothing was changed"):
        policies.adopt(policies.named("2024.1").overlay({"policy_version": "2"}), by="x", at=NOW + HOUR)
    assert PolicyVersion.objects.count() == 1
