"""FHIR out: what is said comes back the same, or is refused."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.consent import Consent
from hypothesis import event, given
from pydantic import ValidationError

from consent.errors import ExchangeRefused
from consent.exchange import fhir_out
from consent.exchange import fhir_words as fhir
from consent.purposes import FAMILIES
from consent.terms import (
    Level,
    Modifier,
    Paper,
    Permission,
    Source,
    Statement,
    Verb,
)
from tests.cast import (
    CANCER,
    LATER,
    NEXT_OF_KIN,
    NOW,
    SIGNED,
    no,
    says,
    stop,
    yes,
)
from tests.consent.exchange.fhir.bundles import DS, GRU, HMB, WHOLE, back, out, whole
from tests.properties.worlds import statements


@given(whole())
def test_whatever_the_verbs_write_comes_back_the_same(said: Statement):
    data = out(said)
    assert back(data) == (said,)
    assert back(data["entry"][0]["resource"]) == (said,)


@given(statements(["*", *FAMILIES]))
def test_anything_else_comes_back_the_same_or_is_refused_with_a_sentence(said: Statement):
    try:
        data = out(said)
    except ExchangeRefused as refused:
        event("refused")
        assert str(refused).endswith("Nothing was written.")  # noqa: PT017 - either outcome is a pass
    else:
        event("written")
        assert back(data) == (said,)


@given(whole())
def test_what_is_written_fits_fhirs_own_model(said: Statement):
    data = out(said)
    Bundle.model_validate_json(json.dumps(data))
    Consent.model_validate_json(json.dumps(data["entry"][0]["resource"]))


def test_the_library_would_see_what_is_not_fhir():
    data = out(yes("RESEARCH", GRU))["entry"][0]["resource"]
    with pytest.raises(ValidationError):
        Consent.model_validate_json(json.dumps(data | {"status": 7}))
    with pytest.raises(ValidationError):
        Consent.model_validate_json(json.dumps(data | {"holdsToday": True}))


def test_a_bundle_of_nothing_is_fhir_and_says_nothing():
    data = out()
    Bundle.model_validate_json(json.dumps(data))
    with pytest.raises(ExchangeRefused, match="holds no consent"):
        back(data)


def test_the_base_rule_is_a_dissent_and_a_yes_the_one_exception():
    data = out(yes("RESEARCH", DS, modifiers=(WHOLE["GS"],), valid_to=NOW))["entry"][0]["resource"]
    assert data["policyRule"]["coding"][0]["code"] == "OPTOUTE"
    assert "type" not in data["provision"]
    (rule,) = data["provision"]["provision"]
    assert rule["type"] == "permit"
    assert rule["purpose"][0]["code"] == "DUO:0000007"
    assert rule["period"]["end"] == "2026-06-01T11:59:59.999999Z"
    assert [one["url"] for one in rule["modifierExtension"]] == [fhir.CONDITION]
    assert out(stop("*"))["entry"][0]["resource"]["policyRule"]["coding"][0]["code"] == "OPTOUT"


@pytest.mark.parametrize(
    ("paper", "told"),
    [
        (Paper("clerk1", None, None), ["first-reader"]),
        (Paper("clerk1", "clerk2", None), ["first-reader", "second-reader"]),
        (Paper("clerk1", "clerk2", False), ["first-reader", "second-reader", "match"]),
    ],
)
def test_a_paper_is_told_as_far_as_it_was_read(paper: Paper, told: list[str]):
    said = yes("QC", source=Source.PAPER, paper=paper)
    data = out(said)
    extensions = {one["url"]: one for one in data["entry"][0]["resource"]["extension"]}
    assert [one["url"] for one in extensions[fhir.PAPER]["extension"]] == told
    assert back(data) == (said,)


def test_heads_are_what_speaks_and_not_what_was_displaced():
    first, second = yes("RESEARCH", GRU), yes("RESEARCH", HMB, seq=2, recorded_at=LATER)
    later = yes("QC", seq=3, effective_at=NOW + timedelta(days=1))
    one_file = no("CLINICAL", seq=4, level=Level.FILE, file="GF1")
    assert fhir_out.heads((first, second, later, one_file), NOW) == (second, one_file)
    everything = stop("*", seq=9)
    assert fhir_out.heads((first, second, everything), NOW) == (everything,)
    upheld = says(Verb.CONTINUE, "RESEARCH", seq=5, continues=2, authority=NEXT_OF_KIN)
    stray = replace(upheld, seq=6, continues=1)
    assert fhir_out.heads((first, second, upheld, stray), NOW) == (second, upheld)
    assert fhir_out.heads((first, second, replace(upheld, recorded_at=NOW + timedelta(1))), NOW) == (second,)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (yes("LE.NVC"), "nobody knows the use"),
        (yes("*"), "everything can be refused"),
        (stop("*", permissions=(GRU,)), "everything can be refused"),
        (yes("RESEARCH"), "names the kind of research"),
        (yes("QC", valid_to=SIGNED), "ends before it begins"),
        (yes("QC", file="GF1"), "of which file"),
        (yes("QC", level=Level.FILE), "of which file"),
        (yes("QC", continues=1), "what it continues"),
        (says(Verb.CONTINUE, "QC"), "what it continues"),
        (yes("QC", form=replace(fhir.NO_FORM, le_notice=True)), "form has no name"),
        (yes("QC", paper=Paper()), "nobody is named"),
        (yes("QC", paper=Paper("clerk1", "")), "nobody is named"),
        (yes("RESEARCH", Permission("GRU-CC")), "no permission"),
        (yes("RESEARCH", Permission("DS")), "do not go together"),
        (yes("RESEARCH", Permission("GRU", (CANCER,))), "do not go together"),
        (yes("RESEARCH", Permission("DS", ("ICD:1",))), "no table of diseases"),
        (yes("QC", modifiers=(Modifier("UNHEARD"),)), "no condition that is known"),
        (yes("QC", modifiers=(Modifier("GS"),)), "does not state what it must"),
        (yes("QC", modifiers=(Modifier.of("NPU", regions=["EU"]),)), "or states more"),
        (yes("QC", modifiers=(Modifier.of("GS", regions=[]),)), "cannot be read"),
        (yes("QC", modifiers=(Modifier.of("GS", regions="EU"),)), "cannot be read"),
        (yes("QC", modifiers=(Modifier.of("GS", regions=["EU", ""]),)), "cannot be read"),
        (yes("QC", modifiers=(Modifier.of("TS", months="12"),)), "cannot be read"),
        (yes("QC", modifiers=(Modifier.of("MOR", until="soon"),)), "cannot be read"),
        (yes("QC", modifiers=(Modifier.of("MOR", until=7),)), "cannot be read"),
        (yes("QC", modifiers=(Modifier.of("MOR", until="2027-02-30T00:00:00Z"),)), "cannot be read"),
    ],
)
def test_what_cannot_be_expressed_is_refused_rather_than_lost(said: Statement, why: str):
    with pytest.raises(ExchangeRefused, match=r"Nothing was written\.") as refused:
        out(yes("AI", seq=7), said)
    assert why in str(refused.value)
