"""The stewards' door for identical twins: two write a pair down, and two part one."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from broker.models import User
from consent import twins
from consent.models import LedgerEvent, TwinLink
from tests.world import EARLIER, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    world = World()
    for name in ("Ada", "Noor"):
        world.join(name)
    return world


@pytest.fixture
def pair(world: World) -> TwinLink:
    return twins.register(world.people["Ada"], world.people["Noor"], by="one", second="two", at=EARLIER)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def sten(world: World) -> Client:
    return signed_in(world.staff.steward)


@pytest.fixture
def stella(world: World) -> Client:
    return signed_in(world.staff.second_steward)


def shown(client: Client, **query: Any) -> str:
    return client.get(reverse("steward:kin"), query).content.decode()


def sent(client: Client, pair: TwinLink, action: str, **said: Any) -> str:
    answer = client.post(reverse("steward:settle_twins", args=[pair.pk]), {"action": action, **said})
    assert answer.status_code == 302
    return client.get(answer["Location"]).content.decode()


def stands(pair: TwinLink) -> bool:
    return TwinLink.objects.standing().filter(pk=pair.pk).exists()


def test_one_steward_says_it_and_another_parts_them(sten: Client, stella: Client, pair: TwinLink):
    card = shown(sten, pseudonym=pair.first.pseudonym)
    assert "What shows that they are no twins" in card
    page = sent(sten, pair, "doubt", why="Their DNA differs", seen="yes")
    assert "You said so. Another steward confirms it." in page
    assert 'value="part"' not in page
    assert "takes two" in sent(sten, pair, "part", seen="yes")
    assert stands(pair)
    page = shown(stella)
    assert "Their DNA differs" in page
    assert 'value="part"' in page
    sent(stella, pair, "part", seen="yes")
    assert not stands(pair)
    assert LedgerEvent.objects.filter(kind="consent:twins:dissolved").count() == 2
    assert "Their DNA differs" not in shown(stella)


def test_without_the_papers_or_a_reason_nothing_is_written(sten: Client, stella: Client, pair: TwinLink):
    assert "seen the papers" in sent(sten, pair, "doubt", why="Their DNA differs")
    assert "Say what shows" in sent(sten, pair, "doubt", why=" ", seen="yes")
    pair.refresh_from_db()
    assert pair.parting_by == ""
    sent(sten, pair, "doubt", why="Their DNA differs", seen="yes")
    sent(stella, pair, "part")
    assert stands(pair)


@pytest.mark.parametrize("who", ["sten", "stella"])
def test_no_is_one_press_of_either(sten: Client, stella: Client, pair: TwinLink, who: str):
    sent(sten, pair, "doubt", why="A rumour", seen="yes")
    sent(sten if who == "sten" else stella, pair, "keep")
    pair.refresh_from_db()
    assert (stands(pair), pair.parting_by) == (True, "")


def test_a_pair_is_confirmed_by_another(sten: Client, stella: Client, world: World):
    said = {"first": world.people["Ada"].pseudonym, "second": world.people["Noor"].pseudonym}
    sten.post(reverse("steward:twins"), said)
    pair = TwinLink.objects.get()
    assert "take two" in sent(sten, pair, "confirm", seen="yes")
    assert not stands(pair)
    sent(stella, pair, "confirm", seen="yes")
    assert stands(pair)


def test_what_no_form_sends_is_not_found(sten: Client, pair: TwinLink):
    for action in ("", "marry"):
        url = reverse("steward:settle_twins", args=[pair.pk])
        assert sten.post(url, {"action": action, "seen": "yes"}).status_code == 404
    assert stands(pair)


def test_it_is_the_stewards_door_alone(world: World, pair: TwinLink):
    url = reverse("steward:settle_twins", args=[pair.pk])
    said = {"action": "doubt", "why": "x", "seen": "yes"}
    assert signed_in(world.staff.researcher).post(url, said).status_code in (403, 404)
    pair.refresh_from_db()
    assert pair.parting_by == ""
