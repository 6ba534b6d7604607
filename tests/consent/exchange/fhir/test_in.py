"""FHIR in: what our law cannot take is refused whole."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from consent.errors import ExchangeRefused
from consent.exchange import fhir_in
from consent.exchange import fhir_words as fhir
from consent.terms import (
    AfterDeath,
    Level,
    Paper,
    Source,
    Statement,
    Verb,
)
from tests.cast import (
    CANCER,
    GUARDIAN,
    NOW,
    POLICY,
    no,
    stop,
    yes,
)
from tests.consent.exchange.fhir.bundles import (
    DS,
    GRU,
    HER,
    WHOLE,
    back,
    out,
)

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
        (put(1201, *RULE, "modifierExtension", 1, "extension", 1, "valuePositiveInt"), "1200 months at most"),
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


NULLED = [
    ("language",),
    ("extension",),
    ("performer",),
    ("identifier",),
    (*RULE, "modifierExtension"),
    (*RULE, "purpose", 0, "extension"),
    (*RULE, "data"),
    (*CONDITION, 1, "valueString"),
    ("provision", "id"),
]


@pytest.mark.parametrize("path", NULLED, ids=lambda path: ".".join(map(str, path)))
def test_a_null_may_stand_for_a_lost_condition_and_is_refused(path: tuple[Any, ...]):
    resource = copy.deepcopy(out(TYPICAL)["entry"][0]["resource"])
    put(None, *path)(resource)
    for data in (resource, {**BUNDLE, "entry": [{"resource": resource}]}, {**BUNDLE, "entry": None}):
        with pytest.raises(ExchangeRefused, match="is null; FHIR leaves out what is not said"):
            back(data)


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
