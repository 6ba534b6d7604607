"""Proxies: care alone, until a stated day; and what ends with them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from consent import holdings, kin, participants, powers, records
from consent.errors import KinRefused, SealBroken, StatementRefused
from consent.models import LedgerEvent
from consent.models.kin import Kind, State, Why
from consent.terms import (
    Capacity,
    Verb,
)
from tests.consent.kin_links.acting import (
    DAY,
    GUARDIAN,
    MONTHS,
    POLICY,
    PROXY,
    SECOND,
    heads_of,
    proxy_of,
    yes,
)
from tests.world import EARLIER, NOW

pytestmark = pytest.mark.django_db


def test_a_proxy_takes_two_grants_care_alone_and_ends_on_a_day(adult):
    link = kin.verify(proxy_of(adult, verified=False), by="one", at=NOW)
    assert (link.state, link.seen_by, link.verified_by) == (State.SEEN, "one", "")
    assert powers.of(link, at=NOW, policy=POLICY) is None
    with pytest.raises(KinRefused, match="takes two"):
        kin.verify(link, by="one", at=NOW)
    link = kin.verify(link, by="two", at=NOW)
    power = powers.of(link, at=MONTHS - SECOND, policy=POLICY)
    assert power == powers.Power(PROXY, frozenset({"CLINICAL"}), MONTHS)
    assert powers.of(link, at=MONTHS, policy=POLICY) is None


@pytest.mark.parametrize("end", [NOW + kin.LONGEST_PROXY + SECOND, datetime(9999, 12, 31, tzinfo=UTC)])
def test_a_proxy_is_not_for_life(adult, end):
    said = {"kind": Kind.COURT, "papers": "C-1", "at": NOW}
    with pytest.raises(KinRefused, match="ten years at most"):
        kin.claim_proxy("nephew", adult, valid_to=end, **said)
    assert not adult.kin_links.exists()
    kin.claim_proxy("nephew", adult, valid_to=NOW + kin.LONGEST_PROXY, **said)


def test_a_proxys_power_ends_with_a_death(adult):
    link = proxy_of(adult)
    participants.record_death(adult, died_at=NOW + DAY, papers="D", by="a", second="b", at=NOW + 2 * DAY)
    link.refresh_from_db()
    link.person.refresh_from_db()
    assert powers.of(link, at=NOW, policy=POLICY)
    assert powers.of(link, at=NOW + DAY, policy=POLICY) is None


def test_a_yes_in_anothers_name_is_asked_for_its_power(adult, child):
    link = proxy_of(adult)
    said = {"capacity": Capacity.PROXY, "at": NOW, "policy": POLICY}
    powers.require("nephew", adult, "CLINICAL", until=MONTHS, **said)
    with pytest.raises(KinRefused, match="end before"):
        powers.require("nephew", adult, "CLINICAL", until=None, **said)
    with pytest.raises(KinRefused, match="end before"):
        powers.require("nephew", adult, "CLINICAL", until=MONTHS + SECOND, **said)
    with pytest.raises(KinRefused, match="cannot say yes to RESEARCH"):
        powers.require("nephew", adult, "RESEARCH", until=MONTHS, **said)
    with pytest.raises(KinRefused, match="do not act"):
        powers.require("stranger", adult, "CLINICAL", until=MONTHS, **said)
    kin.claim("mother", child, at=NOW)
    guardian = said | {"capacity": Capacity.GUARDIAN}
    with pytest.raises(KinRefused, match="seen your papers"):
        powers.require("mother", child, "RESEARCH", until=None, **guardian)
    kin.verify(child.kin_links.get(), by="steward", at=NOW)
    powers.require("mother", child, "RESEARCH", until=None, **guardian)
    assert link.is_over is False


def test_ending_a_proxy_takes_back_what_rests_on_it_alone(adult):
    link = proxy_of(adult)
    yes(adult, "CLINICAL", by="nephew", authority=PROXY, valid_to=MONTHS)
    yes(adult, "RESEARCH")
    kin.end(link, why=Why.COURT, by="steward", at=NOW + DAY)
    assert heads_of(adult) == {"CLINICAL": Verb.WITHDRAW, "RESEARCH": Verb.GRANT}


def test_ending_a_proxy_takes_back_a_yes_for_one_file(adult):
    file = UUID("00000000-0000-0000-0000-000000000001")
    holdings.add(adult, file, by="ada", at=EARLIER)
    link = proxy_of(adult)
    yes(adult, "CLINICAL", by="nephew", authority=PROXY, valid_to=MONTHS, file=file)
    kin.end(link, why=Why.LAID_DOWN, by="nephew", at=NOW + DAY)
    last = records.of(adult)[-1]
    assert (last.decision, last.file) == (Verb.WITHDRAW, str(file))


def test_what_she_said_herself_after_the_proxy_stays(adult):
    link = proxy_of(adult)
    yes(adult, "CLINICAL", by="nephew", authority=PROXY, valid_to=MONTHS)
    yes(adult, "CLINICAL", at=NOW + SECOND)
    kin.end(link, why=Why.RECOVERED, by="steward", at=NOW + DAY)
    assert [one.decision for one in records.of(adult)] == [Verb.GRANT, Verb.GRANT]


def test_a_yes_that_does_not_hold_yet_keeps_no_proxys_yes_alive(adult):
    link = proxy_of(adult)
    yes(adult, "CLINICAL", by="nephew", authority=PROXY, valid_to=MONTHS)
    yes(adult, "CLINICAL", at=NOW + SECOND, effective_at=MONTHS)
    kin.end(link, by="steward", at=NOW + DAY)
    assert heads_of(adult)["CLINICAL"] is Verb.WITHDRAW


def test_a_proxys_yes_that_was_stopped_is_not_stopped_twice(adult):
    link = proxy_of(adult)
    yes(adult, "CLINICAL", by="nephew", authority=PROXY, valid_to=MONTHS)
    records.withdraw(adult, by="self", at=NOW + SECOND)
    kin.end(link, by="steward", at=NOW + DAY)
    assert len(records.of(adult)) == 2


def test_a_guardians_yes_outlives_her_guardianship_unless_she_never_was_one(child):
    link = kin.verify(kin.claim("mother", child, at=EARLIER), by="steward", at=EARLIER)
    yes(child, "RESEARCH", by="mother", authority=GUARDIAN)
    kin.end(link, why=Why.DEATH, by="steward", at=NOW)
    assert heads_of(child) == {"RESEARCH": Verb.GRANT}
    again = kin.verify(kin.claim("mother", child, at=NOW), by="steward", at=NOW)
    kin.end(again, why=Why.MISTAKE, by="steward", at=NOW)
    assert heads_of(child) == {"RESEARCH": Verb.WITHDRAW}


def test_nothing_ends_if_what_it_gave_cannot_be_taken_back(adult, monkeypatch):
    link = proxy_of(adult)
    yes(adult, "CLINICAL", by="nephew", authority=PROXY, valid_to=MONTHS)

    def broken(*_said: Any, **_facts: Any) -> None:
        raise SealBroken("The record is not as it was written.")

    monkeypatch.setattr(records, "withdraw", broken)
    with pytest.raises(SealBroken):
        kin.end(link, by="steward", at=NOW)
    link.refresh_from_db()
    assert link.state == State.VERIFIED


def test_nobody_says_yes_for_another_without_the_link_for_it(adult, child):
    before = LedgerEvent.objects.count()
    with pytest.raises(KinRefused, match="do not act"):
        yes(adult, "CLINICAL", by="nephew", authority=PROXY, valid_to=MONTHS)
    with pytest.raises(KinRefused, match="do not act"):
        yes(child, "RESEARCH", by="mother", authority=GUARDIAN)
    assert LedgerEvent.objects.count() == before
    link = kin.verify(kin.claim("mother", child, at=EARLIER), by="steward", at=EARLIER)
    kin.limit(link, ["RESEARCH"], by="steward", at=NOW)
    with pytest.raises(KinRefused, match="cannot say yes to RESEARCH"):
        yes(child, "RESEARCH", by="mother", authority=GUARDIAN)
    yes(child, "QC", by="mother", authority=GUARDIAN)
    assert heads_of(child) == {"QC": Verb.GRANT}


def test_a_proxys_yes_ends_with_the_proxy_in_the_record_too(adult):
    proxy_of(adult)
    with pytest.raises(StatementRefused, match="for somebody else"):  # a ceiling of the law: without an end
        yes(adult, "CLINICAL", by="nephew", authority=PROXY)
    with pytest.raises(KinRefused, match="end before"):
        yes(adult, "CLINICAL", by="nephew", authority=PROXY, valid_to=MONTHS + SECOND)
    assert not records.of(adult)
    yes(adult, "CLINICAL", by="nephew", authority=PROXY, valid_to=MONTHS)
    assert heads_of(adult) == {"CLINICAL": Verb.GRANT}
