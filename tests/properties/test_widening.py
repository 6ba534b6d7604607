"""The promise of widening, in made-up worlds: what it calls narrower permits nothing that was denied."""

from dataclasses import replace
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from consent.rules.families import needed
from consent.terms import AfterDeath, Permission, Statement
from consent.widening import widens
from tests.cast import NOW, POLICY, born, yes
from tests.properties.worlds import (
    World,
    authorities,
    forms,
    instants,
    modifiers,
    permissions,
    subjects,
    uses,
)

# What a yes may say, each part drawn for the old one and, at times, anew for the new one.
PARTS: dict[str, st.SearchStrategy[Any]] = {
    "permissions": st.lists(permissions, min_size=1, max_size=2).map(tuple),
    "modifiers": st.lists(modifiers, max_size=2).map(tuple),
    "valid_to": st.none() | instants,
    "after_death": st.sampled_from(AfterDeath),
    "authority": authorities,
    "form": forms,
}

people = st.one_of(st.just(born()), st.just(born(died_at=NOW)), subjects)


@st.composite
def said_again(draw: st.DrawFn) -> tuple[World, Statement, Statement]:
    """A world in which all else is allowed, one yes in it, and that yes said again with a change or two."""
    use = draw(uses)
    wanted = [*needed(use)] or ["RESEARCH"]
    family = draw(st.sampled_from([*wanted, "RESEARCH"]))
    usual = {"permissions": (Permission("NRES"),), "after_death": AfterDeath.CONTINUE}
    odd = {name: draw(PARTS[name]) for name in sorted(draw(st.sets(st.sampled_from([*PARTS]), max_size=1)))}
    old = replace(yes(family, seq=1), **(usual | odd))
    changed = (
        {*odd} if draw(st.booleans()) else draw(st.sets(st.sampled_from([*PARTS]), min_size=1, max_size=2))
    )
    new = replace(old, seq=99, recorded_at=NOW, **{name: draw(PARTS[name]) for name in sorted(changed)})
    others = tuple(
        replace(yes(other, seq=2 + place), **usual)
        for place, other in enumerate(wanted)
        if other != family and (family != "RESEARCH" or other != "CLINICAL")
    )
    return World(draw(people), (old, *others), use), old, new


@given(said_again(), instants.filter(lambda instant: instant >= NOW))
def test_what_does_not_widen_permits_nothing_new(drawn: tuple[World, Statement, Statement], later):
    world, old, new = drawn
    assume(not widens(old, new, POLICY, NOW))
    for at in (NOW, later):
        if world.decide(at=at, statements=(*world.statements, new)):
            assert world.decide(at=at)
