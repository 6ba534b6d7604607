"""Whoever acts for somebody says that she has moved: nothing follows before somebody else has seen it, and
nobody's own power is moved by her own word."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from consent import eligibility, fence, forms, holdings, homes, kin, participants, powers, records, remembered
from consent.errors import KinRefused, RegistrationRefused
from consent.homes import Home
from consent.models import HomeChange, KinLink, LedgerEvent, Participant
from consent.models.kin import Kind
from consent.policy import Policy
from consent.terms import Authority, Capacity, Permission, SignIn
from tests.cast import research
from tests.world import EARLIER, NOW

pytestmark = [pytest.mark.server, pytest.mark.django_db]

DAY = timedelta(days=1)
AT_18, AT_19, AT_21 = Home("UTC", "DE"), Home("UTC", "US-NE"), Home("UTC", "US-MS")
BOTH_WAYS = pytest.mark.parametrize("home", [AT_18, AT_21], ids=["earlier", "later"])


@pytest.fixture
def kim() -> Participant:
    """A minor, of age at 19 on 1 January 2028."""
    return participants.register(
        born_on=date(2009, 1, 1), home_region="US-NE", by="x", at=datetime(2010, 1, 1, tzinfo=UTC)
    )


@pytest.fixture
def mother(kim) -> KinLink:
    return kin.verify(kin.claim("mother", kim, at=EARLIER), by="steward", at=EARLIER)


def of_age(person: Participant) -> datetime:
    person.refresh_from_db()
    return participants.of_age_at(person, Policy.default())


def say(person: Participant, home: Home, *, by="mother", capacity=Capacity.GUARDIAN, at=NOW) -> HomeChange:
    return homes.propose(person, home, by=by, capacity=capacity, at=at)


def confirm(change: HomeChange, *, by="clerk", at=NOW) -> None:
    homes.confirm(change, papers="a lease", by=by, at=at)


def last_kind() -> str:
    return LedgerEvent.objects.order_by("-id").values_list("kind", flat=True)[0]


@BOTH_WAYS
def test_the_day_of_majority_does_not_move_before_somebody_else_has_seen_it(kim, mother, home):
    before = of_age(kim)
    change = say(kim, home)
    assert last_kind() == "consent:participant:move_said"
    assert of_age(kim) == before
    assert powers.of(KinLink.objects.get(), at=NOW, policy=Policy.default()).ends_at == before
    with pytest.raises(RegistrationRefused, match="It takes two"):
        confirm(change, by="mother")
    assert of_age(kim) == before
    confirm(change)
    assert of_age(kim) != before
    assert powers.of(KinLink.objects.get(), at=NOW, policy=Policy.default()).ends_at == of_age(kim)
    assert not list(remembered.altered_rows())


def test_what_she_allowed_holds_to_the_old_day_until_then():
    """A guardian's yes ends with majority: saying that it comes later does not keep it alive."""
    kim = participants.register(born_on=date(2008, 9, 1), home_region="DE", by="x", at=EARLIER)
    kin.verify(kin.claim("mother", kim, at=EARLIER), by="steward", at=EARLIER)
    forms.publish_shipped(by="x", at=EARLIER)
    participants.verify_identity(kim, by="x", at=EARLIER)
    holdings.add(kim, uuid.uuid4(), by="x", at=EARLIER)
    wording = records.Wording(permissions=[Permission("GRU")], authority=Authority(Capacity.GUARDIAN, True))
    form, proof = forms.current("F-GUARDIAN"), SignIn("totp", EARLIER)
    records.give(kim, "RESEARCH", form=form, by="mother", at=EARLIER, wording=wording, sign_in=proof)
    old = of_age(kim)

    def matched(at: datetime) -> bool:
        found = eligibility.eligible(research("R.GRU"), policy=Policy.default(), at=at)
        return found.people.tolist() == [kim.ordinal]

    change = say(kim, AT_19)
    assert (matched(old - DAY), matched(old)) == (True, False)
    confirm(change)
    assert matched(old)


