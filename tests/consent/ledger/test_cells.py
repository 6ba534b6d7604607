"""Small counts stay small: whoever reads every published table, and knows the rule, learns no more."""

from itertools import pairwise, product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consent.ledger import cells

K = 3


def consistent(
    shown: dict[str, dict[str, cells.Cell]], most: int, known: int | None = None
) -> dict[str, dict[str, set[int]]]:
    """Every value that each hidden count can have, by trying all: what a reader with patience works out."""
    found = {name: {cell: set() for cell in table} for name, table in shown.items()}
    by_total: dict[str, dict[int, list[tuple[int, ...]]]] = {}
    for name, table in shown.items():
        published = [
            count
            for cell, count in table.items()
            if isinstance(count, int) and (known is None or (name, cell) != ("a", "0"))
        ]
        ranges = [
            [count]
            if isinstance(count, int)
            else range(K)
            if count == cells.fewer(K)
            else range(K, min([*published, most]) + 1)
            for count in table.values()
        ]
        sums: dict[int, list[tuple[int, ...]]] = {}
        for values in product(*ranges):
            sums.setdefault(sum(values), []).append(values)
        by_total[name] = sums
    for total in set.intersection(*(set(sums) for sums in by_total.values())):
        for name, sums in by_total.items():
            for values in sums[total]:
                for cell, value in zip(shown[name], values, strict=True):
                    found[name][cell].add(value)
    return found


@st.composite
def groups(draw: st.DrawFn) -> dict[str, dict[str, int]]:
    """Two or three tables of the same things, and their total."""
    total = draw(st.integers(0, 14))
    tables = {"total": {"all": total}}
    for name in draw(st.sampled_from([("a",), ("a", "b")])):
        cuts = sorted(draw(st.lists(st.integers(0, total), min_size=1, max_size=3)))
        edges = [0, *cuts, total]
        tables[name] = {f"{n}": end - start for n, (start, end) in enumerate(pairwise(edges))}
    return tables


@given(groups())
@example({"total": {"all": 8}, "a": {"0": 7, "1": 1}})
@example({"total": {"all": 4}, "a": {"0": 2, "1": 2}})
@example({"total": {"all": 4}, "a": {"0": 4, "1": 0}, "b": {"0": 2, "1": 2}})
def test_a_reader_of_all_tables_cannot_tell_a_small_count_from_none(tables: dict[str, dict[str, int]]):
    shown = cells.shown(tables, K)
    possible = consistent(shown, most=20)
    for name, table in shown.items():
        for cell, said in table.items():
            if said == cells.fewer(K):
                assert possible[name][cell] == set(range(K)), (tables, shown, name, cell)
            elif isinstance(said, int):
                assert said == tables[name][cell] >= K


@given(groups())
@example({"total": {"all": 8}, "a": {"0": 7, "1": 1}})
def test_what_everybody_knows_from_elsewhere_gives_nothing_else_away(tables: dict[str, dict[str, int]]):
    """The first cell of a table is told exactly by the monthly statements, be it small or large."""
    shown = cells.shown(tables, K, known=[("a", "0")])
    assert shown["a"]["0"] == tables["a"]["0"]
    possible = consistent(shown, most=20, known=tables["a"]["0"])
    for name, table in shown.items():
        for cell, said in table.items():
            if said == cells.fewer(K):
                assert possible[name][cell] == set(range(K)), (tables, shown, name, cell)


def test_that_reader_works_it_out_from_a_total_that_is_left_standing():
    """The teeth: with the small count alone taken out, the rest gives it away."""
    naive = {"total": {"all": 8}, "a": {"0": 7, "1": cells.fewer(K)}}
    assert consistent(naive, most=20)["a"]["1"] == {1}


def test_nothing_is_kept_back_where_nothing_is_small():
    tables = {"total": {"all": 60}, "a": {"x": 40, "y": 20}}
    assert cells.shown(tables, 10) == tables


def test_a_small_count_takes_the_total_with_it():
    shown = cells.shown({"total": {"all": 44}, "a": {"x": 40, "y": 4}}, 10)
    assert shown == {"total": {"all": cells.NOT_SHOWN}, "a": {"x": 40, "y": "fewer than 10"}} or shown == {
        "total": {"all": 44},
        "a": {"x": cells.NOT_SHOWN, "y": "fewer than 10"},
    }


def test_none_and_few_look_alike():
    few, none = ({"total": {"all": n}, "a": {"x": n, "y": 0}} for n in (4, 0))
    assert cells.shown(few, 10) == cells.shown(none, 10)


def test_tables_of_different_things_are_refused():
    with pytest.raises(ValueError, match="totals differ"):
        cells.shown({"a": {"x": 1}, "b": {"x": 2}}, 10)


def test_names_that_occur_seldom_are_told_together():
    assert cells.folded({"US-UT": 12, "US-MD": 3, "DE": 1}, 10, "elsewhere") == {"US-UT": 12, "elsewhere": 4}
