"""The way in with a second step, as people meet it: by passkey, by app, and without script."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from broker import people
from broker.factors import held, recovery
from broker.models import User
from tests import factors

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "correct horse battery"


@pytest.fixture
def eve() -> User:
    return people.sign_up("eve", PASSWORD, born_on=date(1980, 1, 1), at=timezone.now())


@pytest.fixture
def device() -> Callable[..., Any]:
    """device(page): a phone that keeps passkeys and knows its owner."""

    def put(page: Any) -> Any:
        chrome = page.context.new_cdp_session(page)
        chrome.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        added = chrome.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        return chrome, added["authenticatorId"]

    return put


def by_password(page: Any) -> None:
    page.goto("/sign-in/")
    page.get_by_label("Username").fill("eve")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()


def test_a_passkey_is_made_and_then_signs_in_alone(
    expect: Any, eve: User, page: Any, sound: Any, device: Any
) -> None:
    by_password(page)
    page.get_by_role("link", name="Your sign-in").click()
    sound("your-sign-in-empty")
    device(page)
    page.get_by_role("link", name="Make a passkey").click()
    sound("passkey-new")
    page.get_by_label("What do you call it?").fill("My phone")
    page.get_by_role("button", name="Make a passkey").click()
    page.get_by_role("heading", name="Keep these codes").wait_for()
    sound("recovery-codes")
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", name="Passkey: My phone")).to_be_visible()
    sound("your-sign-in")
    page.get_by_role("button", name="Sign out").click()

    page.goto("/sign-in/")
    sound("sign-in")
    page.get_by_role("link", name="Sign in with a passkey").click()
    page.wait_for_url("**/participant/")  # the device answers at once: there is nothing to type
    expect(page.get_by_role("button", name=re.compile("Sign out"))).to_be_visible()

    # And it confirms: removing it asks for it, and goes on where she was.
    page.goto(reverse("factors:factors"))
    session = page.context.cookies()
    assert session
    page.goto(f"{reverse('confirm')}?next=/participant/files/")
    sound("confirm-passkey")
    page.get_by_role("button", name="Use my passkey").click()
    page.wait_for_url("**/participant/files/")


def test_a_device_that_does_not_answer_is_told_and_another_way_is_near(
    expect: Any, eve: User, page: Any, sound: Any, device: Any
) -> None:
    chrome, authenticator = device(page)
    chrome.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    page.goto("/sign-in/passkey/")
    page.get_by_role("button", name="Use my passkey").click()
    page.get_by_text("The passkey did not answer.").wait_for()
    expect(page.get_by_text("knows no passkeys")).not_to_be_visible()
    sound("sign-in-passkey-silent")
    page.get_by_role("link", name="Use a password").click()
    expect(page).to_have_url(re.compile("/sign-in/$"))


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_an_app_is_enrolled_on_the_way_and_signs_in(
    expect: Any, eve: User, open_page: Any, sound: Any, script: bool
) -> None:
    page = open_page(script=script)
    by_password(page)
    page.goto(f"{reverse('confirm')}?next=/participant/choices/")
    look = (lambda name: sound(name, page)) if script else (lambda name: None)
    look("confirm-first")
    page.get_by_role("link", name="Use an app").click()
    look("totp-new")
    now = timezone.now()
    secret = page.locator(".secret").inner_text().replace(" ", "")
    page.get_by_label("Six-digit code").fill(factors.code_of(secret, at=now))
    page.get_by_role("button", name="Use this app").click()
    page.get_by_role("link", name="I have kept them").click()
    expect(page).to_have_url(re.compile("/participant/choices/$"))
    page.get_by_role("button", name=re.compile("Sign out")).click()

    by_password(page)
    look("second-step")
    page.get_by_label("Six-digit code").fill("000")
    page.get_by_role("button", name="Sign in", exact=True).click()
    look("second-step-wrong")
    page.get_by_label("Six-digit code").fill(factors.code(eve, at=timezone.now()))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile("/participant/$"))


def test_the_pages_between(eve: User, page: Any, sound: Any, sign_in: Any) -> None:
    """Confirming by app with a form that waits; a recovery code on the way; the password again."""
    sign_in(page, eve)
    page.goto(reverse("factors:totp_new"))
    sound("password-again")
    factors.enrol(eve, at=timezone.now())
    recovery.make(eve, at=timezone.now())
    page.goto(reverse("factors:factors"))
    page.get_by_role("button", name="Remove").click()
    page.get_by_text("I have neither any more").click()
    sound("confirm-app")
    page.get_by_label("Six-digit code").fill(factors.code(eve, at=timezone.now()))
    page.get_by_role("button", name="It is me").click()
    sound("go-on")
    assert held.of(eve)
    page.get_by_role("button", name="Go on").click()
    assert page.get_by_role("status").inner_text().startswith("The app no longer opens")
    assert not held.of(eve)
