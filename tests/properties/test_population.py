"""The law for many at once says what it says for each: over random records, and as time goes by."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.decision import Decision, decide, request_reasons
from consent.population import Population
from consent.projection import packed, unpacked
from consent.rows import EPOCH, NEVER, micro, rows_of
from consent.terms import DataUse, File
from tests.cast import NOW, POLICY
from tests.properties.worlds import World, worlds

Person = tuple[World, tuple[File, ...]]
DAY = timedelta(days=1)
CENTURIES = [NOW + n * 365 * DAY for n in (-60, -20, -5, 5, 20, 60)]


def _instants_of(people: Sequence[Person]) -> list[datetime]:
    """Instants at which something happens to somebody, and a moment before and after each."""
    found = {NOW, *CENTURIES}
    for world, _ in people:
        for said in world.statements:
            found |= {said.recorded_at, said.effective_at, said.valid_to, said.form.reconsent_due}
        found |= {world.subject.died_at, world.subject.erased_at}
        found |= {edge for hold in world.subject.freezes for edge in (hold.since, hold.until)}
    least = timedelta(microseconds=1)
    return sorted({one + by for one in found if one is not None for by in (-least, timedelta(), least)})


@st.composite
def crowds(draw: st.DrawFn) -> tuple[list[Person], DataUse, list[datetime]]:
    """Several people with one to three files each, a use, and a walk through time in any direction."""
    some = draw(st.lists(worlds(), min_size=1, max_size=4))
    files = st.lists(st.sampled_from(("ACTIVE", "QUARANTINED", "ERASED")), max_size=2)
    people = [
        (
            world,
            (
                world.file,
                *(File.from_json({"id": f"GF{n + 2}", "state": s}) for n, s in enumerate(draw(files))),
            ),
        )
        for world in some
    ]
    walk = draw(st.lists(st.sampled_from(_instants_of(people)), min_size=1, max_size=4))
    return people, draw(st.sampled_from([world.use for world in some])), walk


def _rows(people: Sequence[Person], at: datetime, only: set[int] | None = None):
    for ordinal, (world, files) in enumerate(people, 1):
        if only is None or ordinal in only:
            ids = [(uuid.uuid5(uuid.NAMESPACE_OID, f"{ordinal} {file.id}"), file) for file in files]
            yield ordinal, rows_of(world.subject, ids, world.statements, POLICY, at)


def _decided(people: Sequence[Person], use: DataUse, at: datetime) -> list[Decision]:
    return [
        decide(world.subject, file, world.statements, use, POLICY, at)
        for world, files in people
        for file in files
    ]


def _told(population: Population, use: DataUse, at: datetime) -> list[Decision]:
    """The decision of each row's class, without the statements: a class has no one speaker."""
    told: dict[int, Decision] = {}
    for decision, places in population.decisions(np.arange(len(population)), use, at):
        told |= dict.fromkeys(places.tolist(), decision)
    return [told[place] for place in range(len(population))]


def _agree(population: Population, people: Sequence[Person], use: DataUse, at: datetime) -> None:
    each = _decided(people, use, at)
    assert [(d.outcome, d.reasons) for d in _told(population, use, at)] == [
        (d.outcome, d.reasons) for d in each
    ]
    if not request_reasons(use, POLICY, at):
        # Whom else the question touches is asked beside the arrays.
        alone = [not any(not r.startswith("REL_") for r in d.reasons) for d in each]
        assert population.allowed(use, at).tolist() == alone


@given(crowds())
def test_the_arrays_say_what_the_law_says_for_each_at_any_time(crowd):
    people, use, walk = crowd
    use = replace(use, match_mode="identity") if any(p.startswith("L.") for p in use.purposes) else use
    if "G.REL" in use.purposes:
        use = replace(use, purposes=frozenset({"R.HMB"}))
    population = Population(POLICY, 0, b"")
    population.put(_rows(people, walk[0]))
    for at in walk:
        population.put(_rows(people, at, only=population.stale(at)))
        _agree(population, people, use, at)


