"""HL7 FHIR R4 Consent read as proposals: what a file says, as values. Nothing is recorded here.

A no may be applied at once. A yes is a draft: she confirms it in the portal, on our form, in her own name.
Who said it, in which capacity and how it was proved are the file's claims, and count for nothing. Reading
fails closed: what is unknown, retired, contradictory or not whole refuses the whole file (fhir_parts).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from consent.exchange import fhir_words as fhir
from consent.exchange.fhir_parts import (
    coding,
    codings,
    extensions,
    identifier,
    moment,
    node,
    refused,
    several,
    without_nulls,
    word,
)
from consent.exchange.fhir_rule import conditions, permission, rule_of
from consent.exchange.fhir_words import Json
from consent.terms import (
    AfterDeath,
    Authority,
    Capacity,
    Form,
    Level,
    Paper,
    Permission,
    Policy,
    Source,
    Statement,
    Verb,
)

MOST = 200  # consents in one file
TICK = timedelta(microseconds=1)

# What stands beside the rule and changes nothing about it.
_BESIDE = ("id", "meta", "text", "language", "organization", "sourceAttachment", "sourceReference")
_CONSENT = (
    *("resourceType", "identifier", "status", "scope", "category", "patient", "dateTime", "performer"),
    *("policyRule", "provision", "extension", *_BESIDE),
)
_EXTENSIONS = {
    fhir.DECISION: "valueCode",
    fhir.AUTHORITY: "extension",
    fhir.SOURCE: "valueCode",
    fhir.FORM: "extension",
    fhir.PAPER: "extension",
    fhir.AFTER_DEATH: "valueCode",
    fhir.CONTINUES: "valueString",
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one Consent of a file says. Its number, authority, form and paper are claims of the file."""

    said: Statement

    @property
    def is_no(self) -> bool:
        """It only narrows, and may be applied at once. Anything else is a draft to be confirmed."""
        return self.said.decision in (Verb.DENY, Verb.WITHDRAW)


def proposals(data: object, *, participant: str, policy: Policy) -> tuple[Proposal, ...]:
    """What a Consent, or a Bundle of them, says about this participant. Raises ExchangeRefused, and gives
    nothing, if any part of it cannot be honoured."""
    found = tuple(
        Proposal(_statement(resource, f"Consent {number}", participant, policy))
        for number, resource in enumerate(_resources(data), start=1)
    )
    spoken: dict[tuple[str, str | None, bool], Statement] = {}
    for said in (one.said for one in found):
        about = said.family, said.file, said.decision is Verb.CONTINUE
        if about in spoken:
            raise refused("The file", f"it speaks twice of {said.family}, and only one of the two can hold")
        spoken[about] = said
    return found


def _resources(data: object) -> list[Any]:
    if not isinstance(data, dict) or data.get("resourceType") not in ("Consent", "Bundle"):
        raise refused("The file", "it is no FHIR Consent, and no Bundle of them")
    without_nulls(data, "The file")
    if data["resourceType"] == "Consent":
        return [data]
    bundle = node(data, "The Bundle", ("resourceType", "id", "meta", "type", "timestamp", "total", "entry"))
    if bundle.get("type") not in ("collection", "searchset"):
        raise refused("The Bundle", "it is neither a collection nor the answer to a search")
    entries = several(bundle.get("entry"), "The Bundle")
    if not entries or len(entries) > MOST:
        raise refused("The Bundle", f"it holds no consent, or more than {MOST}")
    return [node(entry, "The Bundle", ("fullUrl", "resource", "search")).get("resource") for entry in entries]


