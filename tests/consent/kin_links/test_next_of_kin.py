"""Next of kin: what was left to them, and nothing more."""

from datetime import UTC, date, datetime

import pytest

from consent import kin, participants, policies, powers, records
from consent.decision import decide
from consent.errors import KinRefused
from consent.models import Participant
from consent.models.kin import Why
from consent.participants import subject_of
from consent.terms import (
    AfterDeath,
    DataUse,
    File,
    Project,
    Requester,
    Verb,
)
from tests.consent.kin_links.acting import DAY, POLICY, PROOF, PROXY, SECOND, next_of_kin_of, proxy_of, yes
from tests.world import EARLIER, NOW

pytestmark = pytest.mark.django_db


def test_a_next_of_kin_narrows_from_the_claim_and_upholds_once_verified(dead):
    link = next_of_kin_of(dead, verified=False)
    power = powers.of(link, at=NOW, policy=POLICY)
    assert (power.grants, power.upholds) == (frozenset(), False)
    assert powers.of(link, at=NOW - 2 * DAY, policy=POLICY) is None
    link = kin.verify(link, by="steward", at=NOW)
    assert powers.of(link, at=NOW, policy=POLICY).upholds


CARE = DataUse(
    id="r",
    purposes=frozenset(("R.HMB",)),
    requester=Requester(role="researcher", org_type="academic"),
    commercial_use=False,
    project=Project(
        id="p",
        status="APPROVED",
        valid_to=datetime(2100, 1, 1, tzinfo=UTC),
        approved_purposes=frozenset(("R.HMB",)),
    ),
)


def permitted(person: Participant, at: datetime = NOW) -> bool:
    person.refresh_from_db()
    return bool(decide(subject_of(person), File("f"), records.of(person), CARE, POLICY, at))


@pytest.mark.parametrize(
    ("choice", "goes_on"),
    [
        (AfterDeath.CONTINUE, True),
        (AfterDeath.STOP, False),
        (AfterDeath.UNSPECIFIED, False),
        (AfterDeath.NOK_DECIDES, False),
    ],
)
def test_her_own_choice_for_after_death_holds_from_the_yes_to_the_decision(adult, choice, goes_on):
    yes(adult, "RESEARCH", at=EARLIER, after_death=choice)
    assert permitted(adult)
    participants.record_death(adult, died_at=NOW, papers="D", by="a", second="b", at=NOW)
    assert permitted(adult, NOW - SECOND)
    assert permitted(adult) is goes_on


def test_what_was_left_to_her_next_of_kin_goes_on_when_they_say_so_and_stops_when_they_were_not_hers(adult):
    left = yes(adult, "RESEARCH", at=EARLIER, after_death=AfterDeath.NOK_DECIDES)
    participants.record_death(adult, died_at=NOW - DAY, papers="D", by="a", second="b", at=NOW)
    link = next_of_kin_of(adult)
    assert kin.left_to_kin(adult, at=NOW) == (left,)
    kin.uphold(link, left, at=NOW, sign_in=PROOF)
    assert permitted(adult)
    other = next_of_kin_of(adult, by="son")
    kin.end(other, why=Why.MISTAKE, by="steward", at=NOW)
    assert permitted(adult)
    kin.end(link, why=Why.MISTAKE, by="steward", at=NOW)
    assert not permitted(adult)


def test_what_another_next_of_kin_upheld_too_goes_on(adult):
    left = yes(adult, "RESEARCH", at=EARLIER, after_death=AfterDeath.NOK_DECIDES)
    participants.record_death(adult, died_at=NOW - DAY, papers="D", by="a", second="b", at=NOW)
    links = [next_of_kin_of(adult, by=name) for name in ("widow", "son")]
    for link in links:
        kin.uphold(link, left, at=NOW, sign_in=PROOF)
    kin.end(links[1], why=Why.MISTAKE, by="steward", at=NOW)
    assert permitted(adult)


def test_only_what_was_left_to_them_is_upheld_and_only_by_the_verified(adult):
    left = yes(adult, "RESEARCH", at=EARLIER, after_death=AfterDeath.NOK_DECIDES)
    stop = yes(adult, "QC", at=EARLIER)
    stranger = participants.register(born_on=date(1960, 1, 1), by="x", at=EARLIER)
    strangers = yes(stranger, "QC", at=EARLIER, after_death=AfterDeath.NOK_DECIDES)
    participants.record_death(adult, died_at=NOW - DAY, papers="D", by="a", second="b", at=NOW)
    link = next_of_kin_of(adult, verified=False)
    with pytest.raises(KinRefused, match="Only a verified"):
        kin.uphold(link, left, at=NOW, sign_in=PROOF)
    link = kin.verify(link, by="steward", at=NOW)
    for row in (stop, strangers):
        with pytest.raises(KinRefused, match="not left"):
            kin.uphold(link, row, at=NOW, sign_in=PROOF)
    kin.end(link, by="steward", at=NOW)
    with pytest.raises(KinRefused, match="Only a verified"):
        kin.uphold(link, left, at=NOW, sign_in=PROOF)
    assert not [one for one in records.of(adult) if one.decision is Verb.CONTINUE]


def test_what_a_kin_upholds_holds_when_the_cooling_off_is_over(adult):
    left = yes(adult, "RESEARCH", at=EARLIER, after_death=AfterDeath.NOK_DECIDES)
    policies.adopt(POLICY, by="founding", at=NOW - 2 * DAY)
    participants.record_death(adult, died_at=NOW - DAY, papers="D", by="a", second="b", at=NOW)
    kin.uphold(next_of_kin_of(adult), left, at=NOW, sign_in=PROOF)
    over = NOW + POLICY.cooling_off("RESEARCH")
    assert over > NOW
    assert not permitted(adult)
    assert not permitted(adult, over - SECOND)
    assert permitted(adult, over)


def test_what_a_proxy_said_is_not_left_to_the_next_of_kin(adult):
    proxy_of(adult)
    said = {"authority": PROXY, "valid_to": NOW + DAY, "after_death": AfterDeath.NOK_DECIDES}
    proxys = yes(adult, "CLINICAL", by="nephew", **said)
    participants.record_death(adult, died_at=NOW + SECOND, papers="D", by="a", second="b", at=NOW + SECOND)
    assert kin.left_to_kin(adult, at=NOW + SECOND) == ()
    with pytest.raises(KinRefused, match="not left"):
        kin.uphold(next_of_kin_of(adult, at=NOW + SECOND), proxys, at=NOW + SECOND, sign_in=PROOF)
