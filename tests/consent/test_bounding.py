"""A policy is brought back within the bounds, and nothing that had ended begins again by it."""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from consent import bounding, eligibility, forms, holdings, kin, participants, policies, records
from consent.errors import PolicyRefused
from consent.models import Participant, PolicyVersion
from consent.policy import Policy
from consent.terms import Authority, Capacity, Permission, SignIn, Verb
from tests.cast import research
from tests.unsafe import unsafe_without_triggers
from tests.world import NOW

pytestmark = [pytest.mark.server, pytest.mark.django_db]

THEN = datetime(2021, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
AT_14 = Policy.as_adopted({"policy_version": "2022.1", "majority_age": 14})


@pytest.fixture(autouse=True)
def shipped_forms():
    policies._read.cache_clear()
    forms.publish_shipped(by="x", at=THEN)


def child(born: date) -> Participant:
    """Somebody whose mother allowed research and care."""
    kim = participants.register(born_on=born, home_region="DE", by="x", at=THEN)
    kin.verify(kin.claim("mother", kim, at=THEN), by="steward", at=THEN)
    participants.verify_identity(kim, by="x", at=THEN)
    holdings.add(kim, uuid.uuid4(), by="x", at=THEN)
    for family, said in (("RESEARCH", [Permission("GRU")]), ("CLINICAL", [])):
        wording = records.Wording(permissions=said, authority=Authority(Capacity.GUARDIAN, True))
        proof, form = SignIn("totp", THEN), forms.current("F-GUARDIAN")
        records.give(kim, family, form=form, by="mother", at=THEN, wording=wording, sign_in=proof)
    return kim


@pytest.fixture
def before_the_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A house in which one was of age at 14."""
    with monkeypatch.context() as none_yet:
        none_yet.setattr(Policy, "beyond", lambda self: iter(()))
        policies.adopt(AT_14, by="founding", at=THEN + HOUR)


def last_words(person: Participant) -> dict[str, Verb]:
    return {one.family: one.decision for one in records.of(person)}


def test_what_a_guardian_allowed_and_had_ended_does_not_begin_again(before_the_bounds):
    kim, tom = child(date(2011, 1, 1)), child(date(2015, 1, 1))  # 15, of age until now; and 11
    grown = child(date(2005, 1, 1))  # of age by any policy
    after, taken = bounding.adopt(by="steward", at=NOW)
    assert (after.majority_age, taken) == (16, 2)
    assert last_words(kim) == {"RESEARCH": Verb.WITHDRAW, "CLINICAL": Verb.WITHDRAW}
    for untouched in (tom, grown):
        assert last_words(untouched) == {"RESEARCH": Verb.GRANT, "CLINICAL": Verb.GRANT}
    found = eligibility.eligible(research("R.GRU"), policy=policies.in_force(at=NOW), at=NOW)
    assert found.people.tolist() == [tom.ordinal]
    with pytest.raises(PolicyRefused, match="beyond no bound"):
        bounding.adopt(by="steward", at=NOW)


def test_a_no_that_stands_is_left_and_a_record_that_cannot_be_read_is_closed(before_the_bounds):
    kim, lea = child(date(2011, 1, 1)), child(date(2011, 2, 1))
    records.deny(kim, "RESEARCH", by="kim", at=NOW)
    records.withdraw(kim, "CLINICAL", by="kim", at=NOW)
    with unsafe_without_triggers(connection), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE consent_statement SET body = replace(body, 'GRU', 'HMB') WHERE participant_id = %s",
            [lea.ordinal],
        )
    _, taken = bounding.adopt(by="steward", at=NOW + HOUR)
    assert taken == 1
    assert last_words(kim) == {"RESEARCH": Verb.DENY, "CLINICAL": Verb.WITHDRAW}
    assert lea.statements.order_by("seq").last().family == "*"


def test_meanwhile_a_guardian_is_heard_who_comes_to_say_no(before_the_bounds):
    kim = participants.register(born_on=date(2015, 1, 1), by="x", at=THEN)
    kin.claim("mother", kim, at=NOW)
    assert kim.kin_links.get().state == "CLAIMED"


def test_a_version_of_any_length_makes_one_that_can_be_kept(monkeypatch):
    with monkeypatch.context() as none_yet:
        none_yet.setattr(Policy, "beyond", lambda self: iter(()))
        policies.adopt(replace(AT_14, version="v" * 64), by="founding", at=THEN + HOUR)
    after, _ = bounding.adopt(by="steward", at=NOW)
    assert len(after.version) <= PolicyVersion._meta.get_field("version").max_length
    assert policies.in_force(at=NOW) == after


def test_where_one_is_of_age_earlier_by_it_nothing_is_withdrawn(monkeypatch):
    with monkeypatch.context() as none_yet:
        none_yet.setattr(Policy, "beyond", lambda self: iter(()))
        policies.adopt(Policy.as_adopted({"policy_version": "1", "majority_age": 22}), by="x", at=THEN + HOUR)
    kim = child(date(2004, 12, 1))  # 21: a minor until now
    after, taken = bounding.adopt(by="steward", at=NOW)
    assert (after.majority_age, taken) == (21, 0)
    assert last_words(kim) == {"RESEARCH": Verb.GRANT, "CLINICAL": Verb.GRANT}
