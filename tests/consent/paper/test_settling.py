"""Paper: what two saw differently, a third settles."""

import pytest

from consent import (
    paper,
    paper_yes,
)
from consent.errors import PaperRefused
from consent.readings import Side
from consent.terms import Modifier, Permission
from tests.consent.paper.desk import State, key, last_yes, left, received, says
from tests.world import NOW

pytestmark = pytest.mark.django_db


def test_a_third_person_settles_what_two_saw_differently(world):
    dov = world.join("Dov")
    sheet = received(dov)
    key(sheet, QC="yes", CARE="no", AI="yes", R_HMB="yes", R_NPU="yes", HOM="yes")
    key(sheet, by="carl", QC="no", CARE="yes", AI="blank", R_HMB="yes", R_NPU="no", HOM="yes")
    assert paper.differences(sheet) == ["R-NPU", "CARE", "QC", "AI"]
    paper.settle(
        sheet,
        {"QC": Side.FIRST, "CARE": Side.SECOND, "AI": Side.UNREADABLE, "R-NPU": Side.FIRST},
        by="cora",
        at=NOW,
    )
    assert paper.state_of(sheet) == State.APPLIED
    assert says(dov) == {
        "QC": "grant",
        "CLINICAL": "grant",
        "RESEARCH": "grant",
        "LE.HOM": "grant",
    }
    named = {
        family: (last_yes(dov, family).paper.keyed_by, last_yes(dov, family).paper.verified_by)
        for family in says(dov)
    }
    assert named == {
        "QC": ("clara", "cora"),
        "CLINICAL": ("carl", "cora"),
        "RESEARCH": ("clara", "cora"),
        "LE.HOM": ("clara", "carl"),
    }
    assert last_yes(dov, "RESEARCH").modifiers == (Modifier("NPU"),)


def test_a_condition_that_nobody_can_read_takes_the_whole_yes_with_it(world):
    dov = world.join("Dov")
    sheet = received(dov)
    key(sheet, R_HMB="yes", R_NPU="yes")
    key(sheet, by="carl", R_HMB="yes", R_NPU="no")
    paper.settle(sheet, {"R-NPU": Side.UNREADABLE}, by="cora", at=NOW)
    assert says(dov) == {}
    assert left(sheet) == {"RESEARCH": paper_yes.Left.UNREADABLE}


@pytest.mark.parametrize(("side", "named"), [("first", "MONDO:0004992"), ("second", "MONDO:0005105")])
def test_the_third_sides_with_one_list_of_diseases(world, side, named):
    dov = world.join("Dov")
    sheet = received(dov)
    key(sheet, R_DS="yes", lists={"R-DS": ["MONDO:0004992"]})
    key(sheet, by="carl", R_DS="yes", lists={"R-DS": ["MONDO:0005105"]})
    paper.settle(sheet, {"R-DS": Side(side)}, by="cora", at=NOW)
    assert last_yes(dov, "RESEARCH").permissions == (Permission("DS", (named,)),)


def test_a_reader_does_not_settle_her_own_form(world):
    sheet = received(world.join("Dov"))
    key(sheet, QC="yes")
    key(sheet, by="carl", QC="blank")
    for reader in ("clara", "carl"):
        with pytest.raises(PaperRefused, match="third person"):
            paper.settle(sheet, {"QC": Side.FIRST}, by=reader, at=NOW)


@pytest.mark.parametrize("sides", [{}, {"QC": Side.FIRST, "AI": Side.FIRST}])
def test_all_differences_are_settled_and_nothing_else(world, sides):
    sheet = received(world.join("Dov"))
    key(sheet, QC="yes")
    key(sheet, by="carl", QC="blank")
    with pytest.raises(PaperRefused, match="Every difference"):
        paper.settle(sheet, sides, by="cora", at=NOW)


def test_only_a_form_that_was_read_differently_can_be_settled(world):
    sheet = received(world.join("Dov"))
    assert paper.differences(sheet) == []
    with pytest.raises(PaperRefused, match="nothing to settle"):
        paper.settle(sheet, {}, by="cora", at=NOW)
