"""A new e-mail address: confirmed by its owner alone, by a button, in time; until then nobody is cut off."""

import re
from datetime import timedelta

import pytest
from django.core import mail, signing
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import addresses, notices, people, postman
from broker.demo.staff import PASSWORD
from broker.errors import Refused
from broker.models import Channel, User
from consent.models import LedgerEvent
from tests.proofs import prove
from tests.world import NOW, World

pytestmark = [pytest.mark.server, pytest.mark.django_db]
EMAIL = Channel.Kind.EMAIL
WRONG = "Nothing was changed"


def sign_up(name: str) -> User:
    return people.sign_up(name, PASSWORD, born_on=NOW.date().replace(year=1980), at=NOW - timedelta(days=9))


@pytest.fixture
def eve() -> User:
    World()
    return sign_up("eve")


def added(user: User, address: str, *, confirmed: bool = False, at=NOW) -> Channel:
    channel = notices.add_channel(user, EMAIL, address, at=at)
    return addresses.confirm(user, addresses.token(channel, at=at), at=at) if confirmed else channel


def test_an_address_is_confirmed_once_and_it_is_told_and_in_the_ledger(eve):
    channel = added(eve, "eve@example.org")
    assert channel.waits
    token, later = addresses.token(channel, at=NOW), NOW + timedelta(hours=1)
    assert addresses.confirm(eve, token, at=later).confirmed_at == later
    assert LedgerEvent.objects.filter(kind="broker:channel:confirmed").count() == 1
    assert notices.inbox(eve).first().notice.fields == {"change": "confirmed"}
    with pytest.raises(Refused, match="not good any more"):
        addresses.confirm(eve, token, at=later)
    assert LedgerEvent.objects.filter(kind="broker:channel:confirmed").count() == 1


@pytest.mark.parametrize(
    ("later", "good"),
    [
        (timedelta(), True),
        (addresses.GOOD_FOR - timedelta.resolution, True),
        (addresses.GOOD_FOR, False),
        (-timedelta.resolution, False),
    ],
)
def test_a_link_lasts_three_days(eve, later, good):
    channel = added(eve, "eve@example.org")
    token = addresses.token(channel, at=NOW)
    if good:
        assert addresses.confirm(eve, token, at=NOW + later)
        return
    with pytest.raises(Refused, match=WRONG):
        addresses.confirm(eve, token, at=NOW + later)
    channel.refresh_from_db()
    assert channel.waits


def test_a_link_is_good_for_its_owner_and_its_address_alone(eve):
    channel, tom = added(eve, "eve@example.org"), sign_up("tom")
    token = addresses.token(channel, at=NOW)
    with pytest.raises(Refused, match="sent to somebody else"):
        addresses.confirm(tom, token, at=NOW)
    Channel.objects.filter(pk=channel.pk).update(address="thief@example.org")
    with pytest.raises(Refused, match=WRONG):
        addresses.confirm(eve, token, at=NOW)


def test_a_link_to_an_address_that_was_removed_does_nothing(eve):
    channel = added(eve, "eve@example.org")
    token = addresses.token(channel, at=NOW)
    notices.end_channel(channel, at=NOW)
    with pytest.raises(Refused, match=WRONG):
        addresses.confirm(eve, token, at=NOW)


def test_a_link_that_was_bent_or_made_for_something_else_does_nothing(eve):
    channel = added(eve, "eve@example.org")
    token = addresses.token(channel, at=NOW)
    said = [str(channel.pk), str(eve.public_id), "x", NOW.isoformat()]
    for wrong in (
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        token[1:],
        "",
        signing.Signer(salt="another purpose").sign_object(said),
        signing.Signer(salt=addresses._PURPOSE).sign_object(["x"]),
        signing.Signer(salt=addresses._PURPOSE).sign_object(said),
    ):
        with pytest.raises(Refused, match=WRONG):
            addresses.confirm(eve, wrong, at=NOW)
    channel.refresh_from_db()
    assert channel.waits


def test_until_it_is_confirmed_what_comes_goes_to_the_old_address_too(eve):
    old, new = added(eve, "old@example.org", confirmed=True), added(eve, "new@example.org")
    with pytest.raises(Refused, match="not confirmed yet"):
        notices.end_channel(old, at=NOW)
    mail.outbox.clear()
    notices.tell([eve], "factor_changed", at=NOW)
    for delivery in postman.due(at=NOW):
        postman.deliver(delivery, at=NOW)
    assert {"old@example.org", "new@example.org"} <= {one.to[0] for one in mail.outbox}
    addresses.confirm(eve, addresses.token(new, at=NOW), at=NOW)
    notices.end_channel(old, at=NOW)
    assert [one.address for one in notices.ways(eve)] == ["new@example.org"]


def test_an_address_that_was_a_slip_can_be_removed_and_the_old_one_then(eve):
    old, slip = added(eve, "old@example.org", confirmed=True), added(eve, "slip@example.org")
    notices.end_channel(slip, at=NOW)
    notices.end_channel(old, at=NOW)
    assert not notices.ways(eve).exists()


# --- the pages ---


@pytest.fixture
def her(eve) -> Client:
    client = Client()
    client.force_login(eve)
    prove(client)
    return client


@pytest.fixture
def link(her, django_capture_on_commit_callbacks) -> str:
    with django_capture_on_commit_callbacks(execute=True):
        her.post(reverse("notices:channels"), {"kind": "email", "address": "eve@example.org"})
    (found,) = (found for one in mail.outbox for found in re.findall(r"http\S+", one.body))
    return found


def waits(user: User) -> bool:
    return notices.ways(user).get().waits


def test_looking_at_the_link_changes_nothing_and_the_button_confirms(eve, her, link):
    assert "Not confirmed yet" in her.get(reverse("notices:channels")).content.decode()
    for _ in range(2):
        page = her.get(link)
        assert page.status_code == 200
        assert "eve@example.org" in page.content.decode()
    her.head(link)
    assert waits(eve)
    assert "This address is confirmed" in her.post(link, follow=True).content.decode()
    assert not waits(eve)
    assert her.get(link).status_code == 410


def test_who_is_not_signed_in_as_her_confirms_nothing(eve, link):
    assert Client().post(link).status_code == 302  # to the sign-in
    tom = Client()
    tom.force_login(sign_up("tom"))
    answer = tom.post(link)
    assert answer.status_code == 410
    assert "sent to somebody else" in answer.content.decode()
    assert "eve@example.org" not in answer.content.decode()
    assert waits(eve)


def test_a_second_link_is_sent_when_she_asks(eve, her, link, django_capture_on_commit_callbacks):
    mail.outbox.clear()
    channel = notices.ways(eve).get()
    with django_capture_on_commit_callbacks(execute=True):
        her.post(reverse("notices:send_link", args=[channel.pk]))
    assert mail.outbox[0].to == ["eve@example.org"]
    addresses.confirm(eve, addresses.token(channel, at=timezone.now()), at=timezone.now())
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        her.post(reverse("notices:send_link", args=[channel.pk]))
    assert mail.outbox == []


def test_a_mail_server_that_is_away_changes_nothing_else(
    eve, her, monkeypatch, django_capture_on_commit_callbacks
):
    def away(*_args, **_more):
        raise OSError("away")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", away)
    with django_capture_on_commit_callbacks(execute=True):
        answer = her.post(reverse("notices:channels"), {"kind": "email", "address": "eve@example.org"})
    assert answer.status_code == 302
    assert waits(eve)
