"""Whether a clearance still stands: when somebody it relies on, the request or the time has changed."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction

from consent import clearance as proofs
from consent import eligibility, fence, records, standing
from consent.clearance import Clearance
from consent.errors import NotCleared, OutsideTransaction
from consent.policy import Policy
from consent.reasons import Reason
from consent.terms import Permission, Requester
from tests.cast import care, order, police, relatives
from tests.consent.clearances.asking import DAY, SECOND, clear, permitted, recut, stands
from tests.world import EARLIER, FAR, NOW

pytestmark = [pytest.mark.server, pytest.mark.django_db]


def test_it_falls_with_its_policy(world, use):
    clearance, other = clear(use), Policy.default().overlay({"policy_version": "another"})
    with transaction.atomic():
        assert not standing.stands(clearance, use=use(), policy=other, at=NOW)


def test_it_stands_until_somebody_it_relies_on_changes(world, use):
    clearance = clear(use)
    assert stands(clearance, use)
    records.deny(world.people["Dov"], "RESEARCH", by="self", at=NOW)  # not relied on
    assert stands(clearance, use)
    records.deny(world.people["Ada"], "LE.HOM", by="self", at=NOW)
    assert not stands(clearance, use)


class TestWhoLooksForRelatives:
    """She is not read, and all the same the match rests on her."""

    @pytest.fixture
    def matched(self, world) -> Clearance:
        for name in ("Ada", "Ben"):
            world.give(world.people[name], "RELMATCH", at=EARLIER)
        asker = world.people["Ben"].ordinal
        return proofs.clear(relatives(), policy=Policy.default(), at=NOW, asker=asker)

    def test_her_withdrawal_in_flight_fells_it_and_it_is_cut_to_nobody(self, world, matched):
        ada, ben = world.people["Ada"], world.people["Ben"]
        assert ada.ordinal in permitted(matched)
        cut = [
            proofs.within(matched, {ada.ordinal}),
            recut(matched, relatives, only={ada.ordinal}),
            proofs.without_lost(proofs.within(matched, {ada.ordinal}), (), recut(matched, relatives)),
        ]
        assert [permitted(one) for one in cut] == [{ada.ordinal}] * 3
        assert all(stands(one, relatives) for one in cut)
        records.withdraw(ben, "RELMATCH", by="self", at=NOW)
        assert not any(stands(one, relatives) for one in cut)
        again = recut(matched, relatives)
        assert permitted(again) == set()
        reasons = {one.ordinal: one.reasons for one in again.left_out}[ada.ordinal]
        assert reasons == (Reason.REL_MUTUAL_CONSENT_MISSING, Reason.JOB_REVOKED_IN_FLIGHT)

    def test_a_change_of_hers_while_everybody_is_asked_is_seen(self, world, matched, monkeypatch):
        plainly, ben = eligibility.eligible, world.people["Ben"]

        def slowly(*args, **kwargs):
            records.withdraw(ben, "RELMATCH", by="self", at=NOW)
            return plainly(*args, **kwargs)

        monkeypatch.setattr(eligibility, "eligible", slowly)
        late = proofs.clear(relatives(), policy=Policy.default(), at=NOW, asker=ben.ordinal)
        assert permitted(late)  # her record was read before
        assert not stands(late, relatives)

    def test_nobody_is_matched_for_somebody_who_is_not_here_or_does_not_allow_it(self, world, matched):
        for asker in (None, 10**9, world.people["Dov"].ordinal):
            assert not proofs.clear(relatives(), policy=Policy.default(), at=NOW, asker=asker).permitted

    def test_who_asks_cannot_be_changed_in_a_genuine_one(self, world, matched):
        object.__setattr__(matched, "asker", world.people["Ada"].ordinal)
        with pytest.raises(NotCleared, match="not minted"):
            proofs.require(matched)


def test_it_falls_when_its_time_has_come(world, use):
    clearance = clear(use)
    assert clearance.lapses_at is not None
    assert stands(clearance, use, at=clearance.lapses_at - timedelta(seconds=1))
    assert not stands(clearance, use, at=clearance.lapses_at)


def test_it_falls_when_the_yes_of_somebody_it_relies_on_ends(world, use):
    world.give(world.people["Ada"], "RESEARCH", Permission(code="GRU"), valid_to=NOW + DAY)
    clearance = clear(use)
    assert stands(clearance, use, at=NOW + DAY - SECOND)
    assert not stands(clearance, use, at=NOW + DAY)


def test_where_nothing_ends_it_does_not_lapse(world):
    ada, plain = world.people["Ada"], care()
    world.give(ada, "CLINICAL")
    endless = replace(
        plain, project=replace(plain.project, valid_to=None), ethics=replace(plain.ethics, valid_to=None)
    )
    before = clear(lambda: endless)
    again = recut(before, lambda: endless)
    for clearance in (before, again):
        assert permitted(clearance) == {ada.ordinal}
        assert clearance.lapses_at is None
        assert stands(clearance, lambda: endless, at=FAR)


def test_a_police_search_stands_as_long_as_its_order(world):
    world.give(world.people["Ada"], "LE.HOM")
    search, ends = police("L.HOM"), order("L.HOM").valid_to
    clearance = clear(lambda: search)
    assert stands(clearance, lambda: search, at=ends - SECOND)
    assert not stands(clearance, lambda: search, at=ends)


@pytest.mark.django_db(transaction=True)
def test_the_gate_lock_is_only_taken_in_a_transaction(use):
    with pytest.raises(OutsideTransaction):
        fence.hold()
    with pytest.raises(OutsideTransaction):
        fence.advance([])


def test_it_falls_when_the_request_fails_or_another_policy_is_in_force(world, use):
    clearance = clear(use)
    closed = replace(use(), project=replace(use().project, status="CLOSED"))
    other = Policy.default().overlay({"policy_version": "another"})
    with transaction.atomic():
        assert standing.stands(clearance, use=use(), policy=Policy.default(), at=NOW)
        assert not standing.stands(clearance, use=closed, policy=Policy.default(), at=NOW)
        assert not standing.stands(clearance, use=use(), policy=other, at=NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"commercial_use": True},
        {"regions": frozenset({"US"})},
        {"requester": Requester(role="researcher", user="u", institution="i", org_type="forprofit")},
    ],
)
def test_it_falls_when_the_request_is_no_longer_the_one_that_was_asked(world, use, changes):
    clearance = clear(use)
    with transaction.atomic():
        assert not standing.stands(clearance, use=replace(use(), **changes), policy=Policy.default(), at=NOW)


def test_of_its_project_only_the_first_access_may_be_another(world, use):
    clearance, project = clear(use), use().project
    begun, longer = (
        replace(use(), project=replace(project, **changes))
        for changes in ({"first_access_at": NOW}, {"valid_to": FAR + DAY})
    )
    assert stands(clearance, lambda: begun)  # another job of the project was released meanwhile
    assert not stands(clearance, lambda: longer)
