"""The proof: minted in one place, carried nowhere, changed by nobody."""

import copy
import pickle
from dataclasses import replace

import pytest

from consent import clearance as proofs
from consent import fence
from consent.clearance import Clearance, Permitted
from consent.errors import NotCleared
from consent.models import Participant
from consent.policy import Policy
from consent.reasons import Reason
from tests.cast import care
from tests.consent.clearances.asking import DAY, SECOND, clear, facts, permitted, recut
from tests.world import FAR, NOW

pytestmark = [pytest.mark.server, pytest.mark.django_db]


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


def test_a_bitmap_brings_back_the_same_people():
    for people in ({1}, {1, 8, 9, 1_300_000}, set()):
        assert proofs.from_bitmap(proofs.bitmap(people)) == people


@pytest.mark.parametrize(
    ("people", "kept"), [(set(), b""), ({0}, b"\x01"), ({7}, b"\x80"), ({8, 10}, b"\x00\x05")]
)
def test_a_bitmap_is_as_long_as_its_last_person(people, kept):
    assert proofs.bitmap(people) == kept
