"""Bit kernels say what a loop over the sites would."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genomics.coordinates import Build
from genomics.genetic_map import GeneticMap
from genomics.matching import kernels
from genomics.panel import MISSING, Panel, PanelRow

MAP = GeneticMap.from_tsv(["1\t1\t0.0", "1\t1000\t1.0"], Build.GRCh37)

GENOTYPES = st.integers(1, 150).flatmap(
    lambda sites: st.lists(
        st.lists(st.integers(0, 3), min_size=sites, max_size=sites), min_size=2, max_size=4
    )
)


def row(copies: list[int]) -> PanelRow:
    lines = [f"1\t{n + 1}\tA\tG" for n in range(len(copies))]
    panel = Panel.from_tsv(lines, name="k", version="1", build=Build.GRCh37, genetic_map=MAP)
    return panel.row_of(np.array(copies, dtype=np.uint8))


@given(GENOTYPES, st.data())
def test_kernels_equal_a_loop_over_the_sites(people: list[list[int]], data: st.DataObject) -> None:
    sites = data.draw(st.integers(1, len(people[0])))
    rows = kernels.stack([row(person) for person in people], sites=sites)
    one, many = rows[:1], rows[1:]
    query = people[0][:sites]
    for person, other in enumerate(people[1:]):
        pairs = list(zip(query, other[:sites], strict=True))
        known = [MISSING not in pair for pair in pairs]
        against = [set(pair) == {0, 2} for pair in pairs]
        differ = [a != b and k for (a, b), k in zip(pairs, known, strict=True)]
        for kernel, plain in (
            (kernels.overlap, known),
            (kernels.opposite, against),
            (kernels.differing, differ),
        ):
            words = kernel(one, many)
            assert kernels.bits(words, sites=sites)[person].tolist() == plain
            assert kernels.count(words)[person] == sum(plain)
        if sites == len(people[0]):
            agreed = kernels.agreement(row(query), row(other))
            assert agreed == (sum(known) - sum(differ), sum(known))


def test_rows_of_different_panels_are_not_compared() -> None:
    with pytest.raises(kernels.RowsDiffer, match="not of one panel"):
        kernels.stack([row([0, 1]), row([0, 1, 2])], sites=2)
    with pytest.raises(kernels.RowsDiffer, match="not of one panel"):
        kernels.agreement(row([0, 1, 2]), row([0, 1]))
    with pytest.raises(kernels.RowsDiffer, match="not of one panel"):
        kernels.agreement(row([0, 1]), row([0, 1, 2]))


def test_nobody_stacks_to_nothing() -> None:
    assert len(kernels.stack([], sites=70)) == 0
