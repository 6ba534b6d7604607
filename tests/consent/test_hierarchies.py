"""What lies inside what."""

from dataclasses import replace

import pytest

from consent.decision import Decision, decide
from consent.hierarchies import DISEASE_NAMES, DISEASES, REGION_NAMES, REGIONS, Hierarchy
from consent.terms import DataUse, File, Modifier, Permission, Statement
from tests.cast import CANCER, MELANOMA, NOW, POLICY, born, research, yes


@pytest.mark.parametrize(
    ("hierarchy", "name", "upwards"),
    [
        (REGIONS, "DE", {"DE", "EU", "EEA"}),
        (REGIONS, "GB", {"GB"}),
        (REGIONS, "US-MD", {"US-MD", "US"}),
        (REGIONS, "XX", set()),
        (DISEASES, "MONDO:0000001", {"MONDO:0000001"}),
        (
            DISEASES,
            "MONDO:0006486",
            {"MONDO:0006486", "MONDO:0005105", "MONDO:0004992", "MONDO:0045024", "MONDO:0000001"},
        ),
    ],
)
def test_a_name_lies_inside_itself_and_everything_above(hierarchy: Hierarchy, name: str, upwards: set[str]):
    assert hierarchy.upwards(name) == upwards
    assert hierarchy.knows(name) is (name != "XX")


def test_two_parents_and_even_a_circle_are_climbed_once():
    both = Hierarchy.of(
        {"child": ["mother", "father"], "mother": ["root"], "father": ["root"], "root": ["child"]}
    )
    assert both.upwards("child") == {"child", "mother", "father", "root"}


def test_hierarchies_are_values():
    assert Hierarchy.of({"a": ["b", "c"], "d": []}) == Hierarchy.of({"d": [], "a": ["c", "b"]})
    assert hash(Hierarchy.of({"a": []})) == hash(Hierarchy.of({"a": ()}))
    assert Hierarchy.of(REGIONS.as_json()) == REGIONS


def test_everything_in_the_tables_has_a_name_for_people():
    assert DISEASE_NAMES.keys() == DISEASES.as_json().keys()
    assert REGION_NAMES.keys() == REGIONS.as_json().keys()


ONLY_UNKNOWN = "MONDO:9999999"
OBSOLETE = "MONDO:0000099"


@pytest.mark.parametrize(
    ("consented", "asked", "permitted"),
    [
        (CANCER, MELANOMA, True),
        (CANCER, ONLY_UNKNOWN, False),
        (ONLY_UNKNOWN, ONLY_UNKNOWN, False),
        (OBSOLETE, OBSOLETE, False),
        (ONLY_UNKNOWN, MELANOMA, False),
        (OBSOLETE, CANCER, False),
    ],
)
def test_a_disease_that_is_not_in_the_table_denies_on_both_sides(consented: str, asked: str, permitted: bool):
    said = (yes("RESEARCH", Permission("DS", (consented,))),)
    assert bool(_decided(said, research("R.DS", disease=asked))) is permitted


@pytest.mark.parametrize(
    ("allowed", "asked", "permitted"),
    [
        ("EEA", "DE", True),
        ("EEA", "NO", True),
        ("EU", "NO", False),
        ("US", "US-MD", True),
        ("US-MD", "US", False),
        ("ID", "ID-JB", True),
        ("XX", "XX", False),
        ("XX", "DE", False),
        ("EU", "XX", False),
    ],
)
def test_a_region_that_is_not_in_the_table_denies_on_either_side(allowed: str, asked: str, permitted: bool):
    said = (yes("RESEARCH", Permission("GRU"), modifiers=(Modifier.of("GS", regions=[allowed]),)),)
    use = replace(research("R.HMB"), regions=frozenset((asked,)))
    assert bool(_decided(said, use)) is permitted


def _decided(said: tuple[Statement, ...], use: DataUse) -> Decision:
    return decide(born(), File("GF1"), said, use, POLICY, NOW)


def test_the_regions_are_all_of_the_union_the_states_and_the_provinces():
    inside = {code for code in REGION_NAMES if "EU" in REGIONS.upwards(code)} - {"EU"}
    assert len(inside) == 27
    assert all("EEA" in REGIONS.upwards(code) for code in inside)
    assert sum(code.startswith("US-") for code in REGION_NAMES) == 51
    assert sum(code.startswith("ID-") for code in REGION_NAMES) == 38
    assert not any(" " in code or not name for code, name in REGION_NAMES.items())


def test_two_tables_are_equal_by_what_they_hold_and_unlike_anything_else():
    one, same, other = Hierarchy.of({"a": ["b"]}), Hierarchy.of({"a": ["b"]}), Hierarchy.of({"a": []})
    assert one == one
    assert one == same
    assert one != other
    assert one != "a"
    assert one.digest == same.digest != other.digest
