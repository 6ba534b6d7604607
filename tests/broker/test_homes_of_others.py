"""Somebody one acts for moves house: a clerk looks whichever way it moves, and everybody is told."""

from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import handovers, homes, kinship, notices, people
from broker.errors import NotAllowed, Refused
from broker.models import HandoverCode, OwnRecord, User
from broker.roles import Role
from consent import kin, participants
from consent.errors import KinRefused
from consent.homes import Home
from consent.models import HomeChange, KinLink, LedgerEvent, Participant
from consent.models.kin import Kind
from consent.policy import Policy
from consent.terms import SignIn
from tests.proofs import prove
from tests.world import EARLIER, NOW, World

pytestmark = [pytest.mark.server, pytest.mark.django_db]

PASSWORD = "correct horse battery"
BORN = date(2010, 1, 1)
LATE, EARLY = Home("UTC", "US-MS"), Home("UTC", "DE")
SAID = {"zone": "UTC", "region": "US-MS"}


@pytest.fixture
def world() -> World:
    return World()


def sign_up(name: str) -> User:
    return people.sign_up(name, PASSWORD, born_on=date(1980, 1, 1), at=EARLIER)


@pytest.fixture
def gita(world: World) -> User:
    return sign_up("gita")


@pytest.fixture
def claimed(gita: User) -> Participant:
    return people.add_child(gita, born_on=BORN, home_region="US-NE", at=EARLIER)


@pytest.fixture
def child(world: World, claimed: Participant) -> Participant:
    people.verify_guardian(claimed.kin_links.get(), by=world.staff.steward, at=EARLIER)
    return claimed


@pytest.fixture
def father(world: World, child: Participant) -> User:
    """A second guardian, verified as the first."""
    user = sign_up("father")
    link = kinship.claim_child(user, child.pseudonym, born_on=BORN, at=EARLIER)
    kinship.verify(link, by=world.staff.steward, at=EARLIER)
    return user


@pytest.fixture
def own(world: World, gita: User, child: Participant) -> User:
    """The young person's own sign-in, which a steward has seen."""
    code = handovers.invite(child, by=gita, at=EARLIER)
    user = handovers.accept(code, "kid", PASSWORD, born_on=BORN, at=EARLIER)
    handovers.confirm(HandoverCode.objects.get(), by=world.staff.steward, at=EARLIER)
    return user


def say(
    user: User, child: Participant, home: Home, *, method: str = "totp", at: datetime = NOW
) -> HomeChange:
    policy = Policy.default()
    return homes.say(user, child.pseudonym, home, sign_in=SignIn(method, at), policy=policy, at=at)


def of_age(child: Participant) -> datetime:
    child.refresh_from_db()
    return participants.of_age_at(child, Policy.default())


def told(user: User) -> list[str]:
    return [one.notice.kind for one in notices.inbox(user)]


@pytest.mark.parametrize("home", [EARLY, LATE], ids=["earlier", "later"])
def test_whichever_way_it_moves_a_clerk_sees_it_and_all_are_told(world, gita, father, own, child, home):
    before = of_age(child)
    change = say(gita, child, home)
    everybody = (gita, father, own)
    assert [told(one)[0] for one in everybody] == ["home_said"] * 3
    assert of_age(child) == before
    clerk = world.staff.clerk
    assert list(homes.waiting(clerk)) == [change]
    for other in (gita, father, own, world.staff.steward):
        assert not homes.waiting(other).exists()
        with pytest.raises(NotAllowed):
            homes.confirm(change, papers="a lease", by=other, at=NOW)
    assert of_age(child) == before
    homes.confirm(change, papers="a lease", by=clerk, at=NOW + timedelta(hours=1))
    assert (of_age(child) < before) is (home == EARLY)
    assert [told(one)[0] for one in everybody] == ["home_changed"] * 3


def test_a_clerks_no_is_told_to_all_and_moves_nothing(world, gita, father, child):
    before = of_age(child)
    homes.refuse(
        say(gita, child, LATE), why="no paper came", by=world.staff.clerk, at=NOW + timedelta(hours=1)
    )
    assert (told(gita)[0], told(father)[0], of_age(child)) == ("home_refused", "home_refused", before)


def test_the_same_word_again_is_one_word_and_tells_nobody_twice(gita, father, child):
    first = say(gita, child, LATE)
    lines = LedgerEvent.objects.count()
    assert say(gita, child, LATE, at=NOW + timedelta(minutes=1)) == first
    assert (told(father).count("home_said"), LedgerEvent.objects.count()) == (1, lines)
    assert say(father, child, LATE, at=NOW + timedelta(minutes=1)) != first  # another's is her own
    assert say(gita, child, EARLY, at=NOW + timedelta(minutes=2)) != first
    assert told(father).count("home_said") == 3


def test_without_a_fresh_proof_nothing_is_said(gita, child):
    with pytest.raises(Refused, match="Nothing was changed"):
        say(gita, child, EARLY, method="password")
    with pytest.raises(Refused):
        homes.say(gita, child.pseudonym, EARLY, sign_in=None, policy=Policy.default(), at=NOW)
    assert not HomeChange.objects.exists()


def test_who_is_not_verified_or_acts_no_more_says_nothing(world, gita, claimed):
    with pytest.raises(KinRefused, match="verified to act for her"):
        say(gita, claimed, LATE)
    people.verify_guardian(claimed.kin_links.get(), by=world.staff.steward, at=EARLIER)
    with pytest.raises(NotAllowed, match="You do not act for this person"):
        say(gita, claimed, LATE, at=of_age(claimed))
    with pytest.raises(NotAllowed):
        say(sign_up("stranger"), claimed, LATE)
    assert not HomeChange.objects.exists()


