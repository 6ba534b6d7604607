"""The policies on record: each kept whole, found by its version, and never another under the same name."""

import hashlib
from datetime import datetime, timedelta

import pytest
from django.db import connection

from consent import fence, policies
from consent.errors import PolicyRefused
from consent.ledger import log
from consent.models import LedgerOpening, PolicyVersion
from consent.policy import Policy
from consent.terms import canonical
from tests.unsafe import unsafe_without_triggers
from tests.world import NOW

pytestmark = [pytest.mark.server, pytest.mark.django_db]

SHIPPED = Policy.default()
SECOND = SHIPPED.overlay({"policy_version": "2", "majority_age": 20, "cooling_off_hours": {"QC": 1}})


@pytest.fixture(autouse=True)
def nothing_read_yet():
    policies._read.cache_clear()


def test_without_any_the_shipped_one_is_in_force():
    assert policies.in_force(at=NOW) == SHIPPED == policies.named(SHIPPED.version)


def test_one_that_is_adopted_is_in_force_from_then_on_and_comes_back_whole():
    position = fence.position()
    assert policies.adopt(SECOND, by="steward", at=NOW) == SECOND
    assert fence.position() == position + 1  # a release under the old one does not come after
    assert policies.in_force(at=NOW - timedelta(seconds=1)) == SHIPPED
    policies._read.cache_clear()
    assert policies.in_force(at=NOW) == policies.named("2") == SECOND
    told = [said["subject"] for said in log.openings(["consent:policy:adopted"]).values()]
    assert told == ["2"]


def test_the_same_again_changes_nothing():
    policies.adopt(SECOND, by="steward", at=NOW)
    assert policies.adopt(SECOND, by="steward", at=NOW) == SECOND
    assert PolicyVersion.objects.count() == 1


@pytest.mark.parametrize("version", ["2", SHIPPED.version])
def test_another_under_a_version_that_is_taken_is_refused(version):
    policies.adopt(SECOND, by="steward", at=NOW)
    with pytest.raises(PolicyRefused, match="another policy"):
        policies.adopt(SECOND.overlay({"policy_version": version, "majority_age": 21}), by="x", at=NOW)
    assert PolicyVersion.objects.count() == 1


def test_an_older_one_does_not_come_back_unseen():
    policies.adopt(SHIPPED, by="founding", at=NOW)
    policies.adopt(SECOND, by="steward", at=NOW)
    with pytest.raises(PolicyRefused, match="another one since"):
        policies.adopt(SHIPPED, by="steward", at=NOW)
    assert policies.in_force(at=NOW) == SECOND


def test_the_shipped_one_can_be_put_on_record_and_an_unknown_one_is_none():
    assert policies.adopt(SHIPPED, by="founding", at=NOW) == SHIPPED
    assert policies.named(SHIPPED.version) == SHIPPED
    with pytest.raises(PolicyRefused, match="no policy 9 on record"):
        policies.named("9")


def test_one_that_was_changed_by_hand_decides_nothing():
    policies.adopt(SECOND, by="steward", at=NOW)
    with unsafe_without_triggers(connection), connection.cursor() as cursor:
        cursor.execute("UPDATE consent_policyversion SET body = replace(body, '20', '12')")
    with pytest.raises(PolicyRefused, match="not as it was adopted"):
        policies.in_force(at=NOW)
    assert not policies.is_usable(at=NOW)
    assert list(policies.altered()) == ["Policy 2 is not as it was adopted."]


def put_in_by_hand(policy: Policy, at: datetime) -> None:
    """As somebody could who writes to the database: a row that fits its hash, and no line in the ledger."""
    body = canonical(policy).decode()
    digest = hashlib.sha256(body.encode()).hexdigest()
    PolicyVersion.objects.create(version=policy.version, body=body, sha256=digest, adopted_at=at)


@pytest.mark.parametrize("version", ["3", SHIPPED.version])
def test_one_that_was_put_in_by_hand_is_never_in_force_and_an_audit_tells(version):
    policies.adopt(SECOND, by="steward", at=NOW)
    put_in_by_hand(SECOND.overlay({"policy_version": version, "majority_age": 16}), NOW + timedelta(hours=1))
    later = NOW + timedelta(days=1)
    assert policies.in_force(at=later) == policies.within_bounds(at=later) == policies.as_of(later) == SECOND
    assert policies.named(SHIPPED.version) == SHIPPED
    if version == "3":
        with pytest.raises(PolicyRefused, match="no policy 3 on record"):
            policies.named("3")
    (told,) = policies.altered()
    assert f"Policy {version} was never adopted" in told


def test_one_that_is_gone_decides_nothing_and_the_one_before_shows_who_may_come():
    policies.adopt(SECOND, by="steward", at=NOW)
    policies.adopt(SECOND.overlay({"policy_version": "3", "majority_age": 21}), by="steward", at=NOW)
    policies._read.cache_clear()
    with unsafe_without_triggers(connection), connection.cursor() as cursor:
        cursor.execute("DELETE FROM consent_policyversion WHERE version = '3'")
    assert not policies.is_usable(at=NOW)
    assert policies.within_bounds(at=NOW) == SECOND
    assert list(policies.altered()) == ["The ledger records policy 3, and it is gone from the record."]


def test_one_whose_words_in_the_ledger_are_gone_or_changed_decides_nothing():
    policies.adopt(SECOND, by="steward", at=NOW)
    policies.adopt(SECOND.overlay({"policy_version": "3", "majority_age": 21}), by="steward", at=NOW)
    with unsafe_without_triggers(connection), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE consent_ledgeropening SET body = replace(body, '2026', '2027') WHERE subject = '3'"
        )
    assert not policies.is_usable(at=NOW)
    with unsafe_without_triggers(connection), connection.cursor() as cursor:
        cursor.execute("DELETE FROM consent_ledgeropening WHERE subject = '3'")
    assert LedgerOpening.objects.filter(subject="2").exists()
    assert not policies.is_usable(at=NOW)
    assert policies.within_bounds(at=NOW) == SECOND
    assert len(list(policies.altered())) == 2
