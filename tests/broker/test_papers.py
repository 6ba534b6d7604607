"""The paper desk tells: what a form closed or gave is told to everybody who acts for her, or not recorded."""

from datetime import date

import pytest

from broker import notices, papers, people
from broker.demo.staff import PASSWORD
from broker.models import Notice, User
from consent import forms, kin, participants
from consent.models import PaperEntry, Statement
from consent.readings import Answer, Reading, Side, Signature
from consent.terms import Capacity
from tests.builders import PNG
from tests.world import EARLIER, NOW, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def eve(world: World) -> User:
    user = people.sign_up("eve", PASSWORD, born_on=date(1980, 1, 1), at=EARLIER)
    people.verify_identity(user.own_record.participant, by=world.staff.steward, at=EARLIER)
    return user


def received(world, person, form="F-ADULT"):
    version = forms.current(form)
    assert version is not None
    return papers.receive(person, version, PNG, language="en", by=world.staff.clerk, at=NOW)


def reading(sheet, *, capacity=Capacity.SELF, signer="", **said):
    blank = {clause.id: Answer.BLANK for clause in forms.clauses(sheet.form)}
    signature = Signature(present=True, capacity=capacity, signer=signer, on=NOW.date())
    return Reading(answers=blank | {id: Answer(a) for id, a in said.items()}, signature=signature)


def told(user: User) -> list[tuple[str, str]]:
    return [(n.kind, n.fields["family"]) for n in Notice.objects.filter(user=user).order_by("id")]


def test_a_no_is_told_at_the_first_entry_and_a_yes_at_the_second(world, eve):
    sheet = received(world, eve.own_record.participant)
    said = reading(sheet, QC="yes", HOM="no")
    papers.key(sheet, said, by=world.staff.clerk, at=NOW)
    assert told(eve) == [("narrowed", "LE.HOM")]
    papers.key(sheet, said, by=world.staff.second_clerk, at=NOW)
    assert sorted(told(eve)) == [("narrowed", "LE.HOM"), ("widened", "QC")]
    notice = Notice.objects.filter(user=eve, kind="widened").get()
    assert notice.fields["whose"] == eve.own_record.participant.pseudonym
    assert notice.fields["begins"] == NOW.isoformat()
    assert not told(world.staff.clerk), "a clerk acts for nobody here"


def test_what_the_third_settles_is_told(world, eve):
    sheet = received(world, eve.own_record.participant)
    papers.key(sheet, reading(sheet, QC="yes"), by=world.staff.clerk, at=NOW)
    papers.key(sheet, reading(sheet), by=world.staff.second_clerk, at=NOW)
    assert told(eve) == []
    papers.settle(sheet, {"QC": Side.FIRST}, by=world.staff.third_clerk, at=NOW)
    assert told(eve) == [("widened", "QC")]


def test_a_childs_form_is_told_to_her_guardian_and_to_nobody_else(world, eve):
    child = people.add_child(eve, born_on=date(2018, 1, 1), at=EARLIER)
    kin.verify(child.kin_links.get(), by="steward", at=EARLIER)
    sheet = received(world, child, "F-GUARDIAN")
    said = reading(sheet, capacity=Capacity.GUARDIAN, signer=eve.own_record.participant.pseudonym, QC="yes")
    papers.key(sheet, said, by=world.staff.clerk, at=NOW)
    papers.key(sheet, said, by=world.staff.second_clerk, at=NOW)
    assert told(eve) == [("widened", "QC")]
    assert not Notice.objects.exclude(user=eve).exists()


@pytest.mark.parametrize("verb", ["key", "settle"])
def test_what_cannot_be_told_is_not_recorded(world, eve, monkeypatch, verb):
    sheet, staff = received(world, eve.own_record.participant), world.staff
    if verb == "settle":
        papers.key(sheet, reading(sheet, QC="yes"), by=staff.clerk, at=NOW)
        papers.key(sheet, reading(sheet), by=staff.second_clerk, at=NOW)
    before = PaperEntry.objects.count()

    def broken(*_args, **_fields):
        raise RuntimeError("no notice")

    monkeypatch.setattr(notices, "tell", broken)
    acts = {
        "key": lambda: papers.key(sheet, reading(sheet, HOM="no"), by=staff.clerk, at=NOW),
        "settle": lambda: papers.settle(sheet, {"QC": Side.FIRST}, by=staff.third_clerk, at=NOW),
    }
    with pytest.raises(RuntimeError):
        acts[verb]()
    assert PaperEntry.objects.count() == before
    assert not Statement.objects.filter(participant=eve.own_record.participant).exists()


def test_a_form_of_somebody_without_a_login_is_told_to_nobody(world):
    sheet = received(world, participants.register(born_on=date(1980, 1, 1), by="x", at=EARLIER))
    papers.key(sheet, reading(sheet, HOM="no"), by=world.staff.clerk, at=NOW)
    assert not Notice.objects.exists()