@given(crowds())
def test_nothing_changes_before_it_is_said_to_lapse(crowd):
    people, use, walk = crowd
    at = walk[0]
    population = Population(POLICY, 0, b"")
    population.put(_rows(people, at))
    allowed = population.allowed(use, at)
    ends = population.lapses_at(allowed, use, at)
    assert ends == NEVER or ends > micro(at) - 1_000_000
    until = [one for one in _instants_of(people) if one > at and micro(one) < ends]
    for later in until[-3:]:
        population.put(_rows(people, later, only=population.stale(later)))
        assert (population.allowed(use, later) | ~allowed).all()


@given(crowds(), st.data())
def test_it_does_not_matter_in_which_order_people_come_or_how_often(crowd, data: st.DataObject):
    people, use, walk = crowd
    at = walk[0]
    whole = Population(POLICY, 0, b"")
    whole.put(_rows(people, at))
    bit_by_bit = Population(POLICY, 0, b"")
    for ordinal in data.draw(st.lists(st.integers(1, len(people)), max_size=6)):
        other = [(world, files[:1]) for world, files in people]  # before her other files came
        bit_by_bit.put(_rows(other, at, only={ordinal}))
    for ordinal in data.draw(st.permutations(range(1, len(people) + 1))):
        bit_by_bit.put(_rows(people, at, only={ordinal}))
    assert bit_by_bit.ordinals.tolist() == whole.ordinals.tolist()
    assert bit_by_bit.files.tolist() == whole.files.tolist()
    assert bit_by_bit.allowed(use, at).tolist() == whole.allowed(use, at).tolist()


@settings(max_examples=min(300, settings.default.max_examples))  # joining decides nothing
@given(crowds(), st.lists(st.integers(0, 4), max_size=2).map(sorted))
def test_parts_that_were_read_apart_come_together_as_one(crowd, cuts):
    people, use, walk = crowd
    at, edges = walk[0], [0, *cuts, 5]
    whole, joined = Population(POLICY, 0, b""), Population(POLICY, 0, b"")
    whole.put(_rows(people, at))
    parts = [Population(POLICY, 0, b"") for _ in edges[1:]]
    for number, part in enumerate(parts):
        part.put(_rows(people, at, only=set(range(edges[number] + 1, edges[number + 1] + 1))))
    joined.join(parts)
    for name in ("ordinals", "files", "since", "until", "ends"):
        assert getattr(joined, name).tolist() == getattr(whole, name).tolist(), name
        assert getattr(joined, name).dtype == getattr(whole, name).dtype, name
    assert joined.allowed(use, at).tolist() == whole.allowed(use, at).tolist()
    assert _told(joined, use, at) == _told(whole, use, at)
    joined.put(_rows(people, at))  # and what comes later finds its place among them
    assert joined.allowed(use, at).tolist() == whole.allowed(use, at).tolist()


@given(crowds())
def test_a_population_comes_back_from_its_bytes_as_it_was(crowd):
    people, use, walk = crowd
    at = walk[0]
    population = Population(POLICY, 7, b"mark")
    population.put(_rows(people, at))
    again = unpacked(packed(population), POLICY, 7, b"mark")
    assert again is not None
    for name in ("ordinals", "files", "since", "until", "gates", "spoken", "ends"):
        assert getattr(again, name).tolist() == getattr(population, name).tolist(), name
    assert again.said == population.said
    assert again.gates_said == population.gates_said
    assert again.allowed(use, at).tolist() == population.allowed(use, at).tolist()


def test_an_instant_is_a_whole_number_of_microseconds():
    assert micro(EPOCH) == 0
    assert micro(NOW + timedelta(microseconds=1)) == micro(NOW) + 1
    assert micro(EPOCH - timedelta(seconds=1)) == -1_000_000
    assert micro(datetime.max.replace(tzinfo=UTC)) == 253_402_300_799_999_999
