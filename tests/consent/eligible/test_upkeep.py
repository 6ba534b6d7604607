"""How the arrays are read in shares, kept, bounded, and left to a child process."""

from uuid import uuid4

import pytest

from consent import eligibility, fence, holdings, projection, records
from consent.models import Holding
from consent.population import Population
from consent.rebuild import _part as rebuild_share
from consent.rebuild import rebuild
from tests.cast import research
from tests.consent.eligible.asking import ASKED, POLICY, at_once, one_by_one, permitted
from tests.world import NOW, World

pytestmark = [pytest.mark.server, pytest.mark.django_db]


def test_a_share_of_the_people_is_read_as_in_the_whole(world: World):
    whole = rebuild(policy=POLICY, at=NOW)
    ordinals = sorted({int(ordinal) for ordinal in whole.ordinals})
    shares = [rebuild_share((ordinals[:2], POLICY, NOW)), rebuild_share((ordinals[2:], POLICY, NOW))]
    joined = Population(POLICY, whole.position, whole.mark)
    joined.join([one for share in shares if (one := projection.unpacked(share, POLICY, 0, b""))])
    assert joined.ordinals.tolist() == whole.ordinals.tolist()
    for use in ASKED.values():
        assert joined.allowed(use, NOW).tolist() == whole.allowed(use, NOW).tolist()


def test_what_a_process_knows_is_kept_for_the_next(world: World, monkeypatch):
    before = permitted(research("R.GRU"))
    eligibility.keep(policy=POLICY, at=NOW)
    eligibility.forget()
    monkeypatch.setattr(eligibility, "rebuild", None)
    assert permitted(research("R.GRU")) == before


def test_no_more_answers_are_kept_than_fit(world: World, monkeypatch):
    monkeypatch.setattr("consent.population.KEPT_ANSWERS", 3)
    for purpose in ("R.GRU", "R.HMB", "R.POA", "R.NRES", "R.GRU"):
        use = research(purpose)
        assert at_once(use) == one_by_one(use)
        assert len(eligibility._populations[POLICY.version]._answers) <= 3


def test_the_lock_is_for_transactions_and_a_house_without_changes_remembers_nothing(db):
    assert fence.newest() == (0, b"")
    assert fence.remembers(0, b"anything")
    assert not fence.remembers(1, b"anything")


def test_of_files_refused_for_as_many_reasons_the_first_explains(world: World):
    ben, dov, use = world.people["Ben"], world.people["Dov"], research("R.GRU")
    for person in (ben, dov):
        holdings.add(person, uuid4(), by="self", at=NOW)
    first = Holding.objects.filter(participant=ben).order_by("file").first()
    records.deny(ben, "RESEARCH", by="self", at=NOW, wording=records.Wording(file=first.file))
    for family in ("RESEARCH", "QC"):
        assert at_once(use) == one_by_one(use), family
        last = Holding.objects.filter(participant=dov).order_by("file").last()
        records.deny(dov, family, by="self", at=NOW, wording=records.Wording(file=last.file))


def test_a_child_process_has_a_lock_of_its_own():
    with eligibility._upkeep:
        before = eligibility._upkeep
        eligibility._begin()
        assert eligibility._upkeep is not before
        assert not eligibility._upkeep.locked()