def test_a_clerk_who_has_asked_to_act_for_her_does_not_look(world, gita, child):
    clerk = world.staff.clerk
    people.admit(clerk, Role.PARTICIPANT, at=EARLIER)
    kinship.claim_child(clerk, child.pseudonym, born_on=BORN, at=EARLIER)  # nobody has seen her papers
    with pytest.raises(NotAllowed, match="does not act for her"):
        homes.confirm(say(gita, child, LATE), papers="a lease", by=clerk, at=NOW)


# --- the pages ---


def client_of(user: User, *, proved: bool = True) -> Client:
    client = Client()
    client.force_login(user)
    if proved:
        prove(client)
    return client


def read(client: Client, url: str) -> str:
    return client.get(url).content.decode()


def test_the_pages_from_the_guardians_word_to_the_clerks_yes(world, gita, father, own, child):
    here = reverse("guardian:move", args=[child.pseudonym])
    hers = client_of(gita)
    assert here in read(hers, reverse("guardian:people"))
    assert here in read(hers, reverse("guardian:growing_up", args=[child.pseudonym]))
    assert "Nothing waits" in read(hers, here)
    assert "confirm" in client_of(gita, proved=False).post(here, SAID)["Location"]
    assert not HomeChange.objects.exists()
    assert hers.post(here, {"zone": "Nowhere", "region": "DE"}).status_code == 422
    same = hers.post(here, {"zone": "UTC", "region": "US-NE"})
    assert (same.status_code, "at home there already" in same.content.decode()) == (422, True)
    page = hers.post(here, SAID, follow=True).content.decode()
    assert "Nothing has moved yet" in page
    assert "Mississippi" in page
    assert "As you said. The child would choose alone from 1 January 2031." in page
    assert "As another guardian says." in read(client_of(father), here)
    assert "Somebody who acts for you says" in read(client_of(own), reverse("participant:move"))
    desk, change = client_of(world.staff.clerk), HomeChange.objects.get()
    at_desk = reverse("clerk:home", args=[change.pk])
    assert at_desk in read(desk, reverse("clerk:inbox"))
    seen = read(desk, at_desk)
    for word in ("A guardian of hers", "Nebraska", "Mississippi", "1 January 2029", "1 January 2031"):
        assert word in seen
    assert desk.post(at_desk, {"outcome": "seen", "what": "a lease"}).status_code == 302
    assert of_age(child).date() == date(2031, 1, 1)
    assert "1 January 2031" in read(hers, here)


def test_what_waited_when_her_power_ended_is_told_to_the_clerk(world, gita, child):
    change = say(gita, child, LATE)
    kin.end(KinLink.objects.get(), by="steward", at=NOW)
    desk, at_desk = client_of(world.staff.clerk), reverse("clerk:home", args=[change.pk])
    answer = desk.post(at_desk, {"outcome": "seen", "what": "a lease"})
    assert (answer.status_code, "only until that ends" in answer.content.decode()) == (422, True)
    assert desk.post(at_desk, {"outcome": "not_shown", "what": "she acts no more"}).status_code == 302
    assert not HomeChange.objects.exists()


def test_before_her_papers_were_seen_the_page_has_no_form_and_the_door_refuses(gita, claimed):
    here, hers = reverse("guardian:move", args=[claimed.pseudonym]), client_of(gita)
    page = read(hers, here)
    assert "Your papers come first" in page
    assert 'name="region"' not in page
    answer = hers.post(here, SAID)
    assert (answer.status_code, "verified to act for her" in answer.content.decode()) == (422, True)


def test_a_stranger_and_the_next_of_kin_find_no_page(world, gita, child):
    assert (
        client_of(sign_up("stranger")).get(reverse("guardian:move", args=[child.pseudonym])).status_code
        == 403
    )
    nadia = sign_up("nadia")
    dead = OwnRecord.objects.get(user=nadia).participant
    participants.record_death(dead, died_at=EARLIER, papers="D-1", by="one", second="two", at=EARLIER)
    link = kinship.claim_next_of_kin(
        gita, dead.pseudonym, died_on=EARLIER.date(), kind=Kind.SIBLING, papers="D-1", at=EARLIER
    )
    kinship.verify(link, by=world.staff.steward, at=EARLIER)
    assert client_of(gita).get(reverse("guardian:move", args=[dead.pseudonym])).status_code == 404


def test_a_proxy_says_it_of_an_adult(world, gita):
    ada = sign_up("ada")
    person = OwnRecord.objects.get(user=ada).participant
    link = kinship.claim_proxy(
        gita,
        person.pseudonym,
        born_on=person.born_on,
        kind=Kind.COURT,
        papers="P-1",
        until=(timezone.now() + timedelta(days=300)).date(),
        at=timezone.now(),
    )
    for steward in (world.staff.steward, world.staff.second_steward):
        link = kinship.verify(link, by=steward, at=timezone.now())
    here = reverse("guardian:move", args=[person.pseudonym])
    assert client_of(gita).post(here, {"zone": "Asia/Tokyo", "region": "JP"}).status_code == 302
    assert told(ada)[0] == "home_said"
    desk, change = client_of(world.staff.clerk), HomeChange.objects.get()
    at_desk = reverse("clerk:home", args=[change.pk])
    assert "Chooses alone" not in read(desk, at_desk)  # she is of age, here and there
    desk.post(at_desk, {"outcome": "seen", "what": "a lease"})
    person.refresh_from_db()
    assert person.home_region == "JP"
