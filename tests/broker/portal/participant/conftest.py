"""Whom these tests begin with."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from broker import people
from broker.demo.staff import PASSWORD
from broker.models import User
from tests.broker.portal.participant.pages import FILE
from tests.proofs import prove
from tests.remembering import receive
from tests.world import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def eve(world: World) -> User:
    """Signed up a year ago, verified, with one file; she has not said a word."""
    before = timezone.now() - timedelta(days=365)
    user = people.sign_up("eve", PASSWORD, born_on=date(1980, 1, 1), at=before)
    people.verify_identity(user.own_record.participant, by=world.staff.steward, at=before)
    receive(user.own_record.participant, FILE, by=user.reference, at=before)
    return user


@pytest.fixture
def her(eve: User) -> Client:
    client = Client()
    client.force_login(eve)
    prove(client)
    return client
