"""The worked cases of the consent model: each decided as the page says, timelines too."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from jsonschema import Draft202012Validator

from consent import cases

FOLDER: Path = settings.SHARED_DIR / "consent"
BOOK = json.loads((FOLDER / "decision_cases.json").read_text("utf-8")) if FOLDER.is_dir() else {"cases": []}

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not BOOK["cases"], reason="no shared material here (SHARED_DIR)"),
]


@pytest.mark.parametrize("case", BOOK["cases"], ids=lambda case: f"{case['id']} {case['title']}")
def test_a_case_is_decided_as_the_page_says(case: dict):
    found = cases.outcome(case, cases.policy_of(BOOK))
    assert {what: found[what] for what in case["expect"]} == case["expect"]


def test_every_stratum_has_its_cases():
    assert len(BOOK["cases"]) == BOOK["counts"]["total"] == 118
    assert {case["stratum"][0] for case in BOOK["cases"]} == set(BOOK["strata"])


def test_the_policy_of_the_page_is_the_policy_as_shipped():
    """The house knows more of the world than the page: what the page names lies where the page puts it."""
    page, ours = cases.policy_of(BOOK), cases.policy_of({})
    assert replace(page, region_parents=ours.region_parents) == ours
    named = BOOK["region_parents"].keys()
    assert named
    for place in named:
        assert ours.region_parents.upwards(place) & named == page.region_parents.upwards(place)


def test_our_values_are_written_in_the_shape_of_the_schema():
    schema = json.loads((FOLDER / "decision_cases.schema.json").read_text("utf-8"))
    statement = Draft202012Validator({**schema, **schema["$defs"]["statement"]})
    policy = cases.policy_of(BOOK)
    for case in BOOK["cases"]:
        for said in cases.read(case, policy).statements:
            statement.validate(said.as_json())
        Draft202012Validator(schema).validate(
            {**BOOK, "cases": [{**case, "request": cases.read(case, policy).use.as_json()}]}
        )
