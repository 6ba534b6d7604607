"""What diseases are called, and how they are found."""

import pytest

from consent import diseases
from consent.models import DiseaseName
from tests.cast import CANCER, DIABETES, MELANOMA

LOADED = {
    "MONDO:0004992": "cancer",
    "MONDO:0005105": "melanoma",
    "MONDO:0000777": "Familial melanoma of the skin",
    "MONDO:0000778": "skin disorder",
}
pytestmark = pytest.mark.django_db


def load(names: dict[str, str] = LOADED) -> None:
    diseases.put(names, version="releases/2026-01-01")


def test_the_small_table_serves_a_house_without_a_file():
    assert diseases.name_of(CANCER) == "Cancer"
    assert diseases.name_of(CANCER, "id") == "Kanker"
    assert diseases.name_of("MONDO:0000778") == "MONDO:0000778"
    assert diseases.find("diab", 9) == [(DIABETES, "Diabetes"), ("MONDO:0005148", "Type 2 diabetes")]
    assert diseases.find("kank", 9, "id")[0] == (CANCER, "Kanker")
    assert diseases.find("0005105", 9) == [(MELANOMA, "Melanoma")]


def test_a_loaded_file_is_searched_by_every_word_the_nearest_first():
    load()
    assert diseases.find("SKIN  mela", 9) == [("MONDO:0000777", "Familial melanoma of the skin")]
    assert [code for code, _ in diseases.find("melanoma", 9)] == [MELANOMA, "MONDO:0000777"]
    assert diseases.find("skin", 1) == [("MONDO:0000778", "skin disorder")]
    assert diseases.find("kanker", 9, "id") == [(CANCER, "Kanker")]
    assert diseases.name_of("MONDO:0000778", "id") == "skin disorder"
    assert diseases.names_of([CANCER, "MONDO:0000778", "MONDO:1"]) == {
        CANCER: "Cancer",
        "MONDO:0000778": "skin disorder",
        "MONDO:1": "MONDO:1",
    }


def test_what_the_loaded_file_has_not_is_not_offered():
    load()
    assert diseases.find("diabetes", 9) == []


@pytest.mark.parametrize("text", ["", "  ", "m", "% _ \x00"])
def test_too_few_letters_and_signs_find_nothing(text: str):
    load()
    assert diseases.find(text.replace("\x00", ""), 9) == []


def test_a_newer_file_takes_the_place_of_the_older():
    load()
    load({"DOID:162": "cancer"})
    assert list(DiseaseName.objects.values_list("code", flat=True)) == ["DOID:162"]


def test_another_name_on_a_code_is_told_where_people_would_read_it():
    load()
    names = {**LOADED, "MONDO:0000778": "diabetes", "MONDO:0004992": "growth", "MONDO:0000779": "new"}
    del names["MONDO:0000777"]
    assert diseases.renamed(names) == [
        {"code": "MONDO:0000778", "before": "skin disorder", "after": "diabetes"}
    ]
