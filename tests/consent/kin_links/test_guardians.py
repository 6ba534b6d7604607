"""Guardians: from verification to majority, as far as a court allows."""

from datetime import UTC, date, datetime

import pytest

from consent import kin, participants, powers
from consent.models import KinLink, Participant
from consent.models.kin import Kind, State
from consent.participants import of_age_at
from consent.terms import (
    Authority,
    Capacity,
)
from tests.consent.kin_links.acting import MONTHS, POLICY, PROXY, SECOND, proxy_of
from tests.world import EARLIER, NOW

pytestmark = pytest.mark.django_db


def test_a_guardian_grants_from_verification_to_the_eighteenth_birthday_and_not_a_second_longer(child):
    link = kin.claim("mother", child, at=EARLIER)
    power = powers.may_act("mother", child, at=NOW, policy=POLICY)
    assert power == powers.Power(Authority(Capacity.GUARDIAN, False), frozenset(), of_age_at(child, POLICY))
    link = kin.verify(link, by="steward", at=NOW)
    birthday = datetime(2033, 2, 28, tzinfo=UTC)
    power = powers.may_act("mother", child, at=birthday - SECOND, policy=POLICY)
    assert power.grants == {"RESEARCH", "CLINICAL", "QC", "LE.MIS"}
    assert not power.upholds
    assert powers.may_act("mother", child, at=birthday, policy=POLICY) is None
    assert powers.may_act("stranger", child, at=NOW, policy=POLICY) is None


@pytest.mark.parametrize(
    ("born", "zone", "birthday"),
    [
        (date(2010, 6, 2), "Asia/Jayapura", datetime(2028, 6, 1, 15, tzinfo=UTC)),
        # In Cairo the clocks skip midnight on 30 April 2027: the day begins where they land.
        (date(2009, 4, 30), "Africa/Cairo", datetime(2027, 4, 29, 22, tzinfo=UTC)),
        (date(2008, 2, 29), "America/New_York", datetime(2026, 3, 1, 5, tzinfo=UTC)),
    ],
)
def test_the_birthday_begins_at_home(born, zone, birthday):
    child = participants.register(born_on=born, home_zone=zone, by="mother", at=EARLIER)
    early = datetime(2025, 1, 1, tzinfo=UTC)
    kin.verify(kin.claim("mother", child, at=early), by="steward", at=early)
    assert powers.may_act("mother", child, at=birthday - SECOND, policy=POLICY).grants
    assert powers.may_act("mother", child, at=birthday, policy=POLICY) is None


def test_an_interval_bounds_a_guardianship_at_both_ends(child):
    link = kin.claim("aunt", child, kind=Kind.FOSTER, valid_from=NOW, valid_to=MONTHS, at=EARLIER)
    kin.verify(link, by="steward", at=EARLIER)
    assert powers.may_act("aunt", child, at=NOW - SECOND, policy=POLICY) is None
    assert powers.may_act("aunt", child, at=NOW, policy=POLICY).ends_at == MONTHS
    assert powers.may_act("aunt", child, at=MONTHS, policy=POLICY) is None


def test_what_a_court_took_from_one_guardian_the_other_still_has(child):
    father = kin.claim("father", child, kind=Kind.COURT, limits=["RESEARCH"], at=EARLIER)
    kin.verify(father, by="steward", at=EARLIER)
    kin.verify(kin.claim("mother", child, at=EARLIER), by="steward", at=EARLIER)
    assert "RESEARCH" not in powers.may_act("father", child, at=NOW, policy=POLICY).grants
    assert "RESEARCH" in powers.may_act("mother", child, at=NOW, policy=POLICY).grants
    kin.limit(father, ["QC", "CLINICAL"], by="steward", at=NOW)
    assert powers.may_act("father", child, at=NOW, policy=POLICY).grants == {"RESEARCH", "LE.MIS"}


def test_a_dead_childs_guardian_says_no_and_nothing_else(child):
    kin.verify(kin.claim("mother", child, at=EARLIER), by="steward", at=EARLIER)
    participants.record_death(child, died_at=NOW, papers="D-2", by="a", second="b", at=NOW)
    assert powers.may_act("mother", child, at=NOW, policy=POLICY).grants == frozenset()


def test_a_verified_yes_outweighs_another_links_claim(adult):
    proxy_of(adult, verified=False)
    assert powers.may_act("nephew", adult, at=NOW, policy=POLICY) is None
    KinLink.objects.update(state=State.ENDED)
    proxy_of(adult)
    assert powers.may_act("nephew", adult, at=NOW, policy=POLICY).authority == PROXY


def test_everybody_for_whom_somebody_acts_is_found_the_oldest_claim_first(child, adult):
    proxy_of(adult, by="mother")
    kin.claim("mother", child, at=EARLIER)
    held = powers.held("mother", at=NOW, policy=POLICY)
    assert [link.person for link, _ in held] == [child, adult]


def test_nobody_acts_for_who_is_erased(child):
    kin.claim("mother", child, at=EARLIER)
    Participant.objects.update(erased_at=NOW)
    assert powers.may_act("mother", child, at=NOW - SECOND, policy=POLICY)
    assert powers.may_act("mother", child, at=NOW, policy=POLICY) is None