@pytest.mark.parametrize("papers", ["", "rejected", "ended"])
def test_without_a_standing_guardianship_nothing_is_proposed(kim, papers):
    link = kin.claim("mother", kim, at=EARLIER)
    if papers == "rejected":
        kin.reject(link, by="steward", at=EARLIER)
    elif papers == "ended":
        kin.end(kin.verify(link, by="steward", at=EARLIER), by="steward", at=EARLIER + DAY)
    lines, position = LedgerEvent.objects.count(), fence.position()
    with pytest.raises(KinRefused, match="Nothing was recorded and nothing has moved"):
        say(kim, AT_21)
    assert (LedgerEvent.objects.count(), fence.position()) == (lines, position)
    assert not HomeChange.objects.exists()


def test_nor_from_the_first_instant_of_majority(kim, mother):
    """In the last second she may say it; but it is over with majority, and what waits moves nothing."""
    change = say(kim, AT_21, at=of_age(kim) - timedelta(seconds=1))
    for late in (lambda: say(kim, AT_21, at=of_age(kim)), lambda: confirm(change, at=of_age(kim))):
        with pytest.raises(KinRefused, match="only until that ends"):
            late()
    assert homes.of(kim) == AT_19
    assert HomeChange.objects.get() == change  # the clerk still has to say no to it
    homes.refuse(change, why="she is of age", by="clerk", at=of_age(kim))
    assert not HomeChange.objects.exists()


def test_what_waits_falls_with_the_power_of_who_said_it(kim, mother):
    change = say(kim, AT_18)
    kin.end(mother, by="steward", at=NOW)
    with pytest.raises(KinRefused):
        confirm(change, at=NOW + DAY)
    assert of_age(kim) == datetime(2028, 1, 1, tzinfo=UTC)


def test_nobody_says_it_as_somebody_else(kim, mother):
    for capacity in (Capacity.PROXY, Capacity.NEXT_OF_KIN):
        with pytest.raises(KinRefused):
            say(kim, AT_18, capacity=capacity)
    with pytest.raises(KinRefused):
        say(kim, AT_18, by="stranger")


def test_no_word_takes_the_place_of_somebody_elses(kim, mother):
    """Least of all of the young person's own, who may be of age earlier than her guardian would have it."""
    hers = homes.propose(kim, AT_18, by="kim", at=NOW)
    old, new = say(kim, Home("UTC", "")), say(kim, AT_21)
    assert set(HomeChange.objects.all()) == {hers, new}
    with pytest.raises(RegistrationRefused, match="settled by somebody else"):
        confirm(old)
    with pytest.raises(IntegrityError), transaction.atomic():
        HomeChange.objects.create(participant=kim, proposed_by="mother", proposed_at=NOW)
    homes.move(kim, Home("Pacific/Honolulu", "US-NE"), by="kim", at=NOW)  # at once, and later: her own
    assert list(HomeChange.objects.all()) == [new]


def test_the_clerks_yes_to_one_leaves_the_other_to_be_looked_at(kim, mother):
    hers, said = homes.propose(kim, AT_18, by="kim", at=NOW), say(kim, AT_21)
    confirm(said)
    assert list(HomeChange.objects.all()) == [hers]
    confirm(hers)
    assert of_age(kim) == datetime(2027, 1, 1, tzinfo=UTC)


def test_a_proxy_says_it_of_an_adult_who_stays_of_age():
    ada = participants.register(born_on=date(2007, 6, 1), by="x", at=EARLIER)
    until = NOW + 300 * DAY
    link = kin.claim_proxy("proxy", ada, kind=Kind.COURT, papers="P-1", valid_to=until, at=EARLIER)
    for steward in ("one", "two"):
        if steward == "two":
            with pytest.raises(KinRefused):  # one of two has seen the papers
                say(ada, AT_18, by="proxy", capacity=Capacity.PROXY)
        link = kin.verify(link, by=steward, at=EARLIER)
    confirm(say(ada, AT_18, by="proxy", capacity=Capacity.PROXY))
    assert homes.of(Participant.objects.get()) == AT_18
    with pytest.raises(RegistrationRefused, match="of age and stays so"):
        say(ada, AT_21, by="proxy", capacity=Capacity.PROXY)
    with pytest.raises(KinRefused):
        say(ada, Home("Asia/Tokyo", "JP"), by="proxy", capacity=Capacity.PROXY, at=until)


def test_nobody_moves_the_dead(kim, mother):
    participants.record_death(kim, died_at=NOW, papers="D-1", by="one", second="two", at=NOW)
    with pytest.raises(RegistrationRefused, match="changes no more"):
        say(kim, AT_18)
