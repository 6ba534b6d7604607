"""A process begins with what was kept, and with everything that was said since."""

import pytest
from django.db import connection

from consent import eligibility, fence, policies, projection, records
from consent.eligibility import eligible
from consent.errors import SealBroken
from consent.models import Participant, Projection, ProjectionPart
from consent.rebuild import rebuild
from consent.terms import Permission
from tests.cast import research
from tests.consent.eligible.asking import ASKED, DAY, POLICY, at_once, one_by_one, permitted
from tests.unsafe import unsafe_without_triggers
from tests.world import NOW, World

pytestmark = [pytest.mark.server, pytest.mark.django_db]


class TestAfterARestart:
    """A process begins with what was kept, and with everything that was said since."""

    @pytest.fixture(autouse=True)
    def kept(self, world: World) -> Projection:
        made = projection.save(rebuild(policy=POLICY, at=NOW), at=NOW)
        eligibility.forget()
        return made

    def test_it_says_the_same(self, world: World, monkeypatch):
        monkeypatch.setattr(eligibility, "rebuild", None)  # it is not needed
        for use in ASKED.values():
            assert at_once(use) == one_by_one(use) or eligible(use, policy=POLICY, at=NOW).reasons

    def test_what_was_said_since_counts(self, world: World, monkeypatch):
        monkeypatch.setattr(eligibility, "rebuild", None)
        dov, ada = world.people["Dov"], world.people["Ada"]
        records.withdraw(ada, by="self", at=NOW)
        world.give(dov, "RESEARCH", Permission(code="GRU"), at=NOW)
        late = world.join("Late", says="Ada")
        use = research("R.GRU")
        assert permitted(use) == {dov.ordinal, late.ordinal}
        assert at_once(use) == one_by_one(use)

    def test_one_that_was_changed_is_refused(self, world: World):
        part = ProjectionPart.objects.get()
        sealed = bytearray(part.data)
        sealed[40] ^= 1
        ProjectionPart.objects.update(data=bytes(sealed))
        with pytest.raises(SealBroken, match="not as it was sealed"):
            permitted(research("R.GRU"))

    def test_one_that_was_cut_short_is_refused(self, world: World):
        ProjectionPart.objects.all().delete()
        with pytest.raises(SealBroken, match="not as it was sealed"):
            permitted(research("R.GRU"))

    def test_one_under_another_position_is_refused(self, world: World, kept: Projection):
        records.deny(world.people["Ada"], "RESEARCH", by="self", at=NOW)
        position, mark = fence.newest()
        Projection.objects.update(position=position, mark=mark)  # as if it knew of the no
        with pytest.raises(SealBroken, match="not as it was sealed"):
            permitted(research("R.GRU"))

    def test_one_of_another_history_is_passed_over(self, world: World):
        Projection.objects.update(mark=b"another history!")
        assert permitted(research("R.GRU")) == {world.people["Ada"].ordinal}

    def test_one_of_another_policy_is_passed_over(self, world: World):
        disguised = POLICY.overlay({"disease_parents": {}})
        assert projection.load(disguised) is None
        assert permitted(research("R.DS"), policy=disguised) != set()

    def test_only_the_newest_are_kept(self, world: World):
        for _ in range(3):
            projection.save(rebuild(policy=POLICY, at=NOW), at=NOW)
        assert Projection.objects.count() == projection.KEPT


def test_a_statement_that_was_changed_by_hand_stops_the_next_start(world: World):
    with unsafe_without_triggers(connection), connection.cursor() as cursor:
        cursor.execute("UPDATE consent_statement SET body = replace(body, 'DS', 'GRU')")
    eligibility.forget()
    with pytest.raises(SealBroken):
        permitted(research("R.GRU"))


def test_nobody_is_eligible_in_an_empty_house(db):
    eligibility.forget()
    found = eligible(research("R.GRU"), policy=POLICY, at=NOW, why=True)
    assert found.people.tolist() == []
    assert found.left_out == ()
    assert Participant.objects.count() == 0


def test_the_policy_in_force_is_the_one_adopted_last(db):
    assert policies.in_force(at=NOW) == POLICY
    other = policies.adopt(POLICY.overlay({"policy_version": "2"}), by="steward", at=NOW)
    assert policies.in_force(at=NOW - DAY) == POLICY
    assert policies.in_force(at=NOW) == other == policies.named("2")


@pytest.mark.django_db(transaction=True)
def test_several_processes_read_what_one_reads(world: World, monkeypatch):
    alone = rebuild(policy=POLICY, at=NOW)
    monkeypatch.setattr("consent.rebuild.SHARE", 2)
    monkeypatch.setattr("consent.rebuild.ALONE", 0)
    together = rebuild(policy=POLICY, at=NOW, processes=2)
    assert len(together) == len(alone) == 5
    for use in ASKED.values():
        assert together.allowed(use, NOW).tolist() == alone.allowed(use, NOW).tolist()
    assert together.ordinals.tolist() == alone.ordinals.tolist()
    assert together.files.tolist() == alone.files.tolist()
