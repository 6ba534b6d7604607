"""Guardians, paper and receipts: the small rooms around a record."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from consent import forms, kin, paper, participants, receipts, records
from consent.errors import PaperRefused
from consent.models import FormVersion, GuardianLink, LedgerEvent
from consent.policy import Policy
from consent.terms import Permission
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
