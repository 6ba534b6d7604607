"""The region of somebody's home: typed or chosen, known or refused, and read by the law of majority."""

from datetime import timedelta
from typing import Any

import pytest
from django import forms
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import wards
from broker.models import User
from broker.portal.region_field import RegionField
from consent.models import Participant

pytestmark = pytest.mark.django_db
MISSISSIPPI = "US-MS"  # 21 years


class Form(forms.Form):
    region = RegionField()


def years_ago(years: float) -> str:
    return (timezone.now() - timedelta(days=round(years * 365.25))).date().isoformat()


def sign_up(**said: Any) -> Any:
    filled = {"username": "eve", "password": "long enough 12", "born_on": "1980-01-01", "home_zone": "UTC"}
    return Client().post(reverse("sign_up"), filled | said)


def eve() -> User:
    return User.objects.get(username="eve")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("US-MS", MISSISSIPPI),
        ("us-ms", MISSISSIPPI),
        (" mississippi ", MISSISSIPPI),
        ("Bali", "ID-BA"),
        ("", ""),
    ],
)
def test_a_region_is_known_by_its_code_or_its_name(typed: str, kept: str):
    form = Form({"region": typed})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["region"] == kept


@pytest.mark.parametrize("typed", ["Atlantis", "XQ-77", "US-", "US-MS\x00"])
def test_what_is_no_region_is_refused_and_nobody_is_registered(typed: str):
    assert not Form({"region": typed}).is_valid()
    assert sign_up(home_region=typed).status_code == 400
    assert not Participant.objects.exists()


def test_the_field_says_what_it_is_for_and_begins_where_the_house_is(settings: Any):
    page = Client().get(reverse("sign_up")).content.decode()
    assert "at which age one is grown" in page
    assert '<option value="US-MS">Mississippi</option>' in page
    assert 'name="home_region" value' not in page
    settings.HOME_REGION = "ID-JK"
    assert 'name="home_region" value="ID-JK"' in Client().get(reverse("sign_up")).content.decode()


@pytest.mark.parametrize(("region", "grown"), [("", True), ("Mississippi", False)])
def test_who_signs_up_is_grown_when_she_is_so_at_home(region: str, grown: bool):
    assert sign_up(born_on=years_ago(19.5), home_region=region).status_code == 302
    assert wards.own(eve(), at=timezone.now()).may_widen is grown


def test_who_takes_a_record_over_is_not_asked():
    assert "home_region" not in Client().get(reverse("take_over")).content.decode()


def test_a_childs_region_decides_until_when_somebody_acts_for_it():
    sign_up(home_region=MISSISSIPPI)
    client = Client()
    client.force_login(eve())
    page = client.get(reverse("guardian:claim")).content.decode()
    assert f'name="region" value="{MISSISSIPPI}"' in page
    born = years_ago(19.5)
    told = client.post(reverse("guardian:claim"), {"born_on": born, "region": "Germany"})
    assert "is of age, and chooses alone" in told.content.decode()
    assert Participant.objects.count() == 1
    assert client.post(reverse("guardian:claim"), {"born_on": born, "region": "nowhere"}).status_code == 422
    assert (
        client.post(reverse("guardian:claim"), {"born_on": born, "region": "Mississippi"}).status_code == 302
    )
    child = Participant.objects.order_by("-ordinal")[0]
    assert (child.home_region, child.home_zone) == (MISSISSIPPI, "UTC")


def test_of_a_child_with_a_record_the_record_says_where_it_is_at_home():
    sign_up(home_region="")
    sign_up(username="mia", born_on=years_ago(19.5), home_region=MISSISSIPPI)
    mia = User.objects.get(username="mia").own_record.participant
    client = Client()
    client.force_login(eve())
    said = {"born_on": mia.born_on.isoformat(), "reference": mia.pseudonym, "kind": "parent"}
    answer = client.post(reverse("guardian:claim"), said | {"kind": ""})
    assert answer.status_code == 302, answer.content.decode()
    assert mia.kin_links.exists()
