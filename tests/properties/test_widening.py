"""The promise of widening, in made-up worlds: what it calls narrower permits nothing new."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from consent.rules.precedence import heads
from consent.terms import AfterDeath
from consent.widening import widens
from tests.cast import NOW, POLICY
from tests.properties.worlds import FILE, World, instants, modifiers, permissions, worlds


@st.composite
def said_again(draw: st.DrawFn) -> tuple[World, World]:
    """A world, and the same after a yes of it was said again with a change or two."""
    world = draw(worlds())
    grants = [one for one in world.statements if one.is_grant]
    assume(grants)
    old = grants[draw(st.integers(0, len(grants) - 1))]
    changes = {}
    if draw(st.booleans()):
        changes["modifiers"] = (
            *old.modifiers[draw(st.integers(0, 1)) :],
            *draw(st.lists(modifiers, max_size=1)),
        )
    if draw(st.booleans()):
        changes["valid_to"] = draw(st.none() | instants)
    if draw(st.booleans()):
        changes["permissions"] = tuple(draw(st.lists(permissions, min_size=1, max_size=2)))
    if draw(st.booleans()):
        changes["after_death"] = draw(st.sampled_from(AfterDeath))
    new = replace(old, seq=world.next_seq + 10, recorded_at=NOW, **changes)
    return world, replace(world, statements=(*world.statements, new))


@given(said_again(), st.lists(instants, max_size=2))
def test_what_does_not_widen_permits_nothing_new(two: tuple[World, World], later):
    before, after = two
    new = after.statements[-1]
    spoken = heads(before.statements, new.family, new.file, NOW).all
    old = next((head for head in spoken if head.level is new.level), None)
    assume(not widens(old, new, POLICY, NOW))
    for at in {NOW, *(instant for instant in later if instant >= NOW)}:
        if after.decide(at=at):
            assert before.decide(at=at)
    assert new.file in {None, FILE, "GF2"}
