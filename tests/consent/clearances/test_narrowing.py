"""A clearance cut again: only ever narrower."""

import uuid
from dataclasses import replace

import pytest
from django.db import transaction

from consent import clearance as proofs
from consent import fence, holdings, records, standing
from consent.clearance import LeftOut
from consent.errors import NotCleared
from consent.models import Participant
from consent.policy import Policy
from consent.reasons import Reason
from consent.terms import Permission
from tests.cast import relatives
from tests.consent.clearances.asking import DAY, SECOND, clear, facts, permitted, recut, stands
from tests.world import NOW

pytestmark = [pytest.mark.server, pytest.mark.django_db]


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
        assert not standing.stands(before, use=refused, policy=Policy.default(), at=NOW)
        assert not standing.stands(again, use=use(), policy=Policy.default(), at=NOW)


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


def test_in_parts_it_is_the_same_and_costs_by_the_part(world, use, monkeypatch):
    whole = clear(use)
    sizes = []
    plainly = proofs._tag_of
    monkeypatch.setattr(proofs, "_tag_of", lambda one: sizes.append(len(one.permitted)) or plainly(one))
    parts = list(proofs.parts(whole, 1))
    assert [one for part in parts for one in part.permitted] == list(whole.permitted)
    assert all(facts(part) == facts(whole) and part.left_out == () for part in parts)
    sizes.clear()
    again = [recut(part, use) for part in parts]
    assert max(sizes) <= 1, "a recut of one person looked at everybody"
    assert permitted(proofs.without_lost(whole, whole.permitted, *again)) == permitted(whole)


def test_who_is_lost_in_one_part_is_lost_of_the_whole(world, use):
    whole = clear(use)
    parts = list(proofs.parts(whole, 1))
    leaver = parts[0].permitted[0].ordinal
    records.withdraw(Participant.objects.get(ordinal=leaver), by="self", at=NOW)
    after = proofs.without_lost(whole, whole.permitted, *(recut(part, use) for part in parts))
    assert permitted(after) == permitted(whole) - {leaver}
    assert Reason.JOB_REVOKED_IN_FLIGHT in {o.ordinal: o.reasons for o in after.left_out}[leaver]
    assert facts(after) == facts(whole)