def _statement(resource: object, where: str, participant: str, policy: Policy) -> Statement:
    said = node(resource, where, _CONSENT)
    if said.get("resourceType") != "Consent":
        raise refused(where, "it is no Consent")
    if said.get("status") != "active":
        raise refused(where, f"its status is {said.get('status')!r}; only an active consent says anything")
    _about(said, where, participant)
    rule = rule_of(said.get("provision"), where)
    family, permissions = _what(said, rule, where, policy)
    told = extensions(said.get("extension"), where, _EXTENSIONS)
    decision = _decision(told, rule, where)
    _base(said, rule, where)
    recorded = moment(said.get("dateTime"), f"{where}, dateTime")
    starts, ends = _period(rule, recorded, where)
    modifiers = conditions(rule.get("modifierExtension"), where, policy)
    if family == fhir.EVERYTHING and (rule["type"] == "permit" or permissions or modifiers):
        raise refused(where, "everything can be refused, and neither allowed nor put under conditions")
    if family == "RESEARCH" and decision is Verb.GRANT and not permissions:
        raise refused(where, "a yes to research names the kind of research, and this one names none")
    file = _file(rule, where)
    return Statement(
        seq=_number(said, where),
        level=Level.PARTICIPANT if file is None else Level.FILE,
        file=file,
        family=family,
        decision=decision,
        recorded_at=recorded,
        effective_at=starts,
        valid_to=ends,
        permissions=permissions,
        modifiers=modifiers,
        **_claims(told, decision, where),
    )


def _about(said: Json, where: str, participant: str) -> None:
    if "patient" not in said:
        raise refused(where, "it does not say whose consent it is")
    people = [said["patient"], *several(said.get("performer"), f"{where}, performer")]
    for one in people:
        if identifier(one, fhir.PARTICIPANT, f"{where}, patient") != participant:
            raise refused(where, "it is somebody else's, or was said by somebody else")


def _what(said: Json, rule: Json, where: str, policy: Policy) -> tuple[str, tuple[Permission, ...]]:
    """Which family it speaks of, and the kinds of research; category, scope and purpose must agree."""
    named = [
        code
        for one in several(said.get("category"), f"{where}, category")
        for system, code in codings(one, f"{where}, category")
        if system == fhir.FAMILY
    ]
    permissions: list[Permission] = []
    meant: list[str] = []
    for purpose in several(rule.get("purpose"), f"{where}, purpose"):
        system, code = coding(purpose, f"{where}, purpose", "extension")
        if system == fhir.FAMILY:
            known = {fhir.PERMISSION: "valueCoding"}
            inner = extensions(purpose.get("extension"), where, known, many=known)
            meant.append(code)
            permissions += [permission(one, where, policy) for one in inner.get(fhir.PERMISSION, ())]
        else:
            permissions.append(permission(purpose, where, policy))
            meant.append("RESEARCH")
    families = {*named, *meant}
    if not families and rule["type"] == "deny":
        families = {fhir.EVERYTHING}  # a no that names no use refuses every use
    if len(families) != 1 or (rule["type"] == "permit" and not meant):
        raise refused(where, "it does not say, or says in two ways, which use of the data it means")
    family = families.pop()
    if family not in fhir.SCOPES:
        raise refused(where, f"nobody knows the use {family!r}")
    scope = codings(said.get("scope"), f"{where}, scope")
    expected = (fhir.SCOPE, fhir.SCOPES[family])
    if scope != [expected]:
        raise refused(where, f"its scope is not {fhir.SCOPES[family]!r}, as one about {family} has it")
    return family, tuple(permissions)


def _decision(told: Mapping[str, list[Any]], rule: Json, where: str) -> Verb:
    plain = Verb.GRANT if rule["type"] == "permit" else Verb.DENY
    decision: Verb = _one_of(Verb, told.get(fhir.DECISION, [plain.value])[0], where)
    if fhir.PROVISION[decision] != rule["type"]:
        raise refused(where, f"it says {decision.value!r} and {rule['type']!r}, which contradict each other")
    return decision


def _base(said: Json, rule: Json, where: str) -> None:
    """The base rule: one of HL7's own, that leaves room for what the provision says."""
    room = fhir.PERMITTED_UNDER if rule["type"] == "permit" else fhir.DENIED_UNDER
    base = codings(said.get("policyRule"), f"{where}, policyRule")
    if len(base) != 1 or base[0][0] != fhir.ACT_CODE or base[0][1] not in room:
        raise refused(where, "its policyRule is not known here, or contradicts its provision")


