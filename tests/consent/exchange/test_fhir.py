"""FHIR R4 Consent, out and in: against the library's schema, there and back, and what is refused."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.consent import Consent
from hypothesis import event, given
from hypothesis import strategies as st
from pydantic import ValidationError

from consent.duo import MODIFIERS
from consent.errors import ExchangeRefused
from consent.exchange import fhir_in, fhir_out
from consent.exchange import fhir_words as fhir
from consent.purposes import FAMILIES
from consent.terms import (
    AfterDeath,
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
    GUARDIAN,
    LATER,
    MELANOMA,
    NEXT_OF_KIN,
    NOW,
    POLICY,
    SIGNED,
    no,
    says,
    stop,
    yes,
)
from tests.properties.worlds import statements

HER = "P-2345-6789"
GRU, HMB = Permission("GRU"), Permission("HMB")
DS = Permission("DS", (CANCER, MELANOMA))
MOMENT = timedelta(microseconds=1)
KINDS = (GRU, HMB, DS, Permission("NRES"), Permission("POA"))


def back(data: object) -> tuple[Statement, ...]:
    """What is read, after it went through JSON as others would send it."""
    found = fhir_in.proposals(json.loads(json.dumps(data)), participant=HER, policy=POLICY)
    return tuple(one.said for one in found)


def out(*said: Statement) -> dict[str, Any]:
    return fhir_out.bundle(said, participant=HER)


STATED = {
    "regions": ["EU", "US-MD"],
    "months": 12,
    "until": "2027-01-01T00:00:00Z",
    "topics": ["ageing"],
    "users": ["u1"],
    "projects": ["PRJ1"],
    "institutions": ["inst1"],
}
WHOLE = {
    code: Modifier.of(code, **({term.parameter: STATED[term.parameter]} if term.parameter else {}))
    for code, term in MODIFIERS.items()
}


@st.composite
def whole(draw: st.DrawFn) -> Statement:
    """A statement as the verbs write it, with everything that may stand in one."""
    said = draw(statements([*FAMILIES]))
    permissions = draw(
        st.lists(st.sampled_from([GRU, HMB, DS, Permission("NRES"), Permission("POA")]), max_size=2)
    )
    if said.family == "RESEARCH" and said.decision is Verb.GRANT and not permissions:
        permissions = [GRU]
    return replace(
        said,
        permissions=tuple(permissions),
        modifiers=tuple(draw(st.lists(st.sampled_from(list(WHOLE.values())), max_size=3))),
        valid_to=draw(
            st.sampled_from([None, said.effective_at + timedelta(microseconds=1), NOW.replace(year=2031)])
        ),
        form=draw(st.sampled_from([said.form, fhir.NO_FORM])),
    )


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


# --- in ---

Spoil = Callable[[dict[str, Any]], None]


def put(value: object, *path: Any) -> Spoil:
    def spoil(data: dict[str, Any]) -> None:
        at: Any = data
        for name in path[:-1]:
            at = at[name]
        at[path[-1]] = value

    return spoil


def drop(*path: Any) -> Spoil:
    def spoil(data: dict[str, Any]) -> None:
        at: Any = data
        for name in path[:-1]:
            at = at[name]
        del at[path[-1]]

    return spoil


def both(*spoils: Spoil) -> Spoil:
    return lambda data: [one(data) for one in spoils] and None


def _swap_code(old: str, new: object) -> Spoil:
    def spoil(data: dict[str, Any]) -> None:
        text = json.dumps(data)
        assert json.dumps(old) in text
        data.clear()
        data.update(json.loads(text.replace(json.dumps(old), json.dumps(new))))

    return spoil


RULE = ("provision", "provision", 0)
CONDITION = (*RULE, "modifierExtension", 0, "extension")
PERMIT = {"type": "permit", "purpose": [{"system": fhir.DUO, "code": "DUO:0000042"}]}
DAY = {"start": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z"}
SOMEBODY = {"identifier": {"system": fhir.PARTICIPANT, "value": "P-XXXX-XXXX"}}
CARE = {"url": fhir.CONDITION, "extension": [{"url": "code", "valueCoding": fhir.condition_coding("CC")}]}
RESEARCH = {"system": fhir.FAMILY, "code": "RESEARCH"}
BUNDLE = {"resourceType": "Bundle", "type": "collection"}
UNKNOWN = {"url": "https://example.org/only-on-mondays", "valueBoolean": True}
TYPICAL = yes(
    "RESEARCH",
    DS,
    modifiers=(WHOLE["GS"], WHOLE["TS"], WHOLE["MOR"]),
    authority=GUARDIAN,
    source=Source.PAPER,
    paper=Paper("clerk1", "clerk2", True),
    after_death=AfterDeath.CONTINUE,
    level=Level.FILE,
    file="GF1",
    form=replace(yes("QC").form, reconsent_due=NOW),
)


def ext(name: str) -> int:
    """Where an extension stands among those of TYPICAL."""
    order = ("decision", "authority", "source", "form", "paper", "after-death")
    return order.index(name)


def part(name: str, *more: Any) -> tuple[Any, ...]:
    return ("extension", ext(name), *more)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (put("proposed", "status"), "only an active consent"),
        (drop("status"), "only an active consent"),
        (drop("patient"), "whose consent it is"),
        (put(SOMEBODY, "patient"), "somebody else's"),
        (put([SOMEBODY], "performer"), "somebody else's"),
        (put({"reference": "Patient/1"}, "patient"), "names nobody"),
        (put({"identifier": {"system": "urn:x", "value": HER}}, "patient"), "not one of ours"),
        (put("her", "patient"), "not of the shape"),
        (put([{"verified": True}], "verification"), "'verification', which cannot be honoured"),
        (put([UNKNOWN], "modifierExtension"), "'modifierExtension', which cannot be honoured"),
        (put("urn:x", "implicitRules"), "cannot be honoured"),
        (put([UNKNOWN], "extension"), "only-on-mondays"),
        (put(["x"], "extension"), "extension None"),
        (put([], "extension"), "a list is empty"),
        (put([UNKNOWN], *RULE, "modifierExtension"), "only-on-mondays"),
        (drop("provision"), "has no provision"),
        (put([], "provision"), "not of the shape"),
        (put({}, "provision"), "not of the shape"),
        (drop(*RULE, "type"), "neither permits nor denies"),
        (put("maybe", *RULE, "type"), "neither permits nor denies"),
        (put([{"role": {}}], *RULE, "actor"), "who may use the data (actor)"),
        (put({}, *RULE, "dataPeriod"), "dataPeriod"),
        (put("permit", "provision", "type"), "an exception inside"),
        (put("deny", "provision", "type"), "an exception inside"),
        (put([PERMIT], *RULE, "provision"), "exception inside an exception"),
        (put([PERMIT, PERMIT], "provision", "provision"), "several provisions"),
        (put([{"type": "deny"}, PERMIT], "provision", "provision"), "several provisions"),
        (put({"start": "2026-01-01T00:00:00Z"}, "provision", "period"), "states its time twice"),
        (put([PERMIT["purpose"][0]], "provision", "purpose"), "cannot be honoured"),
        (put(DAY, *RULE, "period"), "ends before it begins"),
        (put({"start": "2026-01-01"}, *RULE, "period"), "names no instant"),
        (put({"start": 5}, *RULE, "period"), "a text is missing"),
        (put({"end": "2026-02-30T00:00:00Z"}, *RULE, "period"), "names no instant"),
        (put({"end": "9999-12-31T23:59:59.999999Z"}, *RULE, "period"), "last day there is"),
        (drop("dateTime"), "a text is missing"),
        (put("2026-01", "dateTime"), "names no instant"),
        (drop("policyRule"), "not of the shape"),
        (_swap_code("OPTOUTE", "OPTOUT"), "contradicts its provision"),
        (_swap_code("OPTOUTE", "hipaa-auth"), "policyRule is not known"),
        (_swap_code(fhir.ACT_CODE, "urn:x"), "policyRule is not known"),
        (drop("scope"), "not of the shape"),
        (_swap_code("research", "adr"), "its scope is not 'research'"),
        (_swap_code("research", "treatment"), "its scope is not 'research'"),
        (_swap_code("RESEARCH", "AI"), "says in two ways"),
        (_swap_code("RESEARCH", "LE.NVC"), "says in two ways"),
        (both(drop(*RULE, "purpose"), put([{"text": "all"}], "category")), "does not say"),
        (drop(*RULE, "purpose"), "does not say"),
        (_swap_code("DUO:0000007", "DUO:0000005"), "DUO has retired it"),
        (_swap_code("DUO:0000007", "DUO:0000018"), "it is a condition"),
        (_swap_code("DUO:0000007", "DUO:9999999"), "not a kind of research"),
        (_swap_code("DUO:0000007", "DUO:0000042"), "do not go together"),
        (drop(*RULE, "purpose", 0, "extension"), "do not go together"),
        (put([{"code": "DUO:0000042"}], *RULE, "purpose"), "a text is missing"),
        (_swap_code(CANCER, "MONDO:9999999"), "is not known here, or is obsolete"),
        (_swap_code(fhir.DISEASES["MONDO"], fhir.DISEASES["DOID"]), "is not known here, or is obsolete"),
        (_swap_code("DUO:0000022", "DUO:0000002"), "DUO has retired it"),
        (_swap_code("DUO:0000022", "DUO:0000006"), "not a condition that is known"),
        (drop(*CONDITION, 0), "does not say what it is"),
        (drop(*RULE, "modifierExtension", 1, "extension", 1), "does not state what it must"),
        (_swap_code("DUO:0000022", "DUO:0000045"), "or states more"),
        (_swap_code("US-MD", "XX"), "not known here"),
        (put("EU", *CONDITION, 1, "valueCode"), "cannot be honoured"),
        (put("", *CONDITION, 1, "valueString"), "does not say what it must"),
        (put(True, *RULE, "modifierExtension", 1, "extension", 1, "valuePositiveInt"), "does not say"),
        (put(0, *RULE, "modifierExtension", 1, "extension", 1, "valuePositiveInt"), "no number of months"),
        (put("soon", *RULE, "modifierExtension", 2, "extension", 1, "valueDateTime"), "names no instant"),
        (put("deny", *part("decision", "valueCode")), "contradict each other"),
        (put("shrug", *part("decision", "valueCode")), "not known here"),
        (put("continue", *part("decision", "valueCode")), "what it continues"),
        (put(fhir.DECISION, *part("source", "url")), "stands there twice"),
        (drop(*part("authority", "extension", 1)), "who said it"),
        (put("KING", *part("authority", "extension", 0, "valueCode")), "not known here"),
        (put("fax", *part("source", "valueCode")), "not known here"),
        (put("later", *part("after-death", "valueCode")), "not known here"),
        (drop(*part("form", "extension", 0)), "form it names is not whole"),
        (drop(*part("paper", "extension", 0)), "nobody is named"),
        (put([{"meaning": "related"}], *RULE, "data"), "more than one file"),
        (put([{"meaning": "instance", "reference": SOMEBODY}], *RULE, "data"), "not one of ours"),
        (put([{"system": fhir.STATEMENT, "value": "one"}], "identifier"), "no number of a statement"),
        (put("Patient", "resourceType"), "is no FHIR Consent"),
    ],
)
def test_what_cannot_be_honoured_refuses_the_whole_file(spoil: Spoil, why: str):
    data = copy.deepcopy(out(TYPICAL)["entry"][0]["resource"])
    assert back(data) == (TYPICAL,)
    spoil(data)
    with pytest.raises(ExchangeRefused, match=r"Nothing was taken over from this file\.") as refused:
        back(data)
    assert why in str(refused.value)


@pytest.mark.parametrize(
    ("said", "spoil", "why"),
    [
        (stop("*"), put("permit", *RULE, "type"), "does not say, or says in two ways"),
        (stop("*"), _swap_code("*", "EVERYTHING"), "nobody knows the use"),
        (
            stop("*"),
            put(
                [
                    {
                        "url": fhir.CONDITION,
                        "extension": [{"url": "code", "valueCoding": fhir.condition_coding("CC")}],
                    }
                ],
                *RULE,
                "modifierExtension",
            ),
            "everything can be refused",
        ),
        (
            yes("RESEARCH", GRU),
            put([RESEARCH], *RULE, "purpose"),
            "this one names none",
        ),
        (yes("QC"), put(["x"], "extension"), "extension None"),
    ],
)
def test_contradictions_of_other_statements_are_refused(said: Statement, spoil: Spoil, why: str):
    data = copy.deepcopy(out(said)["entry"][0]["resource"])
    spoil(data)
    with pytest.raises(ExchangeRefused) as refused:
        back(data)
    assert why in str(refused.value)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (None, "is no FHIR Consent"),
        ([], "is no FHIR Consent"),
        ({"resourceType": "Patient"}, "is no FHIR Consent"),
        ({"resourceType": "Bundle", "type": "transaction", "entry": [{}]}, "neither a collection"),
        ({**BUNDLE, "entry": []}, "a list is empty"),
        ({**BUNDLE, "entry": [{"request": {}}]}, "cannot be honoured"),
        (
            {
                "resourceType": "Bundle",
                "type": "collection",
                "entry": [{"resource": {"resourceType": "Patient"}}],
            },
            "it is no Consent",
        ),
        (
            {**BUNDLE, "entry": [{"fullUrl": "urn:x"}]},
            "not of the shape",
        ),
    ],
)
def test_a_file_that_is_none_is_refused(data: object, why: str):
    with pytest.raises(ExchangeRefused) as refused:
        back(data)
    assert why in str(refused.value)


def test_two_consents_about_one_use_are_refused():
    for other in (no("AI", seq=2), yes("AI", seq=2)):
        with pytest.raises(ExchangeRefused, match="speaks twice of AI"):
            back(out(yes("AI"), other))
    one_file = no("AI", seq=2, level=Level.FILE, file="GF1")
    assert len(back(out(yes("AI"), one_file, no("QC", seq=3)))) == 3


def test_more_consents_than_anybody_has_are_refused():
    entry = out(yes("AI"))["entry"]
    with pytest.raises(ExchangeRefused, match="more than 200"):
        back({**BUNDLE, "entry": entry * 201})


def test_another_houses_consent_is_read_where_it_is_plain():
    """As HL7's own examples are written: the rule is the root, nothing of ours but the name."""
    foreign = {
        "resourceType": "Consent",
        "id": "1",
        "status": "active",
        "scope": {"coding": [{"system": fhir.SCOPE, "code": "research"}]},
        "category": [{"coding": [fhir.CONSENT_DOCUMENT]}],
        "identifier": [{"system": "urn:x", "value": "17"}],
        "patient": {"identifier": {"system": fhir.PARTICIPANT, "value": HER}},
        "performer": [{"identifier": {"system": fhir.PARTICIPANT, "value": HER}}],
        "dateTime": "2026-01-01T02:00:00+02:00",
        "policyRule": {"coding": [{"system": fhir.ACT_CODE, "code": "OPTIN"}]},
        "provision": {**PERMIT, "period": {"end": "2026-12-31T23:59:59Z"}},
    }
    (said,) = back(foreign)
    assert (said.family, said.decision, said.permissions) == ("RESEARCH", Verb.GRANT, (GRU,))
    assert said.valid_to == NOW.replace(month=12, day=31, hour=23, minute=59, second=59, microsecond=1)
    assert said.effective_at == said.recorded_at
    assert not said.authority.verified, "what the file says of authority counts for nothing"
    inner = {"period": foreign["provision"]["period"], "provision": [PERMIT]}
    assert back(foreign | {"provision": inner}) == (said,)
    (endless,) = back(foreign | {"provision": PERMIT})
    assert endless.valid_to is None
    with pytest.raises(ExchangeRefused, match="ends before it begins"):
        back(foreign | {"dateTime": "2027-01-01T00:00:00Z"})
    plain_no = foreign | {
        "scope": {"coding": [{"system": fhir.SCOPE, "code": "patient-privacy"}]},
        "provision": {"type": "deny", "period": {"start": "2026-01-01T00:00:00Z"}},
    }
    (refusal,) = fhir_in.proposals(plain_no, participant=HER, policy=POLICY)
    assert (refusal.said.family, refusal.said.decision, refusal.is_no) == ("*", Verb.DENY, True)
    assert not fhir_in.proposals(foreign, participant=HER, policy=POLICY)[0].is_no
