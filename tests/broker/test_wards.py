"""For whom a login may act, and until which second."""

from datetime import UTC, date, datetime, timedelta

import pytest
from guardian.shortcuts import remove_perm

from broker import people, wards
from broker.demo.staff import PASSWORD, Staff, appoint
from broker.models import User
from consent import kin
from consent.models import Participant
from consent.terms import Authority, Capacity

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
BORN = date(2014, 3, 5)
OF_AGE = datetime(2032, 3, 5, tzinfo=UTC)


@pytest.fixture
def staff() -> Staff:
    return appoint(at=NOW)


@pytest.fixture
def gita() -> User:
    return people.sign_up("gita", PASSWORD, born_on=date(1985, 1, 1), at=NOW)


@pytest.fixture
def child(gita: User) -> Participant:
    return people.add_child(gita, born_on=BORN, at=NOW)


def test_everybody_acts_for_herself(gita):
    ward = wards.own(gita, at=NOW)
    assert ward.participant == gita.own_record.participant
    assert (ward.authority, ward.may_widen, ward.is_child) == (Authority(Capacity.SELF, True), True, False)


def test_who_is_not_of_age_says_no_for_herself_and_not_yet_yes():
    young = people.sign_up("mia", PASSWORD, born_on=date(2010, 6, 2), at=NOW)
    birthday = datetime(2028, 6, 2, tzinfo=UTC)
    assert not wards.own(young, at=birthday - timedelta(seconds=1)).may_widen
    assert wards.own(young, at=birthday).may_widen


def test_staff_acts_for_nobody(staff):
    assert wards.own(staff.steward, at=NOW) is None
    assert wards.children(staff.steward, at=NOW) == ()


def test_a_claimed_child_can_only_be_said_no_for(gita, child):
    ward = wards.child(gita, child.pseudonym, at=NOW)
    assert (ward.authority, ward.may_widen) == (Authority(Capacity.GUARDIAN, False), False)


def test_a_verified_guardian_decides_until_the_child_is_of_age(gita, child, staff):
    people.verify_guardian(child.kin_links.get(), by=staff.steward, at=NOW)
    assert wards.child(gita, child.pseudonym, at=OF_AGE - timedelta(seconds=1)).may_widen
    assert wards.child(gita, child.pseudonym, at=OF_AGE) is None
    assert wards.grown(gita, at=OF_AGE) == (child,)


def test_an_ended_guardianship_opens_nothing(gita, child, staff):
    kin.end(child.kin_links.get(), by=staff.steward.reference, at=NOW)
    assert wards.children(gita, at=NOW) == ()
    assert wards.grown(gita, at=NOW) == (child,)


def test_a_link_without_guardians_row_opens_nothing(gita, child):
    remove_perm(people.ACT, gita, child)
    assert wards.child(gita, child.pseudonym, at=NOW) is None


def test_a_row_without_a_link_opens_nothing(gita, child, staff):
    other = people.sign_up("hadi", PASSWORD, born_on=date(1980, 1, 1), at=NOW)
    assert wards.child(other, child.pseudonym, at=NOW) is None
    assert wards.child(other, gita.own_record.participant.pseudonym, at=NOW) is None
