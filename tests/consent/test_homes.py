"""A home changes: majority moves with it, never earlier by one pair of eyes, and nobody is a minor again."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest

from consent import (
    eligibility,
    erasure,
    events,
    fence,
    forms,
    history,
    holdings,
    homes,
    kin,
    participants,
    records,
    remembered,
)
from consent.errors import RegistrationRefused
from consent.homes import Home
from consent.ledger import log
from consent.models import HomeChange, LedgerEvent, Participant
from consent.policy import Policy
from consent.rules import authority
from consent.terms import Authority, Capacity, Permission, SignIn
from tests.cast import research
from tests.world import EARLIER, NOW

pytestmark = [pytest.mark.server, pytest.mark.django_db]

DAY, YEAR = timedelta(days=1), timedelta(days=366)
AT_19, AT_21, AT_18 = Home("UTC", "US-NE"), Home("UTC", "US-MS"), Home("UTC", "DE")


def born(on: date, home: Home = AT_18) -> Participant:
    return participants.register(
        born_on=on, home_zone=home.zone, home_region=home.region, by="x", at=datetime(2010, 1, 1, tzinfo=UTC)
    )


def of_age(person: Participant) -> datetime:
    return participants.of_age_at(person, Policy.default())


@pytest.fixture
def kim() -> Participant:
    """A minor, of age at 18 on 1 January 2027."""
    return born(date(2009, 1, 1))


@pytest.fixture
def ada() -> Participant:
    return born(date(1980, 1, 1))


def move(person: Participant, home: Home, at=NOW) -> None:
    homes.move(person, home, by="her", at=at)


def waits_for(person: Participant, home: Home, at=NOW) -> HomeChange:
    return homes.propose(person, home, by="her", at=at)


def kinds() -> list[str]:
    return list(LedgerEvent.objects.order_by("id").values_list("kind", flat=True))


def test_a_move_is_one_act_with_its_line_and_the_ledger_remembers_it(ada):
    epoch = ada.epoch
    move(ada, Home("Asia/Jakarta", "ID-JK"))
    assert homes.of(ada) == Home("Asia/Jakarta", "ID-JK")
    assert ada.epoch == fence.position() > epoch
    trail = remembered.trail(ada)
    assert history.subject(trail, ada.pseudonym) == participants.subject_of(ada)
    before = history.until(trail, at=NOW, position=epoch)
    assert history.subject(before, ada.pseudonym).region == "DE"  # a decision of then is decided as then
    assert not list(remembered.altered_rows())


def test_a_minors_majority_moves_later_at_once(kim):
    before = of_age(kim)
    move(kim, AT_19)
    assert of_age(kim) > before + 364 * DAY


def test_a_minors_majority_moves_earlier_by_two_pairs_of_eyes_alone(kim):
    move(kim, AT_21)
    late = of_age(kim)
    assert homes.takes_two(kim, AT_18, at=NOW)
    with pytest.raises(RegistrationRefused, match="takes somebody else"):
        move(kim, AT_18)
    change = waits_for(kim, AT_18)
    assert of_age(kim) == late  # nothing follows from what she says alone
    with pytest.raises(RegistrationRefused, match="It takes two"):
        homes.confirm(change, papers="a lease", by="her", at=NOW)
    with pytest.raises(RegistrationRefused, match="Say what shows"):
        homes.confirm(change, papers=" ", by="clerk", at=NOW)
    kim.refresh_from_db()
    assert of_age(kim) == late
    homes.confirm(change, papers="a lease", by="clerk", at=NOW)
    kim.refresh_from_db()
    assert of_age(kim) == datetime(2027, 1, 1, tzinfo=UTC)
    (moved,) = [
        one for one in log.openings([events.MOVED.tag]).values() if one["fields"]["second"] == "clerk"
    ]
    assert (moved["by"], moved["fields"]["papers"]) == ("her", "a lease")
    with pytest.raises(RegistrationRefused, match="settled by somebody else"):
        homes.confirm(change, papers="a lease", by="clerk", at=NOW)


def test_what_waits_is_refused_or_gives_way_to_what_is_newer(kim):
    move(kim, AT_21)
    old = waits_for(kim, AT_18)
    new = waits_for(kim, AT_19)
    assert list(HomeChange.objects.all()) == [new]
    with pytest.raises(RegistrationRefused, match="settled by somebody else"):
        homes.confirm(old, papers="x", by="clerk", at=NOW)
    with pytest.raises(RegistrationRefused, match="Say why"):
        homes.refuse(new, why=" ", by="clerk", at=NOW)
    homes.refuse(new, why="no paper", by="clerk", at=NOW)
    assert not HomeChange.objects.exists()
    assert homes.of(kim) == AT_21
    assert kinds()[-1] == "consent:participant:move_refused"
    waits_for(kim, AT_18)
    move(kim, Home("Pacific/Honolulu", "US-MS"), at=NOW)
    assert not HomeChange.objects.exists()  # it was about the home before


def test_a_zone_alone_moves_the_birthday_and_an_earlier_midnight_takes_two(kim):
    with pytest.raises(RegistrationRefused, match="takes somebody else"):
        move(kim, Home("Pacific/Auckland", "DE"))
    move(kim, Home("Pacific/Honolulu", "DE"))
    assert of_age(kim) == datetime(2027, 1, 1, 10, tzinfo=UTC)


def test_what_needs_nobody_else_is_not_proposed(kim):
    with pytest.raises(RegistrationRefused, match="needs nobody else"):
        waits_for(kim, AT_19)


@pytest.mark.parametrize(
    ("home", "why"),
    [
        (Home("Mars/Crater", "DE"), "no time zone"),
        (Home("UTC", "Atlantis"), "no place that is known"),
        (AT_18, "at home there already"),
    ],
)
def test_a_home_that_cannot_be_is_refused_whole(ada, home, why):
    before = (LedgerEvent.objects.count(), fence.position())
    with pytest.raises(RegistrationRefused, match=why):
        move(ada, home)
    assert (LedgerEvent.objects.count(), fence.position()) == before
    move(ada, Home("UTC", ""))  # to say no region is allowed


def test_the_dead_and_the_erased_move_no_more(ada, kim):
    participants.record_death(ada, died_at=NOW, papers="D-1", by="one", second="two", at=NOW)
    with pytest.raises(RegistrationRefused, match="changes no more"):
        move(ada, AT_19)
    move(kim, AT_21)
    waits_for(kim, AT_18)
    erasure.erase(kim, also=dict, gone_from_backups=NOW, by="x", at=NOW)
    assert not HomeChange.objects.exists()
    with pytest.raises(RegistrationRefused, match="changes no more"):
        move(kim, AT_19)


# --- who is of age stays so ---


def test_who_came_of_age_is_made_no_minor_again():
    grown = born(date(2008, 1, 1))  # 18 and five months
    with pytest.raises(RegistrationRefused, match="of age and stays so"):
        move(grown, AT_19)
    assert participants.of_age_at(grown, Policy.default()) < NOW


def test_nothing_that_a_guardian_allowed_begins_again_when_she_moves():
    """At 19 and a few days the grace that ended at 18 would run once more."""
    grown = born(date(2007, 5, 20))
    assert authority.grace_end(of_age(grown) + YEAR, "CLINICAL", Policy.default()) > NOW
    with pytest.raises(RegistrationRefused, match="of age and stays so"):
        move(grown, AT_19)


def test_what_she_said_as_an_adult_goes_on_where_she_moves(ada):
    forms.publish_shipped(by="x", at=EARLIER)
    young = born(date(2007, 1, 1))
    said = of_age(young) + 30 * DAY
    wording = records.Wording(permissions=[Permission("GRU")])
    form = forms.current("F-ADULT")
    for person in (young, ada):
        holdings.add(person, uuid.uuid4(), by="x", at=said)
        participants.verify_identity(person, by="x", at=said)
        at = max(said, EARLIER + DAY) if person is ada else said
        records.give(
            person, "RESEARCH", form=form, by="self", at=at, wording=wording, sign_in=SignIn("totp", at)
        )
    later = NOW + 300 * DAY  # long over twenty
    with pytest.raises(RegistrationRefused, match="when she chose"):
        move(young, AT_21, at=later)
    move(ada, AT_21, at=later)  # what she said was said long after she was of age anywhere
    found = eligibility.eligible(research("R.GRU"), policy=Policy.default(), at=later).people.tolist()
    assert ada.ordinal in found


def test_an_adult_moves_west_though_her_birthday_began_later_there(ada):
    move(ada, Home("Pacific/Honolulu", "DE"))
    assert homes.of(ada).zone == "Pacific/Honolulu"


def test_a_guardians_yes_ends_with_the_majority_that_moved(kim):
    """For everybody at once, one by one, and as the ledger remembers it."""
    forms.publish_shipped(by="x", at=EARLIER)
    participants.verify_identity(kim, by="x", at=EARLIER)
    holdings.add(kim, uuid.uuid4(), by="x", at=EARLIER)
    link = kin.claim("mother", kim, at=EARLIER)
    kin.verify(link, by="steward", at=EARLIER)
    mother = Authority(capacity=Capacity.GUARDIAN, verified=True)
    wording = records.Wording(permissions=[Permission("GRU")], authority=mother)
    form, proof = forms.current("F-GUARDIAN"), SignIn("totp", EARLIER)
    records.give(kim, "RESEARCH", form=form, by="mother", at=EARLIER, wording=wording, sign_in=proof)
    use, policy = research("R.GRU"), Policy.default()

    def matched(at) -> bool:
        found = eligibility.eligible(use, policy=policy, at=at).people.tolist() == [kim.ordinal]
        (one,) = eligibility.survey(use, policy=policy, at=at)
        assert one.permitted is found
        return found

    first = of_age(kim)
    assert matched(first - DAY)
    assert not matched(first)
    move(kim, AT_19)
    second = of_age(kim)
    assert matched(first)
    assert not matched(second)
    homes.confirm(waits_for(kim, AT_18), papers="a lease", by="clerk", at=NOW)
    assert not matched(first)
