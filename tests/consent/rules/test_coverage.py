"""The table of the consent model: row = what was granted, column = what is asked."""

import pytest

from consent.reasons import Reason
from consent.rules import coverage
from consent.terms import DataUse, Permission, Statement
from tests.cast import CANCER, DIABETES, MELANOMA, POLICY, research, yes

P, D = Reason.PURPOSE_NOT_COVERED, Reason.DISEASE_NOT_COVERED

ASKED = {
    "NRES": research("R.NRES"),
    "GRU": research("R.GRU"),
    "HMB": research("R.HMB"),
    "cancer": research("R.DS"),
    "melanoma": research("R.DS", disease=MELANOMA),
    "diabetes": research("R.DS", disease=DIABETES),
    "no disease": research("R.DS", disease=None),
    "POA": research("R.POA"),
    "MDS": research("R.MDS"),
    "CTRL": research("R.CTRL"),
    "HMB+MDS+CTRL": research("R.HMB", "R.MDS", "R.CTRL"),
    "cancer+MDS+CTRL": research("R.DS", "R.MDS", "R.CTRL"),
    "diabetes+MDS": research("R.DS", "R.MDS", disease=DIABETES),
    "diabetes+CTRL": research("R.DS", "R.CTRL", disease=DIABETES),
    "POA+MDS": research("R.POA", "R.MDS"),
    "POA+CTRL": research("R.POA", "R.CTRL"),
    "HMB+POA": research("R.HMB", "R.POA"),
    "cancer+GRU": research("R.DS", "R.GRU"),  # what one purpose is covered by carries no other along
    "cancer+HMB": research("R.DS", "R.HMB"),
}
EVERYTHING = set(ASKED) - {"no disease"}
HEALTH = {
    "HMB",
    "cancer",
    "melanoma",
    "diabetes",
    "HMB+MDS+CTRL",
    "cancer+MDS+CTRL",
    "diabetes+MDS",
    "diabetes+CTRL",
    "cancer+HMB",
}
OF_CANCER = {"cancer", "melanoma", "cancer+MDS+CTRL"}

NRES, GRU, HMB, POA = (Permission(code) for code in ("NRES", "GRU", "HMB", "POA"))
GRANTED = {
    "NRES": ((NRES,), EVERYTHING),
    "GRU": ((GRU,), EVERYTHING - {"NRES"}),
    "HMB": ((HMB,), HEALTH),
    "DS cancer": ((Permission("DS", (CANCER,)),), OF_CANCER),
    "DS melanoma": ((Permission("DS", (MELANOMA,)),), {"melanoma"}),
    "DS of two": (
        (Permission("DS", (MELANOMA, DIABETES)),),
        {"melanoma", "diabetes", "diabetes+MDS", "diabetes+CTRL"},
    ),
    "DS of none": ((Permission("DS"),), set()),
    "POA": ((POA,), {"POA", "POA+MDS"}),
    "HMB and POA": ((HMB, POA), HEALTH | {"POA", "POA+MDS", "HMB+POA"}),
    "DS and POA": ((Permission("DS", (CANCER,)), POA), OF_CANCER | {"POA", "POA+MDS"}),
    "obsolete": ((Permission("GRU-CC"),), set()),
    "an id, not a code": ((Permission("DUO:0000042"),), set()),
    "nothing": ((), set()),
}
CELLS = [(row, column) for row in GRANTED for column in ASKED]


@pytest.mark.parametrize(("row", "column"), CELLS, ids=[f"{row} / {column}" for row, column in CELLS])
def test_a_cell_of_the_table(row: str, column: str):
    permissions, covered = GRANTED[row]
    why = set(coverage.check(yes("RESEARCH", *permissions), ASKED[column], POLICY.disease_parents))
    assert (not why) == (column in covered)
    assert why <= {P, D}


DS = yes("RESEARCH", Permission("DS", (CANCER,)))


@pytest.mark.parametrize(
    ("grant", "use", "why"),
    [
        (yes("RESEARCH", NRES), research("R.DS", disease=None), {D}),
        (yes("RESEARCH"), research("R.DS", disease=None), {D}),
        (DS, research("R.DS", disease=DIABETES), {D}),
        (yes("RESEARCH", Permission("DS")), research("R.DS"), {P}),
        (yes("RESEARCH", POA), research("R.DS"), {P}),
        (yes("RESEARCH", POA, Permission("DS", (CANCER,))), research("R.DS", disease=DIABETES), {D}),
        (DS, research("R.CTRL"), {D}),
        (yes("RESEARCH", HMB), research("R.CTRL"), {P}),
        (DS, research("R.MDS"), {P}),
        (DS, research("R.DS", "R.MDS", disease=DIABETES), {D, P}),
        (DS, research("R.GRU"), {P}),
        (DS, research("R.DS", "R.POA", disease=DIABETES), {D, P}),
    ],
)
def test_disease_or_purpose(grant: Statement, use: DataUse, why: set[Reason]):
    assert set(coverage.check(grant, use, POLICY.disease_parents)) == why
