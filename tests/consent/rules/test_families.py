"""What a record answers for a family: time and form of a grant, commercial use, and care through research."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from consent.reasons import Reason
from consent.rules.families import answer, is_commercial, needed, touched
from consent.rules.spoken import Record
from consent.terms import AfterDeath, DataUse, Ethics, Level, Modifier, Project, Statement, Subject, Verb
from tests.cast import (
    ADULT_FORM,
    ANY_RESEARCH,
    CANCER_ONLY,
    CHILD_FORM,
    DIABETES,
    GUARDIAN,
    HEALTH,
    LATER,
    MELANOMA,
    NOW,
    POLICY,
    born,
    care,
    company,
    no,
    police,
    research,
    stop,
    yes,
)

R = Reason
SECOND = timedelta(seconds=1)
ON_FILE = {"level": Level.FILE, "file": "GF1"}
OLD_FORM = replace(ADULT_FORM, version="1.0", offers=frozenset(("RESEARCH",)), le_notice=False)
CC = (Modifier("CC"),)


def ask(family: str, use: DataUse, *said: Statement, subject: Subject | None = None) -> set[Reason]:
    return set(
        answer(family, Record(subject or born(), said, "GF1", POLICY, NOW).speak, use, POLICY, NOW).reasons
    )


def rests_on(family: str, use: DataUse, *said: Statement) -> tuple[int, ...]:
    return answer(family, Record(born(), said, "GF1", POLICY, NOW).speak, use, POLICY, NOW).heads


@pytest.mark.parametrize(
    ("use", "families"),
    [
        (research("R.GRU"), {"RESEARCH"}),
        (research("R.GRU", "A.TRAIN"), {"RESEARCH", "AI"}),
        (company("R.GRU"), {"RESEARCH", "COMMERCIAL"}),
        (police("L.HOM", "L.SEX"), {"LE.HOM", "LE.SEX"}),
        (police("L.NVC"), {"LE.NVC"}),
        (care(), {"CLINICAL"}),
        (care(commercial_use=None), {"CLINICAL"}),
        (research("R.EVERYTHING"), set()),
        (research(), set()),
    ],
)
def test_purposes_need_families(use: DataUse, families: set[str]):
    assert set(needed(use)) == families
    assert touched(use) == families | ({"RESEARCH"} if "CLINICAL" in families else set())


@pytest.mark.parametrize(
    ("declared", "org_type", "commercial"),
    [
        (False, "academic", False),
        (False, "nonprofit", False),
        (False, "government", False),
        (False, "forprofit", True),
        (False, "charity", True),
        (False, None, True),
        (True, "academic", True),
        (None, "academic", True),
    ],
)
def test_unknown_counts_as_commercial(declared: bool | None, org_type: str | None, commercial: bool):
    use = research("R.GRU", commercial_use=declared)
    assert is_commercial(replace(use, requester=replace(use.requester, org_type=org_type))) is commercial


@pytest.mark.parametrize(
    ("family", "grant", "reasons"),
    [
        ("RESEARCH", yes("RESEARCH", HEALTH, valid_to=NOW), {R.CONSENT_EXPIRED}),
        ("RESEARCH", yes("RESEARCH", HEALTH, valid_to=NOW + SECOND), set()),
        (
            "RESEARCH",
            yes("RESEARCH", HEALTH, form=replace(ADULT_FORM, reconsent_due=NOW)),
            {R.CONSENT_RECONSENT_OVERDUE},
        ),
        ("RESEARCH", yes("RESEARCH", HEALTH, form=replace(ADULT_FORM, reconsent_due=NOW + SECOND)), set()),
        ("RESEARCH", yes("RESEARCH", HEALTH, form=OLD_FORM), set()),
        ("AI", yes("AI", form=OLD_FORM), {R.CONSENT_FORM_LACKS_PURPOSE}),
        ("LE.HOM", yes("LE.HOM", form=OLD_FORM), {R.CONSENT_FORM_LACKS_PURPOSE, R.CONSENT_LE_NOTICE_MISSING}),
        ("LE.HOM", yes("LE.HOM", form=replace(ADULT_FORM, le_notice=False)), {R.CONSENT_LE_NOTICE_MISSING}),
        ("EXON", yes("EXON", form=replace(ADULT_FORM, le_notice=False)), set()),
        ("LE.HOM", yes("LE.HOM", ANY_RESEARCH), set()),  # permissions mean something in RESEARCH alone
        ("AI", yes("AI"), set()),
        ("RESEARCH", yes("RESEARCH"), {R.PURPOSE_NOT_COVERED}),
        (
            "RESEARCH",
            yes("RESEARCH", valid_to=LATER, modifiers=(Modifier("PUB"), Modifier("?"))),
            {R.CONSENT_EXPIRED, R.PURPOSE_NOT_COVERED, R.MOD_PUB, R.MOD_UNKNOWN},
        ),
        ("AI", no("AI", valid_to=LATER), {R.CONSENT_DENIED}),
    ],
)
def test_a_grant_must_be_good_for_the_use(family: str, grant: Statement, reasons: set[Reason]):
    assert ask(family, research("R.HMB", "A.TRAIN"), grant) == reasons


@pytest.mark.parametrize(
    ("said", "reasons"),
    [
        ((), {R.CONSENT_NONE}),
        ((yes("RESEARCH", HEALTH), yes("RESEARCH", ANY_RESEARCH, seq=2, **ON_FILE)), set()),
        ((yes("RESEARCH", HEALTH), no("RESEARCH", seq=2, **ON_FILE)), {R.CONSENT_DENIED}),
        ((stop("RESEARCH"), no("RESEARCH", seq=3, **ON_FILE)), {R.CONSENT_DENIED, R.CONSENT_WITHDRAWN}),
        ((stop("RESEARCH"), yes("RESEARCH", HEALTH, seq=3, **ON_FILE)), {R.CONSENT_WITHDRAWN}),
        ((yes("RESEARCH", HEALTH, **ON_FILE),), set()),
    ],
)
def test_participant_and_file_must_both_permit(said: tuple[Statement, ...], reasons: set[Reason]):
    assert ask("RESEARCH", research("R.HMB"), *said) == reasons


@pytest.mark.parametrize(
    "said",
    [
        (),
        (no("COMMERCIAL"),),
        (yes("COMMERCIAL"), stop("COMMERCIAL")),
        (yes("COMMERCIAL"), stop("*")),
        (yes("COMMERCIAL", valid_to=LATER),),
        (yes("COMMERCIAL", effective_at=NOW + SECOND),),
        (yes("COMMERCIAL", form=OLD_FORM),),
        (yes("COMMERCIAL", authority=GUARDIAN),),
        (yes("COMMERCIAL", modifiers=(Modifier("NCU"), Modifier("PUB"))),),
        (yes("COMMERCIAL"), no("COMMERCIAL", seq=2, **ON_FILE)),
    ],
)
def test_whatever_is_wrong_with_the_commercial_yes_is_one_reason(said: tuple[Statement, ...]):
    assert ask("COMMERCIAL", company("R.HMB"), *said) == {R.COMMERCIAL_NOT_GRANTED}


RESEARCH_WITH_CC = yes("RESEARCH", HEALTH, modifiers=CC)


@pytest.mark.parametrize(
    ("said", "reasons"),
    [
        ((yes("CLINICAL"),), set()),
        ((RESEARCH_WITH_CC,), set()),
        ((yes("RESEARCH", modifiers=CC),), set()),  # what research it is for does not matter to care
        ((yes("RESEARCH", HEALTH),), {R.CONSENT_NONE}),
        ((), {R.CONSENT_NONE}),
        ((yes("CLINICAL", effective_at=NOW + SECOND),), {R.CONSENT_NOT_YET_EFFECTIVE}),
        ((yes("CLINICAL", seq=2, effective_at=NOW + SECOND), RESEARCH_WITH_CC), set()),
        # what was said of care itself rules alone
        ((RESEARCH_WITH_CC, no("CLINICAL", seq=2)), {R.CONSENT_DENIED}),
        ((RESEARCH_WITH_CC, stop("*")), {R.CONSENT_WITHDRAWN}),
        ((yes("CLINICAL"), no("RESEARCH", seq=2)), set()),
        ((yes("CLINICAL", valid_to=LATER, seq=2), RESEARCH_WITH_CC), {R.CONSENT_EXPIRED}),
        # the file must reach care too, if it speaks of research
        ((RESEARCH_WITH_CC, yes("RESEARCH", HEALTH, seq=2, modifiers=CC, **ON_FILE)), set()),
        ((RESEARCH_WITH_CC, yes("RESEARCH", HEALTH, seq=2, **ON_FILE)), {R.CONSENT_NONE}),
        ((RESEARCH_WITH_CC, no("RESEARCH", seq=2, **ON_FILE)), {R.CONSENT_DENIED}),
        ((yes("RESEARCH", HEALTH, modifiers=CC, **ON_FILE),), set()),
        ((RESEARCH_WITH_CC, stop("RESEARCH")), {R.CONSENT_NONE}),
        # it is a research grant still
        (
            (replace(RESEARCH_WITH_CC, form=replace(CHILD_FORM, offers=frozenset(("CLINICAL",)))),),
            {R.CONSENT_FORM_LACKS_PURPOSE},
        ),
        ((replace(RESEARCH_WITH_CC, valid_to=NOW),), {R.CONSENT_EXPIRED}),
    ],
)
def test_care_may_rest_on_research_with_cc(said: tuple[Statement, ...], reasons: set[Reason]):
    assert ask("CLINICAL", care(), *said) == reasons


def test_care_through_research_says_what_it_rests_on():
    assert rests_on("CLINICAL", care(), RESEARCH_WITH_CC) == (1,)
    assert rests_on("CLINICAL", care(), RESEARCH_WITH_CC, yes("CLINICAL", seq=7)) == (7,)


def test_what_an_answer_rests_on_is_named_when_it_is_a_no_too():
    said = no("RESEARCH", seq=4)
    assert rests_on("RESEARCH", research("R.GRU"), said) == (4,)
    spoken = Record(born(), (said,), "GF1", POLICY, NOW).speak("RESEARCH")
    (head,) = spoken.heads
    assert (head.seq, head.decision, head.permissions, head.modifiers) == (4, Verb.DENY, (), ())
    assert head.reasons == (R.CONSENT_DENIED,)
    assert not head.is_grant


def test_a_yes_to_a_disease_reaches_what_is_a_kind_of_it():
    cancer = yes("RESEARCH", CANCER_ONLY)
    assert ask("RESEARCH", research("R.DS", disease=MELANOMA), cancer) == set()
    assert ask("RESEARCH", research("R.DS", disease=DIABETES), cancer) == {R.DISEASE_NOT_COVERED}


NOT_FOR_CARE = care(
    study_type=None, ethics=Ethics(), duration_months=None, project=Project(id="elsewhere"), match_mode=None
)


@pytest.mark.parametrize(
    ("code", "applied"),
    [
        *(
            (code, False)
            for code in ("IRB", "PUB", "COL", "MOR", "RTN", "NMDS", "GSO", "RS", "NPOA", "NCTRL", "TS", "PS")
        ),
        *((code, True) for code in ("GS", "US", "IS")),
    ],
)
def test_conditions_on_research_alone_do_not_bind_care(code: str, applied: bool):
    grant = yes("RESEARCH", HEALTH, modifiers=(*CC, Modifier(code)))
    assert ask("CLINICAL", NOT_FOR_CARE, grant) == ({R(f"MOD_{code}")} if applied else set())


def test_profit_and_the_unknown_bind_care_too():
    for_money = care(commercial_use=True)
    for_money = replace(for_money, requester=replace(for_money.requester, org_type="forprofit"))
    for code in ("NPU", "NCU", "NPUNCU"):
        grant = yes("RESEARCH", HEALTH, modifiers=(*CC, Modifier(code)))
        assert ask("CLINICAL", for_money, grant) == {R(f"MOD_{code}")}
        assert ask("CLINICAL", care(), grant) == set()
    assert ask("CLINICAL", care(), yes("RESEARCH", HEALTH, modifiers=(*CC, Modifier("?")))) == {R.MOD_UNKNOWN}


def test_care_through_research_dies_and_comes_of_age_as_research_does():
    by_guardian = replace(RESEARCH_WITH_CC, authority=GUARDIAN)
    child, grown = born(date(2015, 4, 2)), born(date(2008, 6, 1))
    assert ask("CLINICAL", care(), by_guardian, subject=child) == set()
    assert ask("CLINICAL", care(), by_guardian, subject=replace(child, minor_dissent=True)) == {
        R.AUTH_MINOR_DISSENT
    }
    assert ask("CLINICAL", care(), by_guardian, subject=grown) == {R.AUTH_GUARDIAN_LAPSED_AT_MAJORITY}
    assert ask("CLINICAL", care(), RESEARCH_WITH_CC, subject=born(died_at=LATER)) == {R.AUTH_DECEASED_STOP}
    lasting = replace(RESEARCH_WITH_CC, after_death=AfterDeath.CONTINUE)
    assert ask("CLINICAL", care(), lasting, subject=born(died_at=LATER)) == set()
