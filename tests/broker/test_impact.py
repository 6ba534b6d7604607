"""The preview of a choice: in bands, by the law itself, and blind to whether any case is open."""

from datetime import timedelta

import pytest

from broker import impact
from broker.impact import Band
from broker.models import ImpactSnapshot
from consent import forms, records
from consent.models import Participant
from consent.purposes import POLICE_FAMILIES
from consent.terms import Authority, Capacity, Modifier, Permission
from tests.world import CANCER, NOW, World

pytestmark = pytest.mark.django_db

SELF = Authority(Capacity.SELF, True)


@pytest.fixture
def world() -> World:
    world = World()
    for purposes, facts in ((("R.HMB",), {}), (("R.DS",), {"disease": CANCER}), (("R.POA",), {})):
        world.request(*purposes, **facts)
    world.request("R.HMB", approve=False)
    impact.take(at=NOW)
    return world


def before_yes(person: Participant, family: str, **said) -> impact.Preview:
    form = forms.current("F-ADULT")
    assert form is not None
    offer = records.weigh(person, family, form=form, at=NOW, wording=records.Wording(**said))
    return impact.of_yes(person, offer.statement, at=NOW)


def before_no(person: Participant, family: str) -> impact.Preview:
    return impact.of_no(person, family, authority=SELF, at=NOW)


@pytest.mark.parametrize(
    ("number", "band"), [(0, "none"), (1, "1–5"), (5, "1–5"), (6, "6–20"), (20, "6–20"), (21, "more than 20")]
)
def test_numbers_are_told_in_steps(number, band):
    assert Band.of(number) == band


def test_a_snapshot_holds_uses_and_no_names(world):
    kept = ImpactSnapshot.objects.get()
    assert sorted(use["purposes"] for use in kept.uses) == [["R.DS"], ["R.HMB"], ["R.POA"]]
    assert "A project" not in str(kept.uses)


def test_one_is_taken_a_day(world):
    impact.take_daily(at=NOW + timedelta(hours=23))
    assert ImpactSnapshot.objects.count() == 1
    impact.take_daily(at=NOW + timedelta(hours=24))
    assert ImpactSnapshot.objects.count() == 2


def test_what_a_yes_gains_and_a_no_loses(world):
    dov, ada = world.join("Dov"), world.join("Ada")
    gain = before_yes(dov, "RESEARCH", permissions=[Permission("GRU")])
    assert (gain.gain, gain.lose) == (Band.FEW, Band.NONE)
    assert before_no(ada, "RESEARCH").lose == Band.FEW
    assert before_no(dov, "RESEARCH").lose == Band.NONE


def test_a_smaller_yes_loses_what_it_no_longer_reaches(world):
    ada = world.join("Ada")
    smaller = before_yes(ada, "RESEARCH", permissions=[Permission("POA")])
    assert (smaller.gain, smaller.lose) == (Band.NONE, Band.FEW)
    same = before_yes(ada, "RESEARCH", permissions=[Permission("GRU")], modifiers=[Modifier("NPU")])
    assert (same.gain, same.lose) == (Band.NONE, Band.NONE)


def test_who_cannot_be_read_gains_nobody_anything(world):
    new = world.join("Dov")
    Participant.objects.filter(pk=new.pk).update(identity_verified=False)
    new.refresh_from_db()
    assert before_yes(new, "RESEARCH", permissions=[Permission("GRU")]).gain == Band.NONE


def test_a_newcomer_without_a_file_sees_what_a_file_would_gain(world):
    new = world.join("Dov")
    new.holdings.update(state="ERASED")
    assert before_yes(new, "RESEARCH", permissions=[Permission("GRU")]).gain == Band.FEW


def test_without_a_snapshot_nothing_is_counted():
    bare = World()
    bare.request("R.HMB")
    assert before_no(bare.join("Ada"), "RESEARCH").lose == Band.NONE


def test_the_same_is_told_whether_or_not_a_case_is_open(world):
    dov = world.join("Dov")
    told = [(before_yes(dov, family), before_no(dov, family)) for family in POLICE_FAMILIES]
    world.case(purpose="L.HOM", number="C-1")
    world.case(purpose="E.EXON", number="C-2")
    impact.take(at=NOW + timedelta(minutes=1))
    assert [(before_yes(dov, family), before_no(dov, family)) for family in POLICE_FAMILIES] == told


def test_each_police_use_opens_its_own_class_and_leads_to_relatives(world):
    dov = world.join("Dov")
    for family in POLICE_FAMILIES:
        preview = before_yes(dov, family)
        assert preview.classes == (family.replace("LE.", "L."),)
        assert preview.relatives == impact.RELATIVES == 600
        assert before_no(dov, family).relatives == 0
    assert before_yes(dov, "EXON").classes == ("E.EXON",)
    assert before_yes(dov, "RELMATCH").relatives == 600
    assert before_yes(dov, "QC").relatives == 0
    bound = before_yes(dov, "LE.MIS", modifiers=[Modifier("IDENTITY_ONLY")])
    assert bound.relatives == 0
