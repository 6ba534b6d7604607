"""Shared segments: equal to the plain scan, true to simulated truth, silent about strangers."""

from collections import defaultdict
from dataclasses import asdict
from functools import cache

import numpy as np
import pytest
from celery.signals import worker_init
from numpy.typing import NDArray

from broker import tasks
from broker.demo.founders import Sites
from broker.demo.pedigree import Relation
from broker.demo.simulator import Pair, World, simulate
from genomics.coordinates import Build
from genomics.matching import kernels, segments
from genomics.matching.ground import Ground
from genomics.matching.kinship import Relationship
from genomics.matching.scan import FOUND
from genomics.matching.sharing import Sharing
from genomics.panel import MISSING, Panel, PanelRow
from tests.genomics import plain_scan

pytestmark = pytest.mark.xdist_group("relatives")  # the simulated worlds are made once

SEEDS = (101, 102)
FAMILIES, PEOPLE = 3, 80


@cache
def world(seed: int) -> World:
    return simulate(seed=seed, people=PEOPLE, families=FAMILIES)


@cache
def compared(seed: int) -> dict[tuple[int, int], Sharing]:
    """Everybody of a family against everybody, at 30,000 sites."""
    here = world(seed)
    panel = here.panel()
    rows = [panel.row_of(person.copies) for person in here.people]
    stacked = segments.rows_of(rows, panel)
    return {
        (a, b): sharing
        for a, person in enumerate(here.people)
        if person.family
        for b, sharing in enumerate(segments.compare(rows[a], stacked, panel))
    }


def pairs(relation: Relation) -> list[tuple[Pair, Sharing]]:
    return [
        (pair, compared(seed)[pair.a, pair.b])
        for seed in SEEDS
        for pair in world(seed).pairs
        if pair.relation is relation
    ]


def few_chromosomes(seed: int, *, frequency: bool = True) -> tuple[Panel, list[NDArray[np.uint8]]]:
    """Chromosomes 13, 21 and 22 of a world, and a few X sites that the scan must leave alone."""
    here = simulate(seed=seed, people=20, families=1, error=0.004, missing=0.03)
    chosen = np.isin(here.sites.chromosome, [13, 21, 22])
    # chromosome 13's last sites serve as X: everybody's genotypes there are as unlike as anywhere
    as_x = np.flatnonzero(here.sites.chromosome == 13)[-40:]
    order = np.concatenate([np.setdiff1d(np.flatnonzero(chosen), as_x), as_x])
    chromosome = here.sites.chromosome[order].copy()
    chromosome[-40:] = 23
    sites = Sites(
        Build.GRCh37,
        chromosome,
        *(getattr(here.sites, name)[order] for name in ("position", "ref", "alt", "rsid", "cm")),
    )
    panel = sites.panel(name="few", version="1", frequency=here.frequency[order] if frequency else None)
    return panel, [person.copies[order] for person in here.people]


@pytest.mark.parametrize(("seed", "frequency"), [(1, True), (2, True), (3, False)])
@pytest.mark.parametrize("worn", [0.0, 0.05, 0.2])
def test_the_scan_equals_the_plain_one(seed: int, frequency: bool, worn: float) -> None:
    """On one haplotype and on both; for kits that lost sites, stretches and heterozygotes."""
    panel, people = few_chromosomes(seed, frequency=frequency)
    rng = np.random.default_rng(seed)
    if worn:
        for copies in people:
            copies[(copies == 1) & (rng.random(len(panel)) < worn)] = 2 * rng.integers(0, 2)
            copies[rng.random(len(panel)) < 0.5] = MISSING
            first = int(rng.integers(0, len(panel) - 200))
            copies[first : first + int(rng.integers(20, 200))] = MISSING
    ground = Ground.of(panel)
    rows = segments.People.of(segments.rows_of([panel.row_of(copies) for copies in people], panel), ground)
    plain = [copies[: ground.sites].tolist() for copies in people]
    pairs = [(a, b) for a in range(0, len(people), 3) for b in range(len(people))]
    sharing = np.zeros(0, dtype=FOUND)
    for grid, misreading, rules in (
        (ground.one, ground.misreading, segments.ONE._replace(told_cm=5.0)),
        (ground.both, 1.0, segments.BOTH),
    ):
        found = segments.scanned(
            rows, rows, np.array(pairs, dtype=np.int32), grid, misreading, rules, sharing
        )
        seen = 0
        for a, b in pairs:
            mine = found[(found["query"] == a) & (found["row"] == b)]
            misread = float(rows.setting.dropout[a] + rows.setting.dropout[b]) * misreading
            hers = sharing[(sharing["query"] == a) & (sharing["row"] == b)]
            within = [range(one["first"], one["last"] + 1) for one in hers]
            two = plain_scan.two_of(plain[a], plain[b], grid, ground.probes, rules, misread, within)
            told = plain_scan.stretches(two)
            assert [(one.first, one.last, one.sites, one.against) for one in told] == [
                tuple(one) for one in mine[["first", "last", "sites", "against"]].tolist()
            ]
            assert [one.evidence for one in told] == pytest.approx(mine["evidence"].tolist(), abs=0.01)
            assert [one.measured for one in told] == pytest.approx(mine["measured"].tolist(), abs=0.001)
            seen += len(told)
        assert seen > 10
        sharing = found


