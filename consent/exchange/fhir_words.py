"""The words of FHIR R4 Consent that we write and read: code systems, our own names, and what stands for what.

Our names are a URN with a fragment; it resolves nowhere, on purpose. Writing is in fhir_out, reading in
fhir_in.
"""

import re
from typing import Any, TypeAlias

from consent import duo
from consent.purposes import FAMILIES
from consent.terms import Form, Verb

Json: TypeAlias = dict[str, Any]

EVERYTHING = "*"
OURS = "urn:uuid:7d3f5f0a-4c0e-4a53-9a63-0f2b9f6f0c11"


def ours(name: str) -> str:
    """The name of an extension or a code system of our own."""
    return f"{OURS}#{name}"


STATEMENT, PARTICIPANT, FILE = ours("statement"), ours("participant"), ours("file")
FAMILY, CONDITION, PERMISSION, DISEASE = (
    ours("family"),
    ours("condition"),
    ours("permission"),
    ours("disease"),
)
DECISION, AUTHORITY, FORM, SOURCE, PAPER = map(ours, ("decision", "authority", "form", "source", "paper"))
AFTER_DEATH, CONTINUES = ours("after-death"), ours("continues")

SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
LOINC = "http://loinc.org"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
DUO = "http://purl.obolibrary.org/obo/duo.owl"
DISEASES = {
    "MONDO": "http://purl.obolibrary.org/obo/mondo.owl",
    "DOID": "http://purl.obolibrary.org/obo/doid.owl",
}

CONSENT_DOCUMENT = {"system": LOINC, "code": "59284-0"}
NO_FORM = Form(id="", version="", offers=frozenset(), le_notice=False)

# A verb of ours: what its provision is, and the base rule that the provision stands under. Both base rules
# are a dissent; a yes is the one exception to it.
PROVISION: dict[Verb, str] = {
    Verb.GRANT: "permit",
    Verb.CONTINUE: "permit",
    Verb.DENY: "deny",
    Verb.WITHDRAW: "deny",
}
BASE = {"permit": "OPTOUTE", "deny": "OPTOUT"}  # opt out with exceptions; opt out
PERMITTED_UNDER = frozenset(("OPTOUTE", "OPTINR", "OPTIN"))
DENIED_UNDER = frozenset(("OPTOUT", "OPTOUTE", "OPTINR", "OPTIN"))

_SCOPES = {"RESEARCH": "research", "AI": "research", "COMMERCIAL": "research", "CLINICAL": "treatment"}
SCOPES: dict[str, str] = {
    family: _SCOPES.get(family, "patient-privacy") for family in (*FAMILIES, EVERYTHING)
}

# What a condition's parameter is in FHIR: a list of words, a whole number above zero, an instant.
WORDS, NUMBER, INSTANT = "valueString", "valuePositiveInt", "valueDateTime"
PARAMETERS = {
    "regions": WORDS,
    "topics": WORDS,
    "users": WORDS,
    "projects": WORDS,
    "institutions": WORDS,
    "months": NUMBER,
    "until": INSTANT,
}

# An instant, never a mere day: a day begins at other instants in other places.
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")

PERMISSION_BY_ID = {term.id: term.code for term in duo.PERMISSIONS.values()}


def condition_coding(code: str) -> Json:
    """A condition as a coding: DUO's where it is DUO's, else ours."""
    term = duo.MODIFIERS[code]
    plain = {"system": DUO, "code": term.id} if term.is_duo else {"system": CONDITION, "code": code}
    return plain | {"display": term.label}


CONDITION_BY_CODING = {
    (said["system"], said["code"]): code for code in duo.MODIFIERS for said in (condition_coding(code),)
}
