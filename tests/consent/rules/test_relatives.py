"""Whose consent counts besides."""

from dataclasses import replace
from datetime import timedelta

import pytest

from consent.decision import decide
from consent.reasons import Reason
from consent.rules import relatives as rule
from consent.terms import DataUse, File, Freeze, Level, Modifier, Relations, Side, Statement, Subject
from tests.cast import LATER, NOW, POLICY, born, counsel, no, police, relatives, research, stop, yes

SECOND = timedelta(seconds=1)
TWIN, MUTUAL = Reason.REL_MZ_TWIN_NOT_GRANTED, Reason.REL_MUTUAL_CONSENT_MISSING
FRANCE = (Modifier.of("GS", regions=["FR"]),)


def check(relations: Relations, use: DataUse, **policy: object) -> list[Reason]:
    return list(rule.check(relations, use, POLICY.overlay(policy), NOW))


def twin(*said: Statement, **subject: object) -> Relations:
    return Relations(mz_twin=Side(born(**subject), said))


def other(*said: Statement, **subject: object) -> Relations:
    return Relations(requesting_participant=Side(born(**subject), said))


@pytest.mark.parametrize(
    ("relations", "use", "reasons"),
    [
        (Relations(), police("L.HOM"), []),
        (twin(yes("LE.HOM")), police("L.HOM"), []),
        (twin(), police("L.HOM"), [TWIN]),
        (twin(yes("LE.SEX")), police("L.HOM"), [TWIN]),
        (twin(yes("LE.HOM")), police("L.HOM", "L.SEX"), [TWIN]),
        (twin(yes("LE.HOM"), yes("LE.SEX", seq=2)), police("L.HOM", "L.SEX"), []),
        (twin(yes("LE.HOM"), stop("*")), police("L.HOM"), [TWIN]),
        (twin(no("LE.HOM")), police("L.HOM"), [TWIN]),
        (twin(yes("LE.HOM", modifiers=FRANCE)), police("L.HOM"), [TWIN]),
        (twin(yes("LE.HOM", valid_to=NOW)), police("L.HOM"), [TWIN]),
        (twin(yes("LE.HOM", level=Level.FILE, file="GF1")), police("L.HOM"), [TWIN]),
        (twin(yes("LE.HOM"), freezes=(Freeze(LATER),)), police("L.HOM"), [TWIN]),
        (twin(yes("LE.HOM"), died_at=LATER), police("L.HOM"), [TWIN]),
        (twin(), police("L.HOM", match_mode="identity"), []),
        (twin(), police("L.HOM", match_mode=None), [TWIN]),
        (twin(), research("R.GRU"), []),
        (twin(), counsel(), []),
        (twin(), relatives(), [MUTUAL]),
        # what else is asked, or nobody knows, is no business of the twin's
        (twin(yes("LE.HOM")), police("L.HOM", "R.GRU"), []),
        (twin(yes("LE.HOM")), police("L.HOM", "L.WAR"), []),
    ],
)
def test_a_twin_must_allow_what_reaches_both(relations: Relations, use: DataUse, reasons: list[Reason]):
    assert check(relations, use) == reasons


def test_a_twins_condition_is_met_at_the_instant_of_the_question():
    moratorium = (Modifier.of("MOR", until=NOW.isoformat()),)
    asked = twin(yes("LE.HOM", modifiers=moratorium)), police("L.HOM"), POLICY
    assert list(rule.check(*asked, NOW - SECOND)) == [TWIN]
    assert list(rule.check(*asked, NOW)) == []


def of_file(said: Statement, file: str = "GF1") -> Statement:
    return replace(said, seq=said.seq + 5, level=Level.FILE, file=file)


@pytest.mark.parametrize(
    ("said", "agrees"),
    [
        (of_file(no("F")), False),
        (of_file(stop("F")), False),
        (of_file(stop("*")), False),
        (of_file(yes("F", modifiers=FRANCE)), False),
        (of_file(yes("F", valid_to=NOW)), False),
        (of_file(yes("F")), True),
        (of_file(no("RESEARCH")), True),
        (of_file(no("F", recorded_at=NOW + SECOND)), True),
        (of_file(yes("F", modifiers=FRANCE, effective_at=NOW + SECOND)), True),
    ],
)
def test_what_she_says_of_any_one_of_her_files_counts_too(said: Statement, agrees: bool):
    for family, side, use, reason in (
        ("LE.HOM", twin, police("L.HOM"), TWIN),
        ("RELMATCH", other, relatives(), MUTUAL),
    ):
        of_one = replace(said, family=family) if said.family == "F" else said
        fine = of_file(yes(family), "GF0")
        wanted = [] if agrees else [reason]
        assert check(side(yes(family), fine, of_one), use) == wanted
        assert check(side(of_one, fine, yes(family)), use) == wanted


def test_a_place_may_spare_the_twin():
    assert check(twin(), police("L.HOM"), mz_twin_joint_le=False) == []


@pytest.mark.parametrize(
    ("relations", "reasons"),
    [
        (other(yes("RELMATCH")), []),
        (Relations(), [MUTUAL]),
        (other(), [MUTUAL]),
        (other(yes("RELMATCH"), stop("RELMATCH")), [MUTUAL]),
        (other(yes("RELMATCH"), freezes=(Freeze(LATER),)), [MUTUAL]),
        (other(yes("RELMATCH"), freezes=(Freeze(LATER, NOW),)), []),
        (other(yes("RELMATCH"), erased_at=NOW), [MUTUAL]),
        (other(yes("RELMATCH"), identity_verified=False), [MUTUAL]),
        (other(yes("RELMATCH"), died_at=NOW), [MUTUAL]),
        (other(yes("RELMATCH", modifiers=FRANCE)), [MUTUAL]),
        (other(yes("RELMATCH", effective_at=NOW + SECOND)), [MUTUAL]),
    ],
)
def test_relatives_see_each_other_or_not_at_all(relations: Relations, reasons: list[Reason]):
    assert check(relations, relatives()) == reasons


@pytest.mark.parametrize("subject", [born(), born(freezes=(Freeze(LATER),))])
def test_the_other_sides_statements_are_not_what_a_yes_rests_on(subject: Subject):
    side = Side(born(), (yes("RELMATCH", seq=44),))
    relations = Relations(requesting_participant=side)
    said = (yes("RELMATCH", seq=3),)
    decided = decide(subject, File("GF1"), said, relatives(), POLICY, NOW, relations=relations)
    assert decided.relied_on == ((3,) if not subject.freezes else ())
    assert check(replace(relations, mz_twin=Side(born(), ())), relatives()) == []
