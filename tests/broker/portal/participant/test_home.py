"""Home and choices as a participant finds them."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import people
from broker.demo.staff import PASSWORD
from consent import records, seals
from consent.models import Statement
from consent.purposes import FAMILIES
from consent.terms import Modifier, Permission
from tests.broker.portal.participant.pages import HEALTH, press, said_yes, shown, terms
from tests.world import CANCER

pytestmark = pytest.mark.django_db


def test_home_says_in_one_sentence_that_nothing_is_allowed(her):
    page = shown(her, "home")
    assert "None of 13 uses is allowed. Nobody can use your file." in page
    assert "You have not chosen yet" in page
    assert "No one has used your file." in page


def test_home_counts_and_names_what_is_allowed(eve, her):
    said_yes(eve, "RESEARCH", permissions=HEALTH)
    assert "1 of 13 uses is allowed. Nobody outside them can use your file." in shown(her, "home")
    said_yes(eve, "LE.UHR")
    page = shown(her, "home")
    assert "2 of 13 uses are allowed." in page
    assert "Police: unknown dead" in page
    assert "You have not chosen yet" not in page


def test_home_tells_a_newcomer_how_she_becomes_somebody(world):
    user = people.sign_up("new", PASSWORD, born_on=date(1990, 1, 1), at=timezone.now())
    client = Client()
    client.force_login(user)
    page = shown(client, "home")
    assert "Your identity is not verified yet" in page
    assert user.own_record.participant.pseudonym in page
    assert "You have no file here" in page


def test_home_reminds_of_a_yes_that_ends_soon_and_not_of_one_that_lasts(eve, her):
    said_yes(eve, "QC", valid_to=timezone.now() + timedelta(days=60))
    assert "This yes ends on" not in shown(her, "home")
    said_yes(eve, "QC", valid_to=timezone.now() + timedelta(days=9))
    assert "This yes ends on" in shown(her, "home")


def test_everything_can_be_stopped_from_every_page(eve, her):
    seq = said_yes(eve, "QC").seq
    for page in (
        *(shown(her, name) for name in ("home", "files", "choices", "usage")),
        shown(her, "choice", "RESEARCH"),
        shown(her, "receipt", seq),
        press(her, "check", "QC", status=200, **terms(her, "QC")),
    ):
        assert f'action="{reverse("participant:stop_everything")}"' in page


def test_choices_are_one_card_a_family_in_the_words_of_the_form(her):
    page = shown(her, "choices")
    for words in FAMILIES.values():
        assert words.label in page
    assert "A doctor who treats me may ask questions of my DNA file for my care." in page
    assert page.count("No answer yet. Silence is a no.") == len(FAMILIES)
    assert "police may learn of you or your relatives" in page


def test_choices_speak_the_language_the_form_was_published_in(her):
    her.cookies["django_language"] = "id"
    assert "Dokter yang merawat saya boleh mengajukan pertanyaan" in shown(her, "choices")


def test_choices_tell_the_state_of_each_and_on_which_terms(eve, her):
    said_yes(
        eve,
        "RESEARCH",
        permissions=(Permission(code="DS", diseases=(CANCER,)),),
        modifiers=(Modifier.of("NPU"), Modifier.of("GS", regions=["EU"])),
    )
    records.deny(eve.own_record.participant, "AI", by=eve.reference, at=timezone.now())
    said_yes(eve, "QC", valid_to=timezone.now() - timedelta(days=1))
    page = shown(her, "choices")
    terms_told = (
        "Research on named diseases (Cancer); Not-for-profit organisations; Only inside: European Union."
    )
    assert terms_told in page
    assert "No since" in page
    assert "This yes ended on" in page
    assert page.count("status-yes") == 1


def test_only_a_yes_has_a_button_that_stops_it(eve, her):
    said_yes(eve, "LE.HOM")
    page = shown(her, "choices")
    assert reverse("participant:stop", args=["LE.HOM"]) in page
    assert reverse("participant:stop", args=["LE.SEX"]) not in page


def test_a_record_that_was_tampered_with_is_told_and_can_still_be_stopped(eve, her, monkeypatch):
    said_yes(eve, "QC")
    monkeypatch.setattr(seals, "seal", lambda *_: b"another" * 4)
    page = shown(her, "choices")
    assert "not as it was recorded" in page
    assert "status-yes" not in page
    before = Statement.objects.count()
    her.post(reverse("participant:stop_everything"))
    assert Statement.objects.count() == before + 1
