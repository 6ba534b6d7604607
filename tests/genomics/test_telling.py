"""How many matches a search tells, and how fine; and who stands in it, in which order."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from consent.policy import COMPARED, Policy
from consent.purposes import PURPOSES
from genomics.chain import Chain
from genomics.coordinates import LENGTHS, Build
from genomics.matching import beside, places
from genomics.matching.beside import Beside
from genomics.matching.places import Stretch
from genomics.matching.question import Reference
from genomics.matching.relatives import Relatives
from genomics.matching.report import Report
from genomics.matching.sharing import Segment, Sharing
from genomics.matching.telling import Telling
from genomics.matching.x_shared import XSharing
from tests.world import small_panel

PANEL = small_panel()
ROW = PANEL.row_of(np.zeros(len(PANEL), dtype=np.uint8))
TELLING = Telling.of(Policy.default(), ["L.HOM"])
REFERENCE = Reference(PANEL, ROW, TELLING)
QUESTION = Relatives(evidence=uuid4())


def segment(start: int, end: int, *, chromosome: int = 1, cm: float = 30.0) -> Segment:
    return Segment(chromosome, start, end, cm, 400)


def sharing(total: float, *segments: Segment, **changes: Any) -> Sharing:
    plain = Sharing(
        total_cm=total,
        longest_cm=total,
        segments=segments or (segment(1_000_000, 30_000_000, cm=total),),
        ibd2_cm=0.0,
        overlap_sites=len(PANEL),
        kinship=0.0123,
        relationship="distant",
    )
    return replace(plain, **changes)


def concluded(found: dict[int, Sharing], telling: Telling = TELLING, **given: Any) -> dict[str, Any]:
    """`alias` turns the order of ordinals round."""
    return QUESTION.conclude(
        {ordinal: [one] for ordinal, one in found.items()},
        reference=replace(REFERENCE, telling=telling),
        alias=lambda ordinal: f"R-{9 - ordinal}",
        **given,
    ).as_json()


def test_places_and_pairs_are_told_for_purposes_that_compare_for_kinship():
    compares = {kind.family for kind in PURPOSES.values() if kind.domain in "LEG"} - {"LE.NVC"}
    assert compares == COMPARED
    for purpose, kind in PURPOSES.items():
        told = Telling.of(Policy.default(), [purpose])
        assert (told.places, told.in_common) == (kind.family in COMPARED, kind.family in COMPARED)


def test_of_several_purposes_the_strictest_decides():
    policy = Policy.default().overlay(
        {
            "most_matches_by_family": {"LE.HOM": 30, "LE.SEX": 9},
            "step_tenths_cm_by_family": {"LE.HOM": 50},
            "places_told": ["LE.HOM", "LE.SEX"],
            "in_common_told": ["LE.HOM"],
        }
    )
    both = Telling.of(policy, ["L.HOM", "L.SEX"])
    assert both == Telling(most=9, tenths=50, places=True, in_common=False)
    assert Telling.of(policy, ["L.ABD"]) == Telling(most=100, tenths=1, places=False, in_common=False)


@pytest.mark.parametrize(
    ("tenths", "told"), [(1, [12.3, 12.4, 0.0]), (10, [12.0, 12.0, 0.0]), (50, [10.0, 10.0, 0.0])]
)
def test_lengths_are_told_in_steps(tenths: int, told: list[float]):
    telling = replace(TELLING, tenths=tenths)
    assert [telling.cm(one) for one in (12.34, 12.36, 0.02)] == told


def test_the_nearest_come_first_and_equals_by_names_that_say_nothing_of_who_came_first():
    found = {1: sharing(40.01), 2: sharing(40.04), 3: sharing(90.0), 4: sharing(40.02, longest_cm=39.0)}
    told = [one["person"] for one in concluded(found)["records"]]
    assert told == ["R-6", "R-7", "R-8", "R-5"], "40.04 before 40.01 would tell more than both as 40.0"
    assert told == [one["person"] for one in concluded(dict(reversed(found.items())))["records"]]


def test_no_more_are_told_than_the_policy_lets_and_the_same_is_said_of_few_and_of_many():
    found = {n: sharing(30.0 + n) for n in range(5)}
    answer = concluded(found, replace(TELLING, most=2))
    assert [one["total_cm"] for one in answer["records"]] == [34.0, 33.0]
    assert answer["notes"][1] == "At most 2 people are told, the nearest first."
    assert concluded({}, replace(TELLING, most=2))["notes"] == answer["notes"]


def test_whoever_is_compared_with_the_others_is_told_of():
    found = {n: [sharing(30.0 + n), None] for n in range(5)}
    asked = {"alias": lambda ordinal: f"R-{ordinal}"}

    def nearest(most: int, **changes: Any) -> tuple[int, ...]:
        telling = replace(TELLING, most=most, **changes)
        return tuple(QUESTION.nearest(found, reference=replace(REFERENCE, telling=telling), **asked))

    assert nearest(3) == (4, 3, 2)
    assert nearest(3, in_common=False) == ()
    assert nearest(1) == (), "one has nobody to be compared with"


def test_where_places_are_not_told_nothing_has_a_place():
    found, between = {1: sharing(60.0), 2: sharing(50.0)}, {(1, 2): sharing(45.0)}
    answer = concluded(found, replace(TELLING, places=False), beside=Beside(between))
    assert [one["segments"] for one in answer["records"]] == [[], []]
    assert [one["segment_count"] for one in answer["records"]] == [1, 1]
    assert answer["pairs"] == [
        {"people": ["R-7", "R-8"], "total_cm": 45.0, "longest_cm": 45.0, "triangulated": []}
    ]


def test_kinship_and_chances_tell_no_finer_than_lengths_do():
    told = concluded({1: sharing(60.0)})["records"][0]
    assert told["kinship"] == 0.012


def test_a_pair_is_told_only_of_two_who_are_told_and_share_as_much_as_was_asked():
    found = {n: sharing(30.0 + n) for n in range(1, 4)}
    between = {(3, 2): sharing(50.0), (3, 1): sharing(50.0), (2, 1): sharing(19.9)}
    pairs = concluded(found, beside=Beside(between))["pairs"]
    assert [one["people"] for one in pairs] == [["R-6", "R-7"], ["R-6", "R-8"]]
    pairs = concluded(found, replace(TELLING, most=2), beside=Beside(between))["pairs"]
    assert [one["people"] for one in pairs] == [["R-6", "R-7"]]


def test_all_three_share_where_each_two_do_and_for_as_long_as_was_asked():
    one = sharing(60.0, segment(1_000_000, 60_000_000), segment(1_000_000, 60_000_000, chromosome=2))
    other = sharing(60.0, segment(20_000_000, 90_000_000), segment(1_000_000, 9_000_000, chromosome=2))
    between = sharing(60.0, segment(1_000_000, 50_000_000), segment(8_500_000, 60_000_000, chromosome=2))
    ((where, length),) = beside.triangulated(one, other, between, PANEL, min_cm=7)
    assert where == Stretch(1, 20_000_000, 50_000_000)
    assert 20 < length < 50
    assert not list(beside.triangulated(one, other, between, PANEL, min_cm=length + 1))


def test_two_who_share_with_the_profile_and_not_with_each_other_are_no_pair():
    rng = np.random.default_rng(5)
    mother, father, stranger = (rng.binomial(2, 0.5, len(PANEL)) for _ in range(3))
    half = np.arange(len(PANEL)) < len(PANEL) // 2
    rows = {
        1: PANEL.row_of(mother.astype(np.uint8)),
        2: PANEL.row_of(np.where(half, mother, stranger).astype(np.uint8)),
        3: PANEL.row_of(father.astype(np.uint8)),
    }
    turns: list[int] = []
    found = beside.pairs(rows, PANEL, min_cm=7, on_each=lambda: turns.append(1))
    assert len(turns) == len(rows), "a worker says after each that it is at work"
    assert set(found) == {(1, 2)}
    assert {one.chromosome for one in found[1, 2].segments} == {1}


CHAIN = f"""\
chain 10 chr1 {LENGTHS[Build.GRCh37][1]} + 0 60000000 chr1 {LENGTHS[Build.GRCh38][1]} + 500 60000500 1
60000000