def _period(rule: Json, recorded: datetime, where: str) -> tuple[datetime, datetime | None]:
    """From when, if not at once, and until when: FHIR's end is included, ours is not."""
    starts, ends = recorded, None
    if "period" in rule:
        said = node(rule["period"], f"{where}, period", ("id", "start", "end"))
        starts = moment(said["start"], f"{where}, period") if "start" in said else recorded
        ends = moment(said["end"], f"{where}, period") if "end" in said else None
    if ends is None:
        return starts, None
    if ends < starts:
        raise refused(where, "it ends before it begins")
    try:
        return starts, ends + TICK
    except OverflowError:
        raise refused(where, "it ends after the last day there is; leave the end out") from None


def _file(rule: Json, where: str) -> str | None:
    data = several(rule.get("data"), f"{where}, data")
    if not data:
        return None
    said = node(data[0], f"{where}, data", ("id", "meaning", "reference"))
    if len(data) > 1 or said.get("meaning") != "instance":
        raise refused(where, "it speaks of more than one file, or of more than a file")
    return identifier(said.get("reference"), fhir.FILE, f"{where}, data")


def _number(said: Json, where: str) -> int:
    """The number it had here, if it comes from here; else none, which is 0."""
    for one in several(said.get("identifier"), f"{where}, identifier"):
        named = node(
            one, f"{where}, identifier", ("id", "use", "type", "system", "value", "period", "assigner")
        )
        if named.get("system") == fhir.STATEMENT:
            return _whole(named.get("value"), where)
    return 0


def _claims(told: Mapping[str, list[Any]], decision: Verb, where: str) -> dict[str, Any]:
    """Who said it, how, and on which form, as the file has it."""
    authority = Authority(Capacity.SELF, False)
    for parts in told.get(fhir.AUTHORITY, ()):
        inner = extensions(parts, where, {"capacity": "valueCode", "verified": "valueBoolean"})
        if len(inner) != 2:
            raise refused(where, "it does not say who said it, or whether that was verified")
        authority = Authority(_one_of(Capacity, inner["capacity"][0], where), inner["verified"][0])
    continues = [_whole(one, where) for one in told.get(fhir.CONTINUES, ())]
    if bool(continues) is not (decision is Verb.CONTINUE):
        raise refused(where, "it is not clear what it continues")
    after = told.get(fhir.AFTER_DEATH, [AfterDeath.UNSPECIFIED.value])[0]
    return {
        "authority": authority,
        "source": _one_of(Source, told.get(fhir.SOURCE, [Source.PORTAL.value])[0], where),
        "form": next((_form(parts, where) for parts in told.get(fhir.FORM, ())), fhir.NO_FORM),
        "paper": next((_paper(parts, where) for parts in told.get(fhir.PAPER, ())), None),
        "after_death": _one_of(AfterDeath, after, where),
        "continues": continues[0] if continues else None,
    }


def _form(parts: object, where: str) -> Form:
    known = {"id": "valueString", "version": "valueString", "police-notice": "valueBoolean"}
    known |= {"offers": "valueCode", "ask-again": "valueDateTime"}
    inner = extensions(parts, where, known, many=("offers",))
    if not {"id", "version", "police-notice"} <= inner.keys():
        raise refused(where, "the form it names is not whole")
    due = inner.get("ask-again")
    return Form(
        id=inner["id"][0],
        version=inner["version"][0],
        offers=frozenset(inner.get("offers", ())),
        le_notice=inner["police-notice"][0],
        reconsent_due=moment(due[0], where) if due else None,
    )


def _paper(parts: object, where: str) -> Paper:
    known = {"first-reader": "valueString", "second-reader": "valueString", "match": "valueBoolean"}
    inner = extensions(parts, where, known)
    if "first-reader" not in inner:
        raise refused(where, "nobody is named who read the paper")
    return Paper(
        keyed_by=inner["first-reader"][0],
        verified_by=inner.get("second-reader", [None])[0],
        match=inner.get("match", [None])[0],
    )


def _whole(value: object, where: str) -> int:
    text = word(value, where)
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise refused(where, f"{text!r} is no number of a statement")
    return int(text)


def _one_of(kind: Any, value: str, where: str) -> Any:
    if value not in set(kind):
        raise refused(where, f"{value!r} is not known here")
    return kind(value)
