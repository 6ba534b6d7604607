"""A slab says of everybody what her column says: for any people, places, holes, masks and leavings."""

import uuid
from dataclasses import dataclass

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from genomics.callability import Callability
from genomics.column_rows import Rows, assemble
from genomics.columns import Column
from genomics.coordinates import Region
from genomics.matching import masked
from genomics.slab_bytes import Kept, pack
from genomics.slabs import WIDTH, Slab, View, calls_of, code
from genomics.variants import Variant

FAR = 30  # places on chromosome 20 in these worlds
LONG, OTHER_LONG = "ACGTN" * 5, "ACGTN" * 5 + "A"
ALLELES = ["", "A", "C", "G", "T", "AC", "CA", "*", LONG, OTHER_LONG]
WRITTEN = [one for one in ALLELES if one not in ("", "*")]

rows = st.tuples(
    st.integers(0, FAR - 1), st.sampled_from(ALLELES), st.sampled_from(ALLELES), st.integers(0, 3)
).filter(lambda row: row[1] == "" or row[1] != row[2])
stretches = st.tuples(st.integers(0, FAR), st.integers(1, 12)).map(lambda one: (one[0], one[0] + one[1]))
variants = st.tuples(st.integers(0, FAR), st.sampled_from(WRITTEN), st.sampled_from(WRITTEN)).filter(
    lambda one: one[1] != one[2]
)
regions = st.tuples(st.integers(0, FAR), st.integers(1, FAR)).map(
    lambda one: Region(20, one[0], one[0] + one[1])
)


def column(people_rows: list[tuple[int, str, str, int]], known: list[tuple[int, int]]) -> Column:
    """A column on chromosome 20, and something on another that must not be seen."""
    given_rows = [*people_rows, (3, "A", "T", 2)]
    n = len(given_rows)
    table = {allele: number for number, allele in enumerate(ALLELES)}
    made, _ = assemble(
        Rows(
            chromosome=np.array([20] * (n - 1) + [21], dtype=np.uint8),
            position=np.array([row[0] for row in given_rows], dtype=np.uint32),
            ref=np.array([table[row[1]] for row in given_rows], dtype=np.uint32),
            alt=np.array([table[row[2]] for row in given_rows], dtype=np.uint32),
            copies=np.array([row[3] for row in given_rows], dtype=np.uint8),
            ploidy=np.full(n, 2, dtype=np.uint8),
        ),
        ALLELES,
        Callability.of(
            np.full(len(known), 20), np.array([k[0] for k in known]), np.array([k[1] for k in known])
        ),
    )
    return made


columns = st.builds(column, st.lists(rows, max_size=25), st.lists(stretches, max_size=4))


@dataclass
class Laid:
    """People's columns, the slot of each, who is asked about, and who has left again."""

    people: dict[int, tuple[uuid.UUID, Column]]
    asked: set[int]
    left: set[int]

    @property
    def slab(self) -> Slab:
        slab = Slab.empty()
        for slot, (file, one) in self.people.items():
            calls = calls_of(one).get(20)
            if calls is not None:
                slab = slab.with_file(slot, file, calls)
        for slot in self.left:
            slab = slab.without(slot)
        return slab

    def view(self, slab: Slab, region: Region) -> View:
        kept = pack(slab)
        rows, edges = Kept(lambda at, many: kept[at : at + many], len(kept)).within(region.start, region.end)
        files = {slot: self.people[slot][0] for slot in self.asked}
        return View(files=files, mask=sum(1 << slot for slot in self.asked), rows=rows, edges=edges)


@st.composite
def laid(draw: st.DrawFn) -> Laid:
    slots = draw(st.lists(st.integers(0, WIDTH - 1), min_size=1, max_size=8, unique=True))
    people = {slot: (uuid.uuid4(), draw(columns)) for slot in slots}
    left = draw(st.sets(st.sampled_from(slots)))
    staying = [slot for slot in slots if slot not in left]
    asked = draw(st.sets(st.sampled_from(staying))) if staying else set()
    return Laid(people, asked, left)


@given(laid(), st.lists(variants, min_size=1, max_size=8), st.lists(regions, min_size=1, max_size=4))
def test_a_slab_answers_as_the_columns_do(laid: Laid, asked, stretches):
    slab = laid.slab
    places = [Variant(20, *one) for one in asked] + stretches
    # What is there is asked for, too: chance alone seldom hits it.
    for _, one in laid.people.values():
        for row in range(min(4, len(one))):
            ref, alt = one.alleles[one.ref[row]] or "A", one.alleles[one.alt[row]] or "T"
            if one.chromosome[row] == 20 and ref != alt and "*" not in (ref, alt):
                places.append(Variant(20, int(one.position[row]), ref, alt))
    for place in places:
        view = laid.view(slab, place.region if isinstance(place, Variant) else place)
        said = masked.carriages(view, place)
        assert said == {laid.people[slot][0]: laid.people[slot][1].carriage(place) for slot in laid.asked}, (
            str(place)
        )


@given(laid(), st.data())
def test_who_is_not_in_the_mask_may_be_noise_and_nothing_changes(laid: Laid, data):
    """Bits of others never show: not in who is found, nor in what is found of those asked about."""
    slab = laid.slab
    alone = Slab.empty()
    for slot in laid.asked:
        calls = calls_of(laid.people[slot][1]).get(20)
        if calls is not None:
            alone = alone.with_file(slot, laid.people[slot][0], calls)
    for place in (Variant(20, *data.draw(variants)), data.draw(regions)):
        region = place.region if isinstance(place, Variant) else place
        look = masked.carries if isinstance(place, Variant) else masked.carries_any
        with_others = look(laid.view(slab, region), place)
        assert with_others == look(laid.view(alone, region), place)
        mask = sum(1 << slot for slot in laid.asked)
        assert (with_others.one | with_others.two | with_others.reference) & ~mask == 0


def lines(slab: Slab) -> tuple[list, list]:
    return sorted(slab.rows.tolist()), slab.edges.tolist()


@given(laid())
def test_who_left_leaves_a_slab_as_if_she_had_never_been_in_it(laid: Laid):
    never = Laid({slot: one for slot, one in laid.people.items() if slot not in laid.left}, set(), set())
    assert lines(laid.slab) == lines(never.slab)
    assert [file for file in laid.slab.roster if file] == [file for file in never.slab.roster if file]


@given(laid())
def test_what_is_kept_is_read_back(laid: Laid):
    kept = pack(laid.slab)
    back = Kept(lambda at, many: kept[at : at + many], len(kept)).whole()
    assert pack(back) == kept
    assert back.roster == laid.slab.roster


@given(st.lists(st.text("ACGTN", min_size=1, max_size=25), unique=True, max_size=30))
def test_alleles_have_numbers_of_their_own(alleles: list[str]):
    assert len({code(one) for one in [*alleles, "", "*"]}) == len(alleles) + 2