@pytest.mark.parametrize(
    ("relation", "said", "bias", "spread"),
    [
        (Relation.PARENT_CHILD, Relationship.PARENT_OR_CHILD, 0.01, 0.02),
        (Relation.FULL_SIBLINGS, Relationship.FULL_SIBLING, 0.04, 0.06),
        (Relation.AVUNCULAR, Relationship.SECOND_DEGREE, 0.06, 0.10),
        (Relation.GRANDPARENT, Relationship.SECOND_DEGREE, 0.04, 0.08),
        (Relation.FIRST_COUSINS, None, 0.12, 0.18),
    ],
)
def test_close_relatives_are_all_found_with_totals_near_the_truth(
    relation: Relation, said: Relationship | None, bias: float, spread: float
) -> None:
    found = pairs(relation)
    assert len(found) >= 6 * len(SEEDS)
    truth = np.array([pair.total_cm for pair, _ in found])
    told = np.array([sharing.total_cm for _, sharing in found])
    assert all(sharing.total_cm >= 20 and sharing.longest_cm >= 10 for _, sharing in found)
    assert abs((told - truth).mean()) <= bias * truth.mean()
    assert np.sqrt(((told - truth) ** 2).mean()) <= spread * truth.mean()
    if said:
        assert {sharing.relationship for _, sharing in found} == {said.value}


def test_what_siblings_share_twice_is_near_the_truth_and_parents_share_nothing_twice() -> None:
    siblings = pairs(Relation.FULL_SIBLINGS)
    truth = np.array([pair.ibd2_cm for pair, _ in siblings])
    told = np.array([sharing.ibd2_cm for _, sharing in siblings])
    assert np.abs(told - truth).mean() <= 0.1 * truth.mean()
    assert max(sharing.ibd2_cm for _, sharing in pairs(Relation.PARENT_CHILD)) < 40


def test_strangers_practically_never_reach_the_reporting_minimum() -> None:
    told = asked = 0
    for seed in SEEDS:
        related = {frozenset((pair.a, pair.b)) for pair in world(seed).pairs}
        for (a, b), sharing in compared(seed).items():
            if a != b and frozenset((a, b)) not in related:
                asked += 1
                told += sharing.total_cm >= 20
    assert asked > 5_000
    assert told <= asked / 1000


def test_segments_lie_where_the_truth_has_them() -> None:
    """A grandparent and a grandchild share whole stretches of the genome, and the rest not at all."""
    here = world(SEEDS[0])
    for pair, sharing in pairs(Relation.GRANDPARENT)[:10]:
        assert sharing.longest_cm == pytest.approx(pair.longest_cm, abs=25)
        assert sharing.total_cm == pytest.approx(sum(s.cm for s in sharing.segments), abs=0.1)
        for segment in sharing.segments:
            assert segment.cm >= 7
            inside = here.sites.chromosome == segment.chromosome
            inside &= (here.sites.position >= segment.start - 1) & (here.sites.position < segment.end)
            assert 0.9 * inside.sum() <= segment.sites <= inside.sum()


def test_a_person_is_the_same_person_as_herself() -> None:
    for seed in SEEDS:
        mine = [sharing for (a, b), sharing in compared(seed).items() if a == b]
        assert {sharing.relationship for sharing in mine} == {Relationship.SAME.value}
        assert all(sharing.kinship > 0.48 for sharing in mine)


def parent_and_child() -> tuple[World, Panel, NDArray[np.uint8], NDArray[np.uint8]]:
    here = world(SEEDS[0])
    pair = next(pair for pair in here.pairs if pair.relation is Relation.PARENT_CHILD)
    return here, here.panel(), here.people[pair.a].copies.copy(), here.people[pair.b].copies.copy()


def share(panel: Panel, one: NDArray[np.uint8], other: NDArray[np.uint8]) -> Sharing:
    return segments.compare(panel.row_of(one), [panel.row_of(other)], panel)[0]


def test_one_region_of_a_genome_makes_nobody_a_parent() -> None:
    here, panel, parent, child = parent_and_child()
    elsewhere = (here.sites.chromosome != 20) | (here.sites.cm > 90)
    child[elsewhere] = MISSING
    sharing = share(panel, parent, child)
    assert sharing.total_cm == pytest.approx(90, abs=8)
    assert sharing.relationship == Relationship.UNKNOWN.value
    assert sharing.kinship == 0.0


def test_half_of_a_genome_is_judged_by_that_half() -> None:
    here, panel, parent, child = parent_and_child()
    child[here.sites.chromosome % 2 == 0] = MISSING
    sharing = share(panel, parent, child)
    assert {segment.chromosome % 2 for segment in sharing.segments} == {1}
    assert sharing.relationship == Relationship.PARENT_OR_CHILD.value
    assert sharing.kinship == pytest.approx(0.25, abs=0.01)


