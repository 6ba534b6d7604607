"""What a set of ticks on a form says in codes: nothing that was not ticked, and nothing that is not asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import clauses, forms
from consent.clauses import Said, said
from consent.errors import FormRefused
from consent.terms import Modifier, Permission

ADULT = clauses.read(forms.shipped()["F-ADULT 1.0"]["clauses"])
GUARDIAN = clauses.read(forms.shipped()["F-GUARDIAN 1.0"]["clauses"])


def test_ticks_become_codes_family_by_family():
    ticked = {"R-HMB": True, "R-POA": True, "R-NPU": True, "HOM": True, "SEX": False, "QC": None}
    assert said(ADULT, ticked) == {
        "RESEARCH": Said((Permission("HMB"), Permission("POA")), (Modifier.of("NPU"),)),
        "LE.HOM": Said(),
    }


def test_a_condition_alone_allows_nothing():
    assert said(ADULT, {"R-NPU": True, "R-EU": True}) == {}


def test_nothing_ticked_is_nothing_said():
    assert said(ADULT, {}) == said(ADULT, {clause.id: False for clause in ADULT}) == {}


def test_a_guardians_yes_about_a_missing_child_is_bound_to_identity():
    assert said(GUARDIAN, {"MIS": True}) == {"LE.MIS": Said((), (Modifier.of("IDENTITY_ONLY"),))}


def test_what_is_named_beside_a_clause_becomes_its_parameter():
    named = said(ADULT, {"R-DS": ["MONDO:0005015", "MONDO:0004992", "MONDO:0005015"]})["RESEARCH"]
    assert named.permissions == (Permission("DS", ("MONDO:0004992", "MONDO:0005015")),)
    asks = clauses.read(
        [
            {"id": "G", "family": "RESEARCH", "permission": {"code": "GRU"}},
            {"id": "E", "family": "RESEARCH", "modifier": {"code": "GS"}, "asks": "regions"},
        ]
    )
    assert said(asks, {"G": True, "E": ["EU", "GB"]})["RESEARCH"].modifiers == (
        Modifier.of("GS", regions=["EU", "GB"]),
    )


@pytest.mark.parametrize(
    ("ticked", "sentence"),
    [
        ({"R-NOPE": True}, "no clause R-NOPE"),
        ({"R-DS": True}, "which diseases, and none was named"),
        ({"R-DS": []}, "none was named"),
        ({"R-DS": ["  "]}, "none was named"),
        ({"R-DS": "MONDO:0004992"}, "none was named"),
        ({"R-DS": [3]}, "none was named"),
        ({"QC": ["yes"]}, "asks for no list"),
        ({"QC": "on"}, "asks for no list"),
        ({"QC": 1}, "asks for no list"),
    ],
)
def test_a_tick_that_cannot_mean_anything_is_refused(ticked, sentence):
    with pytest.raises(FormRefused, match=sentence):
        said(ADULT, ticked)


@given(st.dictionaries(st.sampled_from([c.id for c in ADULT if c.asks is None]), st.booleans()))
def test_exactly_what_was_ticked_is_said(ticked):
    told = said(ADULT, ticked)
    yes = [clause for clause in ADULT if ticked.get(clause.id)]
    assert set(told) == {clause.family for clause in yes if clause.allows}
    for family, terms in told.items():
        assert set(terms.permissions) == {c.permission for c in yes if c.family == family and c.permission}
        assert set(terms.modifiers) == {c.modifier for c in yes if c.family == family and c.modifier}
