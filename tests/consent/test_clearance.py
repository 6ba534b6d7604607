"""The proof: minted in one place, carried nowhere, only ever narrower."""

import copy
import pickle
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction

from broker import queries, uses
from consent import clearance as proofs
from consent import eligibility, fence, holdings, records
from consent.clearance import Clearance, LeftOut, Permitted
from consent.errors import NotCleared, OutsideTransaction
from consent.models import Participant
from consent.policy import Policy
from consent.reasons import Reason
from consent.terms import Permission, Requester
from tests.cast import care, order, police, relatives
from tests.world import EARLIER, FAR, NOW, World

pytestmark = [pytest.mark.server, pytest.mark.django_db]
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.fixture
def world() -> World:
    world = World()
    for name in ("Ada", "Ben", "Cleo", "Dov"):
        world.join(name)
    return world


@pytest.fixture
def use(world: World):
    query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    return lambda: uses.of(query)


def clear(use, at=NOW) -> Clearance:
    return proofs.clear(use(), policy=Policy.default(), at=at)


def recut(clearance, use, at=NOW, only=None) -> Clearance:
    return proofs.recut(clearance, use=use(), policy=Policy.default(), at=at, only=only)


def permitted(clearance: Clearance) -> set[int]:
    return {one.ordinal for one in clearance.permitted}


def test_it_says_who_is_permitted_at_which_heads_and_why_not_the_others(world, use):
    clearance = clear(use)
    ada = world.people["Ada"]
    assert permitted(clearance) == {ada.ordinal}
    assert clearance.permitted[0].heads == ()  # decided with all who speak like her; the gate asks her own
    again = recut(clearance, use)
    assert again.permitted[0].heads == tuple(ada.statements.values_list("seq", flat=True))
    assert {one.ordinal: one.reasons for one in clearance.left_out} == {
        world.people["Ben"].ordinal: (Reason.PURPOSE_NOT_COVERED,),
        world.people["Cleo"].ordinal: (Reason.CONSENT_WITHDRAWN,),
        world.people["Dov"].ordinal: (Reason.CONSENT_NONE,),
    }


def test_it_says_what_was_asked_when_and_under_which_policy(world, use):
    clearance = clear(use, at=NOW + SECOND)
    version = Policy.default().version
    assert facts(clearance) == (use(), NOW + SECOND, fence.position(), version, (), FAR, None)


def test_it_cannot_be_built_by_hand(use):
    with pytest.raises(NotCleared, match="not built by hand"):
        Clearance()
    with pytest.raises(NotCleared, match="one kind"):
        type("Mine", (Clearance,), {})


def test_one_forged_below_the_constructor_is_not_genuine(world, use):
    forged = object.__new__(Clearance)
    with pytest.raises(NotCleared, match="not minted"):
        proofs.require(forged)
    for name in Clearance.__slots__:
        object.__setattr__(forged, name, getattr(clear(use), name))
    proofs.require(forged)  # every part of a genuine one, tag included, is that one
    everybody = tuple(Permitted(p.ordinal, (), ()) for p in Participant.objects.all())
    object.__setattr__(forged, "permitted", everybody)
    with pytest.raises(NotCleared, match="not minted"):
        proofs.require(forged)


def test_files_cannot_be_slipped_into_a_genuine_one(world, use):
    clearance = clear(use)
    foreign = world.people["Dov"].holdings.get().file
    object.__setattr__(clearance, "_files", clearance._files | {foreign})
    with pytest.raises(NotCleared, match="not minted"):
        proofs.require(clearance)


@pytest.mark.parametrize(
    "change",
    [
        lambda one: {"use": care()},
        lambda one: {"at": one.at + DAY},
        lambda one: {"position": one.position + 1},
        lambda one: {"policy_version": "another"},
        lambda one: {"reasons": (Reason.REQ_PURPOSE_UNKNOWN,)},
        lambda one: {"lapses_at": None},
        lambda one: {"permitted": (replace(one.permitted[0], ordinal=one.permitted[0].ordinal + 1),)},
        lambda one: {"permitted": (replace(one.permitted[0], heads=(7,)),)},
    ],
)
def test_nothing_that_it_says_can_be_changed_in_a_genuine_one(use, change):
    clearance = clear(use)
    for name, value in change(proofs.require(clearance)).items():
        assert getattr(clearance, name) != value
        object.__setattr__(clearance, name, value)
    with pytest.raises(NotCleared, match="not minted"):
        proofs.require(clearance)


