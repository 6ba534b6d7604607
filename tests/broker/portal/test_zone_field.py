"""The zone of somebody's home: typed or chosen, known or refused, and kept where the law reads it."""

from typing import Any

import pytest
from django import forms
from django.test import Client
from django.urls import reverse

from broker.models import User
from broker.portal.zone_field import ZoneField, zones
from consent.models import Participant

pytestmark = pytest.mark.django_db


class Form(forms.Form):
    zone = ZoneField()


def sign_up(**said: Any) -> Any:
    filled = {"username": "eve", "password": "long enough 12", "born_on": "1980-01-01", **said}
    return Client().post(reverse("sign_up"), filled)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Asia/Jakarta", "Asia/Jakarta"),
        ("jakarta", "Asia/Jakarta"),
        ("New York", "America/New_York"),
        (" asia/jayapura ", "Asia/Jayapura"),
        ("utc", "UTC"),
    ],
)
def test_a_zone_is_known_by_its_name_or_its_town(typed: str, kept: str):
    form = Form({"zone": typed})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["zone"] == kept


@pytest.mark.parametrize("typed", ["", "Nowhere", "../../etc/passwd", "Etc/GMT+7", "Asia", "Asia/J\x00"])
def test_what_is_no_zone_is_refused(typed: str):
    assert not Form({"zone": typed}).is_valid()


def test_a_town_that_lies_in_two_places_is_asked_again():
    twice = next(zone for zone in zones() if sum(z.endswith(f"/{zone.split('/')[-1]}") for z in zones()) > 1)
    form = Form({"zone": twice.split("/")[-1]})
    assert form.errors["zone"] == ["Several places are called so. Choose one from the list."]
    assert Form({"zone": twice}).is_valid()


def test_who_signs_up_says_where_her_birthday_begins(settings: Any):
    settings.HOME_ZONE = "Asia/Jakarta"
    page = Client().get(reverse("sign_up")).content.decode()
    assert 'name="home_zone" value="Asia/Jakarta"' in page
    assert '<option value="Asia/Makassar">Makassar (Asia)</option>' in page
    assert sign_up(home_zone="Makassar").status_code == 302
    assert User.objects.get(username="eve").own_record.participant.home_zone == "Asia/Makassar"


def test_nobody_signs_up_into_a_zone_that_nobody_knows():
    answer = sign_up(home_zone="Mars/Olympus")
    assert answer.status_code == 400
    assert "no time zone that we know" in answer.content.decode()
    assert not Participant.objects.exists()


def test_who_takes_a_record_over_is_not_asked_what_stands_in_it():
    assert "home_zone" not in Client().get(reverse("take_over")).content.decode()


def test_a_child_is_at_home_where_its_guardian_is_unless_she_says_otherwise():
    sign_up(home_zone="Asia/Makassar")
    client = Client()
    client.force_login(User.objects.get(username="eve"))
    assert 'name="zone" value="Asia/Makassar"' in client.get(reverse("guardian:claim")).content.decode()
    for zone, kept in (("", "Asia/Makassar"), ("Jayapura", "Asia/Jayapura")):
        client.post(reverse("guardian:claim"), {"born_on": "2020-05-01", "zone": zone})
        assert Participant.objects.order_by("-ordinal")[0].home_zone == kept
