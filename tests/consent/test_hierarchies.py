"""What lies inside what."""

import pytest

from consent.hierarchies import DISEASE_NAMES, DISEASES, REGION_NAMES, REGIONS, Hierarchy


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