@pytest.mark.parametrize("thing", [None, True, "yes", {"permitted": [1]}])
def test_nothing_else_passes_for_one(thing):
    with pytest.raises(NotCleared, match="this is none"):
        proofs.require(thing)


@pytest.mark.parametrize("carry", [pickle.dumps, copy.copy, copy.deepcopy])
def test_it_does_not_travel(use, carry):
    with pytest.raises(NotCleared):
        carry(clear(use))


def test_it_does_not_change(use):
    clearance = clear(use)
    with pytest.raises(NotCleared, match="does not change"):
        clearance.permitted = ()
    with pytest.raises(NotCleared, match="does not change"):
        del clearance.permitted


def test_a_recut_narrows_and_never_widens(world, use):
    before = clear(use)
    world.give(world.people["Dov"], "RESEARCH", Permission(code="GRU"))
    assert permitted(recut(before, use)) == permitted(before)
    records.withdraw(world.people["Ada"], by="self", at=NOW)
    after = recut(before, use)
    assert permitted(after) == set()
    lost = {one.ordinal: one.reasons for one in after.left_out}[world.people["Ada"].ordinal]
    assert lost == (Reason.CONSENT_WITHDRAWN, Reason.JOB_REVOKED_IN_FLIGHT)


def test_a_recut_does_not_take_in_a_later_file(world, use):
    before = clear(use)
    later = uuid.uuid4()
    holdings.add(world.people["Ada"], later, by="self", at=NOW)
    after = recut(before, use)
    assert permitted(after) == {world.people["Ada"].ordinal}
    assert not after.covers(later)
    assert clear(use).covers(later)


def test_within_a_snapshot_nobody_joins_who_was_not_there(world, use):
    ada = world.people["Ada"].ordinal
    assert permitted(proofs.within(clear(use), {ada})) == {ada}
    outside = proofs.within(clear(use), set())
    assert permitted(outside) == set()
    assert outside.left_out[-1].reasons == (Reason.JOB_NOT_IN_SNAPSHOT,)


def test_one_cut_to_a_snapshot_is_otherwise_the_same(world, use):
    late = world.join("Late", says="Ada")
    before = clear(use)
    after = proofs.within(before, {world.people["Ada"].ordinal})
    assert after.permitted == before.permitted[:1]
    assert after.left_out == (
        *before.left_out,
        LeftOut(late.ordinal, (Reason.JOB_NOT_IN_SNAPSHOT,)),
    )
    assert facts(after) == facts(before)
    proofs.require(after)


def test_without_those_a_recut_lost_it_is_otherwise_the_same(world, use):
    late = world.join("Late", says="Ada")
    before = clear(use)
    records.withdraw(late, by="self", at=NOW)
    again = recut(before, use, at=NOW + SECOND)
    after = proofs.without_lost(before, before.permitted, again)
    assert after.permitted == again.permitted  # with the statements they rest on
    assert after.permitted[0].heads
    lost = LeftOut(late.ordinal, (Reason.CONSENT_WITHDRAWN, Reason.JOB_REVOKED_IN_FLIGHT))
    assert after.left_out == (*before.left_out, lost)
    assert facts(after) == facts(before)  # the older position too: who changed since is asked about again
    proofs.require(after)


def test_who_was_not_asked_again_stays(world, use):
    late = world.join("Late", says="Ada")
    before, ada = clear(use), world.people["Ada"].ordinal
    again = recut(before, use, only={ada})
    assert permitted(again) == {ada}
    assert again.left_out == before.left_out
    after = proofs.without_lost(before, again.permitted, again)
    assert permitted(after) == {ada, late.ordinal}


def test_one_that_is_none_is_cut_to_nothing(use):
    genuine = clear(use)
    for cut in (
        lambda: proofs.within(None, ()),
        lambda: proofs.without_lost(None, (), genuine),
        lambda: proofs.without_lost(genuine, (), None),
        lambda: recut(None, use),
        lambda: stands(None, use),
    ):
        with pytest.raises(NotCleared, match="this is none"):
            cut()


def test_a_recut_says_how_it_stands_now(world, use):
    before = clear(use)
    world.give(world.people["Ada"], "RESEARCH", Permission(code="GRU"), valid_to=NOW + DAY)
    again = recut(before, use, at=NOW + SECOND)
    assert again.at == NOW + SECOND
    assert again.position == fence.position() > before.position
    assert again.policy_version == Policy.default().version
    assert again.lapses_at == NOW + DAY
    assert again.use == use()


