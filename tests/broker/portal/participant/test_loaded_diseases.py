"""A yes to named diseases where many are known: found by a few letters, held against the table in force."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from broker.portal import disease_field
from consent import records
from consent.models import Statement
from consent.terms import Permission
from tests import many_diseases
from tests.broker.portal.participant.pages import press, said_yes, shown, terms
from tests.cast import CANCER
from tests.many_diseases import DIABETES, ROOT, SKIN

pytestmark = pytest.mark.django_db


def boxes(page: str) -> list[str]:
    """The diseases that can be ticked, in the order of the page."""
    return [part.partition('"')[0] for part in page.split('name="diseases" value="')[1:]]


def looked(her, text: str, **changes) -> str:
    filled = terms(her, "RESEARCH", kind="DS", **changes)
    return press(her, "check", "RESEARCH", status=200, find="diseases", diseases_text=text, **filled)


@pytest.fixture
def many(world) -> None:
    many_diseases.load(at=timezone.now())


def test_the_small_table_is_shown_whole_without_its_root(her):
    page = shown(her, "choice", "RESEARCH")
    assert CANCER in boxes(page)
    assert ROOT not in boxes(page)
    assert "diseases_text" not in page


def test_a_large_table_is_searched_and_what_was_ticked_stays_ticked(eve, her, many):
    page = shown(her, "choice", "RESEARCH")
    assert boxes(page) == []
    assert "63 diseases are known here" in page
    page = looked(her, "skin", diseases=[CANCER])
    assert boxes(page) == [CANCER, SKIN]
    assert re.search(rf'value="{CANCER}"[^>]* checked', page)
    assert "1 was found." in page
    assert "Please look at this again" not in page, "she only looked: nothing is wrong yet"
    page = looked(her, "rare")
    assert len(boxes(page)) == disease_field.SHOWN
    assert "add letters" in page
    assert "No disease is called so" in looked(her, "zzz")
    assert not Statement.objects.exists()


def test_a_disease_that_was_found_is_said(eve, her, many):
    filled = terms(her, "RESEARCH", kind="DS", diseases=[SKIN])
    assert "skin disorder" in press(her, "check", "RESEARCH", status=200, **filled)
    press(her, "give", "RESEARCH", **filled)
    assert records.of(eve.own_record.participant)[-1].permissions == (Permission("DS", diseases=(SKIN,)),)
    assert "skin disorder" in shown(her, "choices")


@pytest.mark.parametrize("code", [DIABETES, ROOT, "MONDO:1", "cancer"])
def test_what_the_table_in_force_has_not_cannot_be_said(her, many, code):
    filled = terms(her, "RESEARCH", kind="DS", diseases=[code])
    assert "is not known here" in press(her, "give", "RESEARCH", status=422, **filled)
    assert not Statement.objects.exists()


def test_looking_in_the_address_of_the_yes_says_nothing(her, many):
    filled = terms(her, "RESEARCH", kind="DS", diseases=[SKIN])
    answer = her.post(reverse("participant:give", args=["RESEARCH"]), {"find": "diseases", **filled})
    assert answer.status_code == 422
    assert not Statement.objects.exists()


def test_an_earlier_yes_fills_in_what_is_still_known(eve, her, many):
    said_yes(eve, "RESEARCH", permissions=(Permission("DS", diseases=(DIABETES, CANCER)),))
    assert boxes(shown(her, "choice", "RESEARCH")) == [CANCER]
