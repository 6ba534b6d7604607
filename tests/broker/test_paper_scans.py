"""Scans at rest: what they are by content, how they are sealed and bound, who may look, each look told."""

import dataclasses
import uuid
from datetime import date

import pytest

from broker import paper_scans, papers, people
from broker.errors import NotAllowed
from broker.models import OwnRecord, PaperScan
from broker.roles import Role
from consent import forms, kin, participants
from consent.errors import LedgerBroken, PaperRefused
from consent.ledger import log
from consent.models import LedgerEvent, PaperEntry, PaperImport
from consent.paper import MOST_BYTES
from consent.readings import Answer, Reading, Side, Signature
from tests.builders import JPEG, PDF, PNG
from tests.world import EARLIER, NOW, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def received(world, person=None, *, data=PNG, by=None):
    person = person or participants.register(born_on=date(1980, 1, 1), by="x", at=EARLIER)
    form = forms.current("F-ADULT")
    return papers.receive(person, form, data, language="en", by=by or world.staff.clerk, at=NOW)


def reading(sheet, **said):
    blank = {clause.id: Answer.BLANK for clause in forms.clauses(sheet.form)}
    signature = Signature(present=True, on=NOW.date())
    return Reading(answers=blank | {id: Answer(a) for id, a in said.items()}, signature=signature)


@pytest.mark.parametrize(
    ("data", "kind"), [(PNG, "image/png"), (JPEG, "image/jpeg"), (PDF, "application/pdf")]
)
def test_a_scan_is_what_its_content_shows(world, data, kind):
    sheet = received(world, data=data)
    assert (sheet.media_type, sheet.size) == (kind, len(data))
    assert papers.look(sheet, by=world.staff.clerk, at=NOW) == data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a......",
        b"<html><script>alert(1)</script>",
        b"%PDF-1.7 cut off in the middle",
        PNG[:-12],
        PNG + b"\0" * (MOST_BYTES + 1 - len(PNG)),
        b"<svg/>" + PNG,
    ],
    ids=["empty", "gif", "html", "half a pdf", "half a png", "too large", "something before it"],
)
def test_what_is_no_scan_leaves_nothing_behind(world, data):
    with pytest.raises(PaperRefused, match="Nothing was recorded"):
        received(world, data=data)
    assert not PaperImport.objects.exists()
    assert not PaperScan.objects.exists()


def test_a_scan_lies_sealed_and_bound_to_its_paper(world):
    one, other = received(world), received(world, data=PDF)
    sealed = bytes(one.scan.sealed)
    assert PNG[8:] not in sealed
    PaperScan.objects.filter(paper=other).update(sealed=sealed)  # the scan of somebody else
    with pytest.raises(paper_scans.ScanBroken, match="tell an auditor"):
        papers.look(other, by=world.staff.clerk, at=NOW)
    PaperScan.objects.filter(paper=one).update(sealed=sealed[:-1] + bytes([sealed[-1] ^ 1]))
    with pytest.raises(paper_scans.ScanBroken):
        papers.look(one, by=world.staff.clerk, at=NOW)
    assert not LedgerEvent.objects.filter(kind="broker:paper:seen").exists()


def test_the_same_scan_under_another_key_does_not_open(world, settings):
    sheet = received(world)
    settings.MASTER_KEY = dataclasses.replace(settings.MASTER_KEY, bytes=b"\1" * 32)
    with pytest.raises(paper_scans.ScanBroken):
        papers.look(sheet, by=world.staff.clerk, at=NOW)


def test_each_look_is_told_and_without_its_line_nothing_is_shown(world, monkeypatch):
    sheet = received(world)
    papers.look(sheet, by=world.staff.auditor, at=NOW)
    assert LedgerEvent.objects.filter(kind="broker:paper:seen").count() == 1

    def broken(*_args, **_rest):
        raise LedgerBroken("No ledger.")

    monkeypatch.setattr(log, "append", broken)
    with pytest.raises(LedgerBroken):
        papers.look(sheet, by=world.staff.auditor, at=NOW)


def test_a_scan_is_seen_by_whose_work_it_is_and_by_auditors(world):
    one, two, three = world.staff.clerk, world.staff.second_clerk, world.staff.third_clerk
    sheet = received(world)

    def seen():
        return [who for who in (one, two, three) if may_look(sheet, who)]

    def may_look(sheet, who):
        try:
            return bool(papers.look(sheet, by=who, at=NOW))
        except NotAllowed:
            return False

    assert seen() == [one, two, three]
    papers.key(sheet, reading(sheet, QC="yes"), by=one, at=NOW)
    assert seen() == [two, three]
    papers.key(sheet, reading(sheet, QC="no"), by=two, at=NOW)
    assert seen() == [three]
    papers.settle(sheet, {"QC": Side.FIRST}, by=three, at=NOW)
    assert seen() == []
    assert may_look(sheet, world.staff.auditor)
    assert not may_look(sheet, world.staff.steward)


def test_no_clerk_works_on_her_own_form_or_on_that_of_a_ward(world):
    clerk = world.staff.clerk
    own = participants.register(born_on=date(1980, 1, 1), by="x", at=EARLIER)
    OwnRecord.objects.create(user=clerk, participant=own)
    ward = participants.register(born_on=date(2015, 1, 1), by="x", at=EARLIER)
    kin.end(kin.claim(clerk.reference, ward, at=EARLIER), by="court", at=EARLIER)  # even one that has ended
    for person, data in ((own, PNG), (ward, PDF)):
        with pytest.raises(NotAllowed, match="another clerk"):
            received(world, person, data=data)
        sheet = received(world, person, data=data, by=world.staff.second_clerk)
        assert papers.work_for(clerk, sheet) is None
        for act in (
            lambda sheet=sheet: papers.key(sheet, reading(sheet), by=clerk, at=NOW),
            lambda sheet=sheet: papers.settle(sheet, {}, by=clerk, at=NOW),
            lambda sheet=sheet: papers.reject(sheet, "torn", by=clerk, at=NOW),
            lambda sheet=sheet: papers.look(sheet, by=clerk, at=NOW),
        ):
            with pytest.raises(NotAllowed):
                act()
    assert not PaperEntry.objects.exists()


def test_who_reads_the_ledger_reads_no_form(world):
    """The noes of a first reading stand there at once: her reading would not be blind."""
    clerk, staff = world.staff.second_clerk, world.staff
    sheet = received(world)
    people.confirm(people.propose(clerk, Role.AUDITOR, by=staff.admin, at=NOW), by=staff.second_admin, at=NOW)
    assert papers.work_for(clerk, sheet) is None
    with pytest.raises(NotAllowed, match="blind"):
        papers.key(sheet, reading(sheet), by=clerk, at=NOW)


def test_who_signs_for_another_is_found_by_her_reference(world):
    mother = participants.register(born_on=date(1980, 1, 1), by="x", at=EARLIER)
    OwnRecord.objects.create(user=world.staff.researcher, participant=mother)
    login = papers.login_of(mother.pseudonym)
    assert login == world.staff.researcher.reference
    assert papers.reference_of(login) == mother.pseudonym
    for unknown in ("P-2222-2222", "", f"user:{uuid.UUID(int=5)}"):
        assert papers.login_of(unknown) == unknown
        assert papers.reference_of(unknown) == unknown
