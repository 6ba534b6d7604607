"""Receipts, and the ledger line of each small verb about a person."""

from datetime import date

import pytest

from consent import forms, participants, receipts, records
from consent.models import FormVersion, LedgerEvent
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def adult(world: World) -> FormVersion:
    form = forms.current("F-ADULT")
    assert form is not None
    return form


def test_a_receipt_says_what_was_said_and_nothing_about_today(world):
    ada = world.join("Ada")
    row = ada.statements.get()
    before = receipts.receipt(row)
    records.withdraw(ada, by="self", at=NOW)
    assert receipts.receipt(row) == before
    assert before["record_header"]["pii_principal_id"] == ada.pseudonym
    assert before["pii_processing"]["purposes"][0]["permissions"][0]["code"] == "GRU"
    assert before["pii_processing"]["privacy_notice"]["form"] == "F-ADULT"


def test_every_verb_of_these_rooms_leaves_its_line_in_the_ledger(world, adult):
    before = LedgerEvent.objects.count()
    child = participants.register(born_on=date(2015, 1, 1), by="mother", at=NOW)
    participants.verify_identity(child, by="steward", at=NOW)
    participants.record_dissent(child, dissents=True, by="child", at=NOW)
    participants.freeze(child, until=None, by="steward", at=NOW)
    assert LedgerEvent.objects.count() == before + 4
