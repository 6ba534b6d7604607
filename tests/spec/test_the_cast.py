"""To be read aloud: a use, and who of the cast may be read for it. Everybody not named may not."""

import pytest

from consent.decision import Decision, decide
from consent.reasons import Reason
from consent.terms import DataUse, Relations, Side
from tests.cast import (
    CAST,
    DIABETES,
    MELANOMA,
    NOW,
    PEOPLE,
    POLICY,
    asked_by,
    care,
    case,
    company,
    counsel,
    order,
    police,
    quality,
    relatives,
    research,
)

NOBODY: set[str] = set()


def permitted(use: DataUse, relations: Relations | None = None) -> set[str]:
    """Who may be read."""
    return {person.name for person in PEOPLE if decision(person.name, use, relations)}


def decision(name: str, use: DataUse, relations: Relations | None = None) -> Decision:
    person = CAST[name]
    return decide(
        person.subject,
        person.file,
        person.statements,
        use,
        POLICY,
        NOW,
        relations=relations or person.relations,
    )


@pytest.mark.parametrize(
    ("asked", "use", "who"),
    [
        ("general research", research("R.GRU"), {"Ada", "Lena", "Pia"}),
        (
            "health research",
            research("R.HMB"),
            {"Ada", "Lena", "Pia", "Mia", "Cara", "Hal", "Otis"},
        ),
        (
            "cancer research",
            research("R.DS"),
            {"Ada", "Lena", "Pia", "Mia", "Cara", "Hal", "Otis", "Ben"},
        ),
        (
            "melanoma, which is a cancer",
            research("R.DS", disease=MELANOMA),
            {"Ada", "Lena", "Pia", "Mia", "Cara", "Hal", "Otis", "Ben"},
        ),
        (
            "diabetes, which is not",
            research("R.DS", disease=DIABETES),
            {"Ada", "Lena", "Pia", "Mia", "Cara", "Hal", "Otis"},
        ),
        ("ancestry", research("R.POA"), {"Ada", "Lena", "Pia"}),
        ("health research for a company", company("R.HMB"), {"Lena"}),
        ("health research that trains a model", research("R.HMB", "A.TRAIN"), {"Lena"}),
        ("a patient's care", care(), {"Lena", "Cara"}),
        ("quality checks", quality(), {"Lena"}),
        ("a killing", police("L.HOM"), {"Noor", "Lena"}),
        ("a rape", police("L.SEX"), {"Lena"}),
        ("a killing and a rape together", police("L.HOM", "L.SEX"), {"Lena"}),
        ("a missing person, by kinship", police("L.MIS"), {"Lena"}),
        ("a missing person, by identity", police("L.MIS", match_mode="identity"), {"Lena", "Tom"}),
        (
            "a killing, by identity: Kim is not touched",
            police("L.HOM", match_mode="identity"),
            {"Noor", "Lena", "Kai"},
        ),
        ("freeing somebody innocent", counsel(), {"Lena"}),
        ("burglary", police("L.NVC"), NOBODY),
        ("a killing, without a court", police("L.HOM", le=case(judicial_authorisation=None)), NOBODY),
        ("an auditor who looks himself", asked_by("auditor", research("R.GRU")), NOBODY),
        ("an administrator", asked_by("administrator", research("R.GRU")), NOBODY),
        ("a superuser", asked_by("superuser", police("L.HOM")), NOBODY),
        ("police that call it research", asked_by("law_enforcement", research("R.GRU")), NOBODY),
        ("counsel that asks for a killer", asked_by("defence_counsel", police("L.HOM")), NOBODY),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_only_those_who_allowed_a_use_are_read_for_it(asked: str, use: DataUse, who: set[str]):
    assert permitted(use) == who, asked


def test_a_court_that_demands_everybody_gets_exactly_those_who_said_yes():
    everybody = case("L.HOM", judicial_authorisation=order("L.HOM", compels_non_consenting=True))
    assert permitted(police("L.HOM", le=everybody)) == permitted(police("L.HOM")) == {"Noor", "Lena"}


def test_relatives_are_shown_to_those_who_show_themselves():
    rex, dov = CAST["Rex"], CAST["Dov"]
    to_rex = Relations(requesting_participant=Side(rex.subject, rex.statements))
    to_dov = Relations(requesting_participant=Side(dov.subject, dov.statements))
    assert permitted(relatives(), to_rex) == {"Rex", "Lena"}
    assert permitted(relatives(), to_dov) == NOBODY
    assert permitted(relatives()) == NOBODY


@pytest.mark.parametrize(
    ("name", "use", "why"),
    [
        ("Dov", research("R.GRU"), Reason.CONSENT_NONE),
        ("Cleo", research("R.GRU"), Reason.CONSENT_WITHDRAWN),
        ("Finn", police("L.HOM"), Reason.CONSENT_WITHDRAWN),
        ("Ben", research("R.DS", disease=DIABETES), Reason.DISEASE_NOT_COVERED),
        ("Ben", research("R.GRU"), Reason.PURPOSE_NOT_COVERED),
        ("Ada", company("R.GRU"), Reason.COMMERCIAL_NOT_GRANTED),
        ("Pia", company("R.GRU"), Reason.MOD_NPU),
        ("Ada", research("R.GRU", "A.TRAIN"), Reason.CONSENT_NONE),
        ("Nils", research("R.HMB"), Reason.AUTH_MINOR_DISSENT),
        ("Ira", research("R.GRU"), Reason.SUBJ_FROZEN),
        ("Ida", research("R.HMB"), Reason.AUTH_DECEASED_STOP),
        ("Jan", research("R.HMB"), Reason.AUTH_DECEASED_STOP),
        ("Pat", research("R.HMB"), Reason.AUTH_PAPER_NOT_VERIFIED),
        ("Kai", police("L.HOM"), Reason.REL_MZ_TWIN_NOT_GRANTED),
        ("Tom", police("L.MIS"), Reason.MOD_IDENTITY_ONLY),
        ("Noor", research("R.HMB"), Reason.CONSENT_NONE),
    ],
)
def test_whoever_is_left_out_is_told_why(name: str, use: DataUse, why: Reason):
    left_out = decision(name, use)
    assert not left_out
    assert left_out.reasons == (why,)
    assert left_out.primary is why
    assert left_out.relied_on == ()


def test_a_reason_that_rests_on_somebody_else_betrays_nothing():
    told = {
        decision(name, use).primary.sentence
        for name, use in (("Kai", police("L.HOM")), ("Ira", research("R.GRU")))
    }
    assert told == {"A condition that is not yours."}