def test_no_segment_goes_through_a_stretch_that_nobody_saw() -> None:
    here, panel, parent, child = parent_and_child()
    hidden = (here.sites.chromosome == 2) & (here.sites.cm > 100) & (here.sites.cm < 140)
    child[hidden] = MISSING
    before, after = [s for s in share(panel, parent, child).segments if s.chromosome == 2][:2]
    assert before.end <= here.sites.position[hidden].min() + 1
    assert after.start >= here.sites.position[hidden].max() + 1


def test_too_few_sites_in_common_is_said_and_not_called_nothing() -> None:
    here = world(SEEDS[0])
    panel = here.panel()
    rng = np.random.default_rng(3)
    stranger = here.people[-1].copies.copy()
    assert share(panel, here.people[0].copies, stranger).relationship == Relationship.NONE_FOUND.value
    stranger[rng.random(len(stranger)) < 0.8] = MISSING
    assert share(panel, here.people[0].copies, stranger).relationship == Relationship.UNKNOWN.value


def test_a_misread_genotype_is_forgiven_and_a_contradicted_stretch_is_not() -> None:
    here, panel, parent, child = parent_and_child()
    on_three = np.flatnonzero(here.sites.chromosome == 3)
    whole = [s for s in share(panel, parent, child).segments if s.chromosome == 3]
    middle = on_three[len(on_three) // 2 :]
    ours = middle[parent[middle] == 0]
    child[ours[0]] = 2
    once = [s for s in share(panel, parent, child).segments if s.chromosome == 3]
    assert [(s.start, s.end) for s in once] == [(s.start, s.end) for s in whole]
    child[ours[:3]] = 2
    often = [s for s in share(panel, parent, child).segments if s.chromosome == 3]
    assert len(often) == len(whole) + 1


def test_the_answer_does_not_depend_on_the_order_or_on_how_much_is_found_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = world(SEEDS[0])
    panel = here.panel()
    rows = [panel.row_of(person.copies) for person in here.people[:30]]
    at_once = segments.compare(rows[0], rows, panel)
    assert segments.compare(rows[0], rows[::-1], panel) == at_once[::-1]
    assert segments.compare(rows[0], segments.rows_of(rows, panel), panel) == at_once
    monkeypatch.setattr(segments, "AT_ONCE", 1)  # room for a pair at a time
    assert segments.compare(rows[0], rows, panel) == at_once


def test_the_two_sides_of_a_pair_are_told_nearly_the_same() -> None:
    """The chances rest on the query's genotypes, so the two directions differ a little at the margin."""
    both: dict[frozenset[int], list[float]] = defaultdict(list)
    for (a, b), sharing in compared(SEEDS[0]).items():
        both[frozenset((a, b))].append(sharing.total_cm)
    told = np.array([two for two in both.values() if len(two) == 2 and max(two) > 300])
    assert len(told) > 50
    assert (np.abs(told[:, 0] - told[:, 1]) < 0.15 * told.max(axis=1)).mean() > 0.95


def test_sex_chromosomes_alone_say_nothing() -> None:
    panel = Panel.from_tsv(
        [f"X\t{3_000_000 + 1000 * n}\tA\tG" for n in range(300)], name="x", version="1", build=Build.GRCh37
    )
    row = panel.row_of(np.zeros(300, dtype=np.uint8))
    sharing = segments.compare(row, [row, row], panel)
    assert [one.relationship for one in sharing] == [Relationship.UNKNOWN.value] * 2
    assert sharing[0].total_cm == sharing[0].overlap_sites == 0


def test_nobody_to_compare_with_is_an_empty_answer_and_another_panel_is_refused() -> None:
    here = world(SEEDS[0])
    panel = here.panel()
    row = panel.row_of(here.people[0].copies)
    assert segments.compare(row, [], panel) == []
    short = PanelRow(9, row.lo[:2], row.hi[:2])
    with pytest.raises(kernels.RowsDiffer):
        segments.compare(row, [short], panel)
    with pytest.raises(kernels.RowsDiffer):
        segments.compare(row, kernels.stack([short], sites=9), panel)


def test_a_sharing_is_plain_figures_and_words() -> None:
    sharing = compared(SEEDS[0])[0, 0]
    said = asdict(sharing)
    assert said.pop("generations") is None, "nobody descends from herself"
    assert {type(value) for value in said.values()} == {float, int, str, tuple}
    assert {type(value) for value in said["segments"][0].values()} == {float, int}


def test_a_profile_made_of_heterozygotes_shares_with_nobody() -> None:
    """It contradicts nobody, and so says nothing: what nobody could contradict is no evidence."""
    here = world(SEEDS[0])
    panel = here.panel()
    rows = segments.rows_of([panel.row_of(person.copies) for person in here.people], panel)
    made = np.ones(len(panel), dtype=np.uint8)
    assert segments.related(panel.row_of(made), rows, panel) == {}
    made[::500] = 0  # a homozygote here and there
    assert segments.related(panel.row_of(made), rows, panel) == {}


def test_a_worker_compiles_before_anybody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(segments, "related", lambda query, rows, panel: asked.append(len(panel)))
    tasks.be_ready_to_compare()
    assert asked == [64]
    assert tasks.be_ready_to_compare in [receiver() for _, receiver in worker_init.receivers]
