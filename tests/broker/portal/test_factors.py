"""The page "Your sign-in": seen by oneself alone, changed only after proving oneself."""

import json
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import people
from broker.demo import codes as demo_codes
from broker.factors import held, passkeys, recovery, seals, totp
from broker.models import User
from tests import factors
from tests.factors import Device
from tests.world import NOW

pytestmark = pytest.mark.django_db

PASSWORD = "x" * 12
SITE = passkeys.Site(name="x", host="testserver", origin="http://testserver")


@pytest.fixture(autouse=True)
def clock(monkeypatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def eve() -> User:
    return people.sign_up("eve", PASSWORD, born_on=date(1980, 1, 1), at=NOW - timedelta(days=9))


@pytest.fixture
def her(eve: User) -> Client:
    client = Client()
    client.force_login(eve)
    return client


def knows(client: Client) -> None:
    client.post(reverse("factors:password"), {"password": PASSWORD})


def test_the_first_factor_takes_the_password_of_just_now(eve, her, monkeypatch):
    assert her.get(reverse("factors:totp_new"))["Location"].startswith(reverse("factors:password"))
    assert her.post(reverse("factors:totp_new"), {"code": "1"}).status_code == 302
    knows(her)
    assert her.get(reverse("factors:totp_new")).status_code == 200
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(minutes=6))
    assert her.get(reverse("factors:totp_new")).status_code == 302


def test_guessing_the_password_here_ends_after_five(eve, her):
    for _ in range(5):
        her.post(reverse("factors:password"), {"password": "wrong"})
    answer = her.post(reverse("factors:password"), {"password": PASSWORD})
    assert "Too many wrong tries" in answer.content.decode()


def test_the_new_key_is_shown_as_picture_and_text_and_lies_sealed_in_the_session(eve, her):
    knows(her)
    page = her.get(reverse("factors:totp_new"))
    secret = page.context["secret"].replace(" ", "")
    assert "<svg" in page.content.decode()
    assert 'style="' not in page.content.decode()
    assert secret not in json.dumps(dict(her.session))
    assert her.get(reverse("factors:totp_new")).context["secret"].replace(" ", "") == secret
    place = f"new app/{eve.public_id}"
    assert seals.unseal(bytes.fromhex(her.session["new_app"]), place).decode() == secret
    assert her.post(reverse("factors:totp_new"), {"code": "abcdef"}).status_code == 422
    assert not held.of(eve)


def test_a_passkey_is_made_and_recovery_codes_come_with_the_first(eve, her):
    knows(her)
    device = Device()
    page = her.get(reverse("factors:passkey_new"))
    said = {"name": "My phone", "answer": device.make(json.loads(page.context["options"]), SITE)}
    answer = her.post(reverse("factors:passkey_new"), said)
    assert len(answer.context["codes"]) == 10
    page = her.get(reverse("factors:factors")).content.decode()
    assert "My phone" in page
    assert "10 codes are left" in page
    assert not held.of(eve).totp


@pytest.mark.parametrize("name", ["totp_new", "passkey_new"])
def test_adding_to_what_is_there_takes_a_confirmation(eve, her, name):
    factors.enrol(eve, at=NOW - timedelta(days=1))
    knows(her)
    answer = her.get(reverse(f"factors:{name}"))
    assert answer["Location"].startswith(reverse("confirm")), "the password is not enough any more"


def test_removing_takes_a_confirmation_and_then_is_done(eve, her):
    factors.enrol(eve, at=NOW - timedelta(days=1))
    place = her.post(reverse("factors:totp_remove"))["Location"]
    assert place.startswith(reverse("confirm"))
    assert held.of(eve)
    answer = her.post(place, {"how": "code", "code": factors.code(eve, at=NOW)})
    behind = her.get(answer["Location"])
    assert held.of(eve), "nothing is done before she goes on"
    her.post(behind.context["path"])
    assert not held.of(eve)


def test_a_confirmation_of_eleven_minutes_ago_does_not_do(eve, her):
    factors.enrol(eve, at=NOW - timedelta(days=1))
    factors.confirm(her, at=NOW - timedelta(minutes=11))
    assert her.post(reverse("factors:totp_remove"))["Location"].startswith(reverse("confirm"))
    assert held.of(eve)


def test_nobody_removes_anothers_passkey(eve, her):
    dan = people.sign_up("dan", PASSWORD, born_on=date(1980, 1, 1), at=NOW)
    options, state = passkeys.invite(dan, SITE)
    row = passkeys.enrol(dan, "his", Device().make(options, SITE), state, SITE, proven=False, at=NOW)
    factors.enrol(eve, at=NOW - timedelta(days=1))
    factors.confirm(her, at=NOW)
    assert her.post(reverse("factors:passkey_remove", args=[row.pk])).status_code == 404
    assert held.of(dan)


def test_whoever_came_by_a_recovery_code_waits_with_what_she_adds(eve, her):
    factors.enrol(eve, at=NOW - timedelta(days=1))
    (code, *_) = recovery.make(eve, at=NOW)
    place = her.post(reverse("factors:totp_remove"))["Location"]
    answer = her.post(place, {"how": "recovery", "recovery": code})
    her.post(her.get(answer["Location"]).context["path"])
    assert not held.of(eve)
    knows(her)
    secret = her.get(reverse("factors:totp_new")).context["secret"].replace(" ", "")
    answer = her.post(reverse("factors:totp_new"), {"code": totp.code_of(secret, totp.step_at(NOW))})
    assert "can say yes from" in answer.content.decode()
    assert "fresh_strong" not in her.session
    assert "Not yet for a yes" in her.get(reverse("confirm")).content.decode()


def test_new_recovery_codes_end_the_old_ones(eve, her):
    factors.enrol(eve, at=NOW - timedelta(days=1))
    (old, *_) = recovery.make(eve, at=NOW)
    factors.confirm(her, at=NOW)
    assert len(her.post(reverse("factors:codes")).context["codes"]) == 10
    with pytest.raises(recovery.WrongRecoveryCode):
        recovery.use(eve, old, at=NOW)


def test_codes_of_the_demo_are_codes(eve):
    demo_codes.enrol(eve, at=NOW)
    for _ in range(2):
        totp.check(eve, demo_codes.unsafe_code(eve, at=NOW), at=NOW)