def test_whoever_looks_for_relatives_is_asked_at_the_first_look_and_at_the_next(world):
    ada, ben = world.people["Ada"], world.people["Ben"]
    for one in (ada, ben):
        world.give(one, "RELMATCH")
    asked = {"use": relatives(), "policy": Policy.default(), "at": NOW}
    before = proofs.clear(**asked, asker=ben.ordinal)
    assert permitted(before) == {ada.ordinal, ben.ordinal}
    assert permitted(proofs.recut(before, **asked)) == permitted(before)
    assert permitted(proofs.clear(**asked)) == set()
    records.withdraw(ben, by="self", at=NOW)
    assert permitted(proofs.recut(before, **asked)) == set()


def test_a_request_that_fails_now_leaves_nobody(world, use):
    before = clear(use)
    refused = replace(use(), purposes=frozenset({"L.NVC"}))
    again = proofs.recut(before, use=refused, policy=Policy.default(), at=NOW)
    assert again.permitted == ()
    assert again.reasons
    assert again.lapses_at is None
    with transaction.atomic():
        assert not proofs.stands(before, use=refused, policy=Policy.default(), at=NOW)
        assert not proofs.stands(again, use=use(), policy=Policy.default(), at=NOW)


def facts(clearance: Clearance) -> tuple:
    """What no narrowing changes."""
    one = clearance
    return one.use, one.at, one.position, one.policy_version, one.reasons, one.lapses_at, one.asker


def stands(clearance, use, at=NOW) -> bool:
    with transaction.atomic():
        return proofs.stands(clearance, use=use(), policy=Policy.default(), at=at)


def test_it_falls_with_its_policy(world, use):
    clearance, other = clear(use), Policy.default().overlay({"policy_version": "another"})
    with transaction.atomic():
        assert not proofs.stands(clearance, use=use(), policy=other, at=NOW)


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


def test_a_bitmap_brings_back_the_same_people():
    for people in ({1}, {1, 8, 9, 1_300_000}, set()):
        assert proofs.from_bitmap(proofs.bitmap(people)) == people


@pytest.mark.parametrize(
    ("people", "kept"), [(set(), b""), ({0}, b"\x01"), ({7}, b"\x80"), ({8, 10}, b"\x00\x05")]
)
def test_a_bitmap_is_as_long_as_its_last_person(people, kept):
    assert proofs.bitmap(people) == kept


def test_it_says_who_is_lost_and_keeps_the_older_position(world, use):
    world.crowd(2, says="Ada")
    clearance = clear(use)
    first, second, _ = clearance.permitted
    records.withdraw(Participant.objects.get(ordinal=first.ordinal), by="self", at=NOW)
    again = recut(clearance, use, only={first.ordinal, second.ordinal})
    narrowed = proofs.without_lost(clearance, (first, second), again)
    assert permitted(narrowed) == permitted(clearance) - {first.ordinal}
    assert narrowed.position == clearance.position < again.position
    lost = {one.ordinal: one.reasons for one in narrowed.left_out}
    assert lost[first.ordinal] == (Reason.CONSENT_WITHDRAWN, Reason.JOB_REVOKED_IN_FLIGHT)
    assert repr(narrowed) == f"<Clearance: 2 permitted at position {clearance.position}>"


def test_it_falls_when_the_request_fails_or_another_policy_is_in_force(world, use):
    clearance = clear(use)
    closed = replace(use(), project=replace(use().project, status="CLOSED"))
    other = Policy.default().overlay({"policy_version": "another"})
    with transaction.atomic():
        assert proofs.stands(clearance, use=use(), policy=Policy.default(), at=NOW)
        assert not proofs.stands(clearance, use=closed, policy=Policy.default(), at=NOW)
        assert not proofs.stands(clearance, use=use(), policy=other, at=NOW)


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
        assert not proofs.stands(clearance, use=replace(use(), **changes), policy=Policy.default(), at=NOW)


def test_of_its_project_only_the_first_access_may_be_another(world, use):
    clearance, project = clear(use), use().project
    begun, longer = (
        replace(use(), project=replace(project, **changes))
        for changes in ({"first_access_at": NOW}, {"valid_to": FAR + DAY})
    )
    assert stands(clearance, lambda: begun)  # another job of the project was released meanwhile
    assert not stands(clearance, lambda: longer)
