"""Forms, guardians, paper and receipts: the small rooms around a record."""

import copy
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from consent import forms, kin, participants, receipts, records
from consent.errors import FormRefused
from consent.models import FormVersion, GuardianLink, LedgerEvent
from consent.policy import Policy
from tests.world import EARLIER, NOW, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def adult(world: World) -> FormVersion:
    form = forms.current("F-ADULT")
    assert form is not None
    return form


def draft(**changes):
    return copy.deepcopy(forms.shipped()["F-ADULT 1.0"]) | changes


def test_every_shipped_form_speaks_both_languages_clause_by_clause(world):
    for name, shipped in forms.shipped().items():
        version = FormVersion.objects.get(form=shipped["form"], version=shipped["version"])
        for language in ("en", "id"):
            assert set(forms.text_of(version, language)["clauses"]) == set(version.offers), name


def test_publishing_again_changes_nothing_and_other_words_need_another_version(adult):
    assert forms.publish(draft(), by="steward", at=NOW) == adult
    reworded = draft()
    reworded["texts"]["en"]["clauses"]["QC"] = "Anything goes."
    with pytest.raises(FormRefused, match="other words"):
        forms.publish(reworded, by="steward", at=NOW)
    forms.publish(reworded | {"version": "1.1"}, by="steward", at=NOW)
    assert str(forms.current("F-ADULT")) == "F-ADULT 1.1"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"offers": ["RESEARCH", "CHESS"]}, "nobody can decide"),
        ({"offers": ["RESEARCH"]}, "one clause for each"),
        ({"le_notice": False}, "no police notice"),
        ({"texts": {}}, "no text"),
    ],
)
def test_a_form_that_does_not_hold_together_is_refused(world, changes, sentence):
    with pytest.raises(FormRefused, match=sentence):
        forms.publish(draft(version="9", **changes), by="steward", at=NOW)
    assert not FormVersion.objects.filter(version="9").exists()


def test_words_that_nobody_agreed_to_are_not_shown(adult):
    with pytest.raises(FormRefused, match="not here"):
        forms.text_of(adult, "fr")


def test_a_guardian_acts_from_verification_to_the_eighteenth_birthday_and_not_a_second_longer(world):
    child = participants.register(born_on=date(2015, 2, 28), by="mother", at=EARLIER)
    link = kin.claim("mother", child, at=EARLIER)
    birthday = datetime(2033, 2, 28, tzinfo=UTC)
    second = timedelta(seconds=1)
    assert not kin.in_force(link, at=NOW, policy=Policy.default())
    link = kin.verify(link, by="steward", at=NOW)
    assert kin.in_force(link, at=birthday - second, policy=Policy.default())
    assert not kin.in_force(link, at=birthday, policy=Policy.default())
    link = kin.end(link, by="court", at=NOW)
    assert not kin.in_force(link, at=NOW, policy=Policy.default())
    assert kin.verify(link, by="steward", at=NOW).state == GuardianLink.State.ENDED


def test_somebody_is_a_childs_guardian_once(world):
    child = participants.register(born_on=date(2015, 1, 1), by="mother", at=EARLIER)
    kin.claim("mother", child, at=EARLIER)
    with pytest.raises(IntegrityError), transaction.atomic():
        kin.claim("mother", child, at=NOW)


def test_a_receipt_says_what_was_said_and_nothing_about_today(world):
    ada = world.join("Ada")
    row = ada.statements.get()
    before = receipts.receipt(row)
    records.withdraw(ada, by="self", at=NOW)
    assert receipts.receipt(row) == before
    assert before["pii_principal_id"] == ada.pseudonym
    assert before["permissions"] == ["GRU"]
    assert before["form"] == "F-ADULT 1.0"


def test_every_verb_of_these_rooms_leaves_its_line_in_the_ledger(world, adult):
    before = LedgerEvent.objects.count()
    child = participants.register(born_on=date(2015, 1, 1), by="mother", at=NOW)
    link = kin.claim("mother", child, at=NOW)
    kin.verify(link, by="steward", at=NOW)
    kin.end(link, by="court", at=NOW)
    participants.verify_identity(child, by="steward", at=NOW)
    participants.record_dissent(child, dissents=True, by="child", at=NOW)
    participants.freeze(child, until=None, by="steward", at=NOW)
    assert LedgerEvent.objects.count() == before + 7
