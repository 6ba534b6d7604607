"""She moves house: by her own sign-in, freshly shown; a clerk looks where majority would come earlier."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import handovers, homes, notices, people
from broker.errors import NotAllowed, Refused
from broker.models import HandoverCode, OwnRecord, User
from broker.roles import Role
from consent.homes import Home
from consent.models import HomeChange
from consent.policy import Policy
from consent.terms import SignIn
from tests.proofs import prove
from tests.world import EARLIER, NOW, World

pytestmark = [pytest.mark.server, pytest.mark.django_db]

PASSWORD = "correct horse battery"
LATE, EARLY = Home("UTC", "US-MS"), Home("UTC", "DE")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def kim(world: World) -> User:
    """Sixteen, and at home where one is of age at 21."""
    return people.sign_up("kim", PASSWORD, born_on=date(2010, 1, 1), home_region="US-MS", at=EARLIER)


@pytest.fixture
def clerk(world: World) -> User:
    return world.staff.clerk


def move(user: User, home: Home, *, method: str = "totp", ago: timedelta = timedelta(), at=NOW) -> bool:
    return homes.change(user, home, sign_in=SignIn(method, at - ago), policy=Policy.default(), at=at)


def home_of(user: User) -> str:
    return OwnRecord.objects.get(user=user).participant.home_region


def told(user: User) -> list[str]:
    return [one.notice.kind for one in notices.inbox(user)]


def test_she_moves_with_a_fresh_proof_and_is_told(kim):
    assert move(kim, Home("America/New_York", "US-MS"))
    assert told(kim) == ["home_changed"]


@pytest.mark.parametrize(("method", "ago"), [("password", timedelta()), ("totp", timedelta(days=1))])
def test_without_one_nothing_changes(kim, method, ago):
    with pytest.raises(Refused, match="Nothing was changed"):
        move(kim, EARLY, method=method, ago=ago)
    assert not HomeChange.objects.exists()
    with pytest.raises(Refused):
        homes.change(kim, EARLY, sign_in=None, policy=Policy.default(), at=NOW)


def test_an_earlier_majority_waits_for_a_clerk(world, kim, clerk):
    assert not move(kim, EARLY)
    assert (home_of(kim), told(kim)) == ("US-MS", ["home_waits"])
    (change,) = homes.waiting(clerk)
    for other in (kim, world.staff.steward):
        assert not homes.waiting(other).exists()
        with pytest.raises(NotAllowed):
            homes.confirm(change, papers="a lease", by=other, at=NOW)
    homes.confirm(change, papers="a lease", by=clerk, at=NOW + timedelta(hours=1))
    assert (home_of(kim), told(kim)[0]) == ("DE", "home_changed")


def test_a_clerk_who_acts_for_her_does_not_look(world, clerk):
    people.sign_up("own", PASSWORD, born_on=date(1980, 1, 1), at=EARLIER)
    people.admit(clerk, Role.PARTICIPANT, at=EARLIER)
    child = people.add_child(clerk, born_on=date(2010, 1, 1), home_region="US-MS", at=EARLIER)
    people.verify_guardian(child.kin_links.get(), by=world.staff.steward, at=EARLIER)
    code = handovers.invite(child, by=world.staff.steward, at=EARLIER)
    own = handovers.accept(code, "kid", PASSWORD, born_on=date(2010, 1, 1), at=EARLIER)
    HandoverCode.objects.update(seen_by="user:steward")
    assert not move(own, EARLY)
    with pytest.raises(NotAllowed, match="does not act for her"):
        homes.confirm(homes.waiting(clerk).get(), papers="a lease", by=clerk, at=NOW)


def test_a_login_that_a_guardians_code_opened_moves_nothing_before_it_was_seen(world):
    gita = people.sign_up("gita", PASSWORD, born_on=date(1980, 1, 1), at=EARLIER)
    child = people.add_child(gita, born_on=date(2010, 1, 1), at=EARLIER)
    people.verify_guardian(child.kin_links.get(), by=world.staff.steward, at=EARLIER)
    own = handovers.accept(
        handovers.invite(child, by=gita, at=EARLIER), "kid", PASSWORD, born_on=date(2010, 1, 1), at=EARLIER
    )
    with pytest.raises(NotAllowed, match="A steward has to see first"):
        move(own, LATE)
    handovers.confirm(HandoverCode.objects.get(), by=world.staff.steward, at=NOW)
    assert move(own, LATE)


# --- the pages ---


def client_of(user: User, *, proved: bool = True) -> Client:
    client = Client()
    client.force_login(user)
    if proved:
        prove(client)
    return client


SAID = {"zone": "UTC", "region": "DE"}
HERE = reverse("participant:move")


def test_her_page_asks_for_a_proof_and_says_what_waits(kim, clerk):
    assert HERE in client_of(kim).get(reverse("participant:home")).content.decode()
    stranger = client_of(kim, proved=False)
    assert "you decide alone from 1 January 2031" in stranger.get(HERE).content.decode()
    assert "confirm" in stranger.post(HERE, SAID)["Location"]
    assert not HomeChange.objects.exists()
    page = client_of(kim).post(HERE, SAID, follow=True).content.decode()
    assert "A change waits" in page
    hers = client_of(clerk)
    change = HomeChange.objects.get()
    at_desk = reverse("clerk:home", args=[change.pk])
    assert at_desk in hers.get(reverse("clerk:inbox")).content.decode()
    assert "Germany" in hers.get(at_desk).content.decode()
    assert hers.post(at_desk, {"outcome": "seen", "what": ""}).status_code == 422
    hers.post(at_desk, {"outcome": "not_shown", "what": "nothing came"})
    assert (home_of(kim), told(kim)[0]) == ("US-MS", "home_refused")
    client_of(kim).post(HERE, SAID)
    again = reverse("clerk:home", args=[HomeChange.objects.get().pk])
    assert hers.post(again, {"outcome": "seen", "what": "a lease"}).status_code == 302
    assert home_of(kim) == "DE"
    assert "you decide alone from 1 January 2028" in client_of(kim).get(HERE).content.decode()


def test_a_home_that_cannot_be_is_told_in_the_form(kim):
    client = client_of(kim)
    assert client.post(HERE, {"zone": "Nowhere", "region": "DE"}).status_code == 422
    same = client.post(HERE, {"zone": "UTC", "region": "US-MS"})
    assert (same.status_code, "at home there already" in same.content.decode()) == (422, True)


def test_an_adult_reads_that_she_stays_of_age(world):
    ada = people.sign_up("ada", PASSWORD, born_on=date(1980, 1, 1), at=timezone.now() - timedelta(days=9))
    client = client_of(ada)
    assert "You are of age and stay so" in client.get(HERE).content.decode()
    assert client.post(HERE, {"zone": "Asia/Tokyo", "region": "JP"}).status_code == 302
    assert home_of(ada) == "JP"
