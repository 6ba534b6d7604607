"""The way in: a password, and for who has a second step a code; or a passkey alone."""

import json
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import people
from broker.factors import passkeys, recovery
from broker.models import Guess, User
from tests import factors
from tests.factors import Device
from tests.world import NOW

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
SITE = passkeys.Site(name="x", host="testserver", origin="http://testserver")


@pytest.fixture(autouse=True)
def clock(monkeypatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def eve() -> User:
    return people.sign_up("eve", PASSWORD, born_on=date(1980, 1, 1), at=NOW - timedelta(days=9))


@pytest.fixture
def app(eve: User) -> str:
    return factors.enrol(eve, at=NOW - timedelta(days=8))


@pytest.fixture
def door() -> Client:
    return Client()


def try_password(door: Client, password: str = PASSWORD, name: str = "eve", **more):
    return door.post(reverse("sign_in"), {"username": name, "password": password, **more})


def is_in(door: Client) -> bool:
    return "_auth_user_id" in door.session


def test_without_a_second_step_the_password_signs_in(door, eve):
    answer = try_password(door, next="/participant/files/")
    assert answer["Location"] == "/participant/files/"
    assert is_in(door)


def test_with_a_second_step_the_password_alone_does_not(door, eve, app):
    answer = try_password(door)
    assert answer["Location"] == reverse("second_step")
    assert not is_in(door)
    assert door.get(reverse("home")).status_code == 302
    assert door.get(reverse("factors:factors"))["Location"].startswith(reverse("sign_in"))


def test_the_code_completes_it_in_a_session_under_a_new_key(door, eve, app):
    try_password(door, next="/participant/files/")
    before = door.session.session_key
    answer = door.post(reverse("second_step"), {"how": "code", "code": factors.code(eve, at=NOW)})
    assert answer["Location"] == "/participant/files/"
    assert is_in(door)
    assert door.session.session_key != before
    assert "half_signed_in" not in door.session
    assert door.session["fresh_strong"] == {"method": "totp", "at": NOW.isoformat()}


def test_a_code_without_the_password_is_nothing(door, eve, app):
    answer = door.post(reverse("second_step"), {"how": "code", "code": factors.code(eve, at=NOW)})
    assert answer["Location"] == reverse("sign_in")
    assert not is_in(door)


def test_a_wrong_code_is_said_and_guessing_ends(door, eve, app):
    try_password(door)
    for _ in range(5):
        answer = door.post(reverse("second_step"), {"how": "code", "code": "abcdef"})
        assert answer.status_code == 422
    answer = door.post(reverse("second_step"), {"how": "code", "code": factors.code(eve, at=NOW)})
    assert "Too many wrong tries" in answer.content.decode()
    assert not is_in(door)


def test_half_a_sign_in_lasts_ten_minutes_and_ends_with_the_password(door, eve, app, monkeypatch):
    try_password(door)
    eve.set_password("another horse battery")
    eve.save()
    assert door.get(reverse("second_step"))["Location"] == reverse("sign_in")
    try_password(door, "another horse battery")
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(minutes=11))
    assert door.get(reverse("second_step"))["Location"] == reverse("sign_in")


def test_a_recovery_code_signs_in_and_is_no_strong_confirmation(door, eve, app):
    (code, *_) = recovery.make(eve, at=NOW)
    try_password(door)
    answer = door.post(reverse("second_step"), {"how": "recovery", "recovery": code}, follow=True)
    assert "Codes left: 9." in answer.content.decode()
    assert is_in(door)
    assert "fresh_strong" not in door.session


def test_passwords_are_guessed_ten_times_in_a_quarter_of_an_hour(door, eve):
    for _ in range(10):
        assert "Please enter a correct" in try_password(door, "wrong").content.decode()
    answer = try_password(door)
    assert answer.status_code == 429
    assert "Too many wrong tries" in answer.content.decode()
    assert not is_in(door)
    assert not Guess.objects.filter(what__contains="eve").exists()


def test_who_knows_her_password_starts_anew(door, eve):
    try_password(door, "wrong")
    try_password(door)
    assert not Guess.objects.exists()


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_the_way_in_leads_nowhere_else(door, eve, elsewhere):
    assert try_password(door, next=elsewhere)["Location"] == reverse("home")


def test_a_passkey_alone_signs_in(door, eve):
    device = Device()
    options, state = passkeys.invite(eve, SITE)
    passkeys.enrol(eve, "phone", device.make(options, SITE), state, SITE, proven=False, at=NOW)
    page = door.get(reverse("sign_in_passkey"))
    answer = device.answer(json.loads(page.context["options"]), SITE)
    before = door.session.session_key
    got = door.post(reverse("sign_in_passkey"), {"answer": answer})
    assert got["Location"] == reverse("home")
    assert is_in(door)
    assert door.session.session_key != before
    assert door.session["fresh_strong"]["method"] == "passkey"

    second = Client()
    second.cookies["sessionid"] = before
    assert second.post(reverse("sign_in_passkey"), {"answer": answer}).status_code == 422
    assert not is_in(second), "an answer is good for one sign-in"


def test_a_passkeys_answer_without_a_challenge_of_ours_is_refused(door, eve):
    answer = door.post(reverse("sign_in_passkey"), {"answer": "{}"})
    assert answer.status_code == 422
    assert "took too long" in answer.content.decode()


def test_signing_out_forgets_what_was_proved(door, eve, app):
    door.force_login(eve)
    factors.confirm(door, at=NOW)
    door.post(reverse("sign_out"))
    assert "fresh_strong" not in door.session


def test_an_answer_is_good_for_one_confirmation(door, eve):
    """Of a passkey that never counts, so that the challenge alone stands in the way."""
    device = Device(counts=False)
    options, state = passkeys.invite(eve, SITE)
    passkeys.enrol(eve, "phone", device.make(options, SITE), state, SITE, proven=False, at=NOW)
    door.force_login(eve)
    page = door.get(reverse("confirm"))
    said = {"how": "passkey", "answer": device.answer(json.loads(page.context["options"]), SITE)}
    assert door.post(reverse("confirm"), said).status_code == 302
    answer = door.post(reverse("confirm"), said)
    assert answer.status_code == 422
    assert "took too long" in answer.content.decode()
