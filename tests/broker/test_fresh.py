"""What a session has proved, and how an interrupted yes is found again behind the confirmation."""

from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from broker import fresh, people
from broker.factors import recovery, totp
from broker.models import User
from consent.terms import SignIn
from tests import factors
from tests.world import NOW

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def clock(monkeypatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def eve() -> User:
    return people.sign_up("eve", "x" * 12, born_on=date(1980, 1, 1), at=NOW - timedelta(days=9))


@pytest.fixture
def her(eve: User) -> Client:
    client = Client()
    client.force_login(eve)
    return client


def request_of(user: User, client: Client, method: str = "get", path: str = "/x/?a=1", **said):
    request = getattr(RequestFactory(), method)(path, said)
    request.user, request.session = user, client.session
    return request


def asked(client: Client, request) -> str:
    """Where `ask` leads, with the session kept."""
    answer = fresh.ask(request, what="You allow health research.")
    request.session.save()
    client.cookies["sessionid"] = request.session.session_key
    return answer["Location"]


def test_a_session_has_proved_nothing_by_itself(eve, her):
    assert fresh.of(request_of(eve, her), at=NOW) is None


def test_the_newest_strong_confirmation_is_told_with_its_time(eve, her):
    factors.confirm(her, at=NOW - MINUTE * 3)
    factors.confirm(her, at=NOW - MINUTE, method="passkey")
    request = request_of(eve, her)
    assert fresh.of(request, at=NOW) == SignIn("passkey", NOW - MINUTE)
    assert fresh.of(request, at=NOW - MINUTE * 2) is None, "nothing is proved before it was"


def test_a_recovery_code_and_a_factor_that_waits_are_not_strong():
    for strong_from in (None, NOW + MINUTE):
        session = SessionStore()
        assert not fresh.note(session, "totp", strong_from=strong_from, at=NOW)
        assert fresh.STRONG not in session
        assert session[fresh.CONFIRMED] == NOW.isoformat()


def test_a_confirmation_changes_the_key_of_the_session(eve, her):
    before = her.session.session_key
    factors.confirm(her, at=NOW)
    assert her.session.session_key != before


def test_an_interrupted_yes_waits_behind_the_confirmation(eve, her):
    factors.enrol(eve, at=NOW - MINUTE)
    request = request_of(
        eve,
        her,
        "post",
        "/participant/choice/RESEARCH/give/?x=1",
        kind=["HMB", "DS"],
        csrfmiddlewaretoken="t",
    )
    place = asked(her, request)
    page = her.get(place).content.decode()
    assert "You allow health research." in page
    assert "Make a passkey" not in page
    answer = her.post(place, {"how": "code", "code": factors.code(eve, at=NOW)})
    behind = her.get(answer["Location"])
    assert behind.context["path"] == "/participant/choice/RESEARCH/give/?x=1"
    assert behind.context["fields"] == [("kind", "HMB"), ("kind", "DS")]
    page = behind.content.decode()
    assert 'action="/participant/choice/RESEARCH/give/?x=1"' in page
    assert page.count('<input type="hidden" name="kind"') == 2
    assert fresh.of(request_of(eve, her), at=NOW) == SignIn("totp", NOW)


def test_the_form_that_waits_says_that_it_is_she_only_once_she_has_shown_it(eve, her):
    factors.enrol(eve, at=NOW - MINUTE)
    place = asked(her, request_of(eve, her, "post", "/participant/choice/QC/give/"))
    waiting = parse_qs(urlsplit(place).query)["next"][0]
    early = her.get(waiting).content.decode()
    assert "Thank you, it is you" not in early
    assert "show that it is you" in early
    her.post(place, {"how": "code", "code": factors.code(eve, at=NOW)})
    assert "Thank you, it is you" in her.get(waiting).content.decode()


def test_a_wrong_code_confirms_nothing(eve, her):
    factors.enrol(eve, at=NOW - MINUTE)
    answer = her.post(reverse("confirm"), {"how": "code", "code": "abcdef"})
    assert answer.status_code == 422
    assert fresh.of(request_of(eve, her), at=NOW) is None


def test_a_page_that_was_only_looked_at_is_returned_to(eve, her):
    place = asked(her, request_of(eve, her))
    assert parse_qs(urlsplit(place).query)["next"] == ["/x/?a=1"]


def test_the_confirmation_leads_nowhere_else(eve, her):
    factors.enrol(eve, at=NOW - MINUTE)
    place = f"{reverse('confirm')}?next=https://evil.example/"
    answer = her.post(place, {"how": "code", "code": factors.code(eve, at=NOW)})
    assert answer["Location"] == reverse("home")


def test_a_form_that_waited_too_long_is_gone_and_said_so(eve, her, monkeypatch):
    token = parse_qs(urlsplit(asked(her, request_of(eve, her, "post", a="b"))).query)["next"][0]
    assert her.get(token).status_code == 200
    monkeypatch.setattr(timezone, "now", lambda: NOW + MINUTE * 31)
    answer = her.get(token)
    assert answer.status_code == 410
    assert "nothing was changed" in answer.content.decode()


def test_few_forms_wait_and_none_that_is_huge(eve, her):
    request = request_of(eve, her, "post", a="b")
    for _ in range(9):
        fresh.ask(request)
    assert len(request.session[fresh.KEPT]) == fresh.MOST_KEPT
    huge = request_of(eve, her, "post", a="b" * 40_000)
    fresh.ask(huge)
    assert not huge.session[fresh.KEPT]


def test_a_form_that_waits_is_found_by_nobody_else(eve, her):
    place = parse_qs(urlsplit(asked(her, request_of(eve, her, "post", a="b"))).query)["next"][0]
    other = Client()
    other.force_login(people.sign_up("dan", "x" * 12, born_on=date(1980, 1, 1), at=NOW))
    assert other.get(place).status_code == 410


def test_who_has_no_factor_is_led_through_making_one_and_on(eve, her):
    place = asked(her, request_of(eve, her, "post", "/participant/", a="b"))
    page = her.get(place)
    assert "First, make it surely you" in page.content.decode()
    to = f"{reverse('factors:totp_new')}?{page.context['query']}"
    password = her.get(to)["Location"]
    assert password.startswith(reverse("factors:password")), "the password again, before the first factor"
    assert her.post(password, {"password": "wrong"}).status_code == 422
    assert her.post(password, {"password": "x" * 12})["Location"] == to
    secret = her.get(to).context["secret"].replace(" ", "")
    answer = her.post(to, {"code": totp.code_of(secret, totp.step_at(NOW))})
    assert len(answer.context["codes"]) == 10
    assert fresh.of(request_of(eve, her), at=NOW) == SignIn("totp", NOW)
    assert her.get(answer.context["next"]).context["fields"] == [("a", "b")]


def test_a_recovery_code_does_not_say_yes_but_opens_the_settings(eve, her):
    factors.enrol(eve, at=NOW - MINUTE)
    first, second, *_ = recovery.make(eve, at=NOW)
    plain = f"{reverse('confirm')}?next=/participant/"
    her.post(plain, {"how": "recovery", "recovery": first})
    assert eve.recovery_codes.filter(used_at__isnull=False).count() == 0, "not offered, not used up"
    answer = her.post(f"{plain}&codes=1", {"how": "recovery", "recovery": second})
    assert answer.status_code == 302
    assert fresh.of(request_of(eve, her), at=NOW) is None
    assert fresh.confirmed(request_of(eve, her), at=NOW)
