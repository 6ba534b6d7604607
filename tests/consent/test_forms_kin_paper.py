"""Paper and receipts: the small rooms around a record."""

import uuid
from datetime import date

import pytest

from consent import forms, paper, participants, receipts, records
from consent.errors import PaperRefused
from consent.models import FormVersion, LedgerEvent
from consent.terms import Permission
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


def key(person, answers, adult, *, form=None, by="clara", scan=None):
    return paper.key(
        scan or uuid.UUID(int=1),
        person,
        answers,
        form=form or adult,
        permissions=[Permission(code="HMB")],
        by=by,
        at=NOW,
    )


def test_a_crossed_out_yes_counts_at_once_and_a_yes_when_two_read_it_alike(world, adult):
    dov = world.join("Dov")
    first = key(dov, {"RESEARCH": True, "LE.HOM": False, "QC": True}, adult)
    assert [(row.family, "deny" in row.body) for row in first] == [("LE.HOM", True)]
    second = key(dov, {"RESEARCH": True, "LE.HOM": False, "QC": False}, adult, by="carl")
    assert sorted(row.family for row in second) == ["QC", "RESEARCH"]
    said = {s.family: str(s.decision) for s in records.of(dov)}
    assert said == {"LE.HOM": "deny", "QC": "deny", "RESEARCH": "grant"}
    assert paper.differences(uuid.UUID(int=1)) == ["QC"]


def test_nobody_reads_a_form_twice_and_nobody_a_third_time(world, adult):
    dov = world.join("Dov")
    key(dov, {"QC": True}, adult)
    with pytest.raises(PaperRefused, match="second person"):
        key(dov, {"QC": True}, adult)
    key(dov, {"QC": True}, adult, by="carl")
    with pytest.raises(PaperRefused, match="Two people"):
        key(dov, {"QC": True}, adult, by="cora")


def test_a_second_reader_who_saw_another_person_is_refused(world, adult):
    key(world.join("Dov"), {"QC": True}, adult)
    with pytest.raises(PaperRefused, match="another person"):
        key(world.join("Ada"), {"QC": True}, adult, by="carl")


def test_what_the_form_does_not_ask_cannot_be_keyed(world, adult):
    with pytest.raises(PaperRefused, match="does not ask"):
        key(world.join("Dov"), {"LE.NVC": True}, adult)


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