chain 9 chr1 {LENGTHS[Build.GRCh37][1]} + 70000000 80000000 chr2 {LENGTHS[Build.GRCh38][2]} + 0 10000000 2
10000000

chain 8 chr1 {LENGTHS[Build.GRCh37][1]} + 90000000 99000000 chr1 {LENGTHS[Build.GRCh38][1]} - 100000 9100000 3
9000000
"""


def test_ends_are_carried_to_the_other_build_and_one_that_is_not_says_so():
    way = Chain.read(CHAIN.splitlines())
    stretches = [
        Stretch(1, 1, 1_000_000),
        Stretch(1, 1, 65_000_000),  # into a gap
        Stretch(1, 1, 75_000_000),  # to another chromosome
        Stretch(1, 91_000_000, 92_000_000),  # turned round
        Stretch(2, 1, 9),
    ]
    right = LENGTHS[Build.GRCh38][1] - 100_000
    assert places.carried(stretches, way) == [
        Stretch(1, 501, 1_000_500),
        None,
        None,
        Stretch(1, right - 2_000_000 + 1, right - 1_000_000 + 1),
        None,
    ]
    assert places.carried(stretches, None) == [None] * 5
    told = Report(telling=TELLING, reference=replace(REFERENCE, way=way), min_cm=7).match(
        "R-1", sharing(60.0, segment(1, 1_000_000), segment(1, 65_000_000))
    )
    assert [(one["other_start"], one["other_end"]) for one in told["segments"]] == [
        (501, 1_000_500),
        (None, None),
    ]


def test_x_is_told_by_the_same_dials_and_is_in_no_sum():
    stretch = segment(3_000_000, 90_000_000, chromosome=23, cm=81.0)
    x = Beside(x={1: XSharing(cm=81.0, segments=(stretch,), sites=300, low=False, single=2)})
    plain = concluded({1: sharing(40.0)})["records"][0]
    told = concluded({1: sharing(40.0)}, beside=x)["records"][0]
    assert (told["x_cm"], told["x_sites"], told["x_single"]) == (81.0, 300, 2)
    assert [(one["chromosome"], one["start"], one["cm"]) for one in told["x_segments"]] == [
        (23, 3_000_000, 81.0)
    ]
    assert {name: one for name, one in told.items() if not name.startswith("x_")} == {
        name: one for name, one in plain.items() if not name.startswith("x_")
    }
    assert (plain["x_cm"], plain["x_single"], plain["x_segments"]) == (None, None, [])
    coarse = concluded({1: sharing(40.0)}, replace(TELLING, places=False, tenths=50), beside=x)["records"][0]
    assert (coarse["x_cm"], coarse["x_single"], coarse["x_segments"]) == (80.0, None, [])


def test_a_small_overlap_is_flagged_by_what_it_would_miss():
    report = Report(telling=TELLING, reference=REFERENCE, min_cm=20)
    assert not report.match("R-1", sharing(60.0))["overlap_low"]
    few = sharing(60.0, overlap_sites=len(PANEL) // 4)
    assert report.match("R-1", few)["overlap_low"]
    assert report.match("R-1", sharing(0.0, overlap_sites=0))["overlap_low"]
