"""The one rule of a FHIR Consent: its provision, the kinds of research it names, and the conditions on it.

A consent of ours has exactly one rule. A rule with an exception inside is refused: an exception inside a no
would widen it, and one inside a yes says something that no condition of ours says.
"""

from typing import Any

from consent import duo
from consent.exchange import fhir_words as fhir
from consent.exchange.fhir_parts import coding, extensions, moment, node, refused, several
from consent.exchange.fhir_words import Json
from consent.rules.modifiers import MOST_MONTHS, too_long
from consent.terms import Modifier, Permission, Policy

_RULE = ("id", "type", "period", "purpose", "data", "modifierExtension")
# What narrows a rule in a way that is not asked before a file is read here.
_UNASKED = {
    "actor": "who may use the data",
    "action": "what may be done with the data",
    "securityLabel": "how the data are labelled",
    "class": "which class of data is meant",
    "code": "which codes the data must have",
    "dataPeriod": "from when the data are",
}


def rule_of(provision: object, where: str) -> Json:
    """The one rule. R4 wants it inside a root without a type; a root that is the rule itself is read, too."""
    if provision is None:
        raise refused(where, "it has no provision, so it neither permits nor denies anything")
    root = _checked(provision, where, "provision")
    if "provision" not in root:
        return _typed(root, where)
    inner = several(root["provision"], f"{where}, provision")
    if "type" in root:
        raise refused(
            where,
            f"there is an exception inside what it says; a {root['type']!r} with exceptions cannot be "
            "expressed here",
        )
    if len(inner) != 1:
        raise refused(where, "it has several provisions, which may contradict each other; write one in each")
    rule = _checked(inner[0], where)
    outer = node(root, f"{where}, provision", ("id", "period", "provision"))
    if "period" in outer:
        if "period" in rule:
            raise refused(where, "it states its time twice")
        rule = rule | {"period": outer["period"]}
    return _typed(rule, where)


def _checked(value: object, where: str, *more: str) -> Json:
    if isinstance(value, dict):
        for name, what in _UNASKED.items():
            if name in value:
                raise refused(where, f"it limits {what} ({name}), and that cannot be checked here")
        if "provision" in value and "provision" not in more:
            raise refused(where, "there is an exception inside an exception, which cannot be expressed here")
    return node(value, f"{where}, provision", (*_RULE, *more))


def _typed(rule: Json, where: str) -> Json:
    if rule.get("type") not in ("permit", "deny"):
        raise refused(where, "its provision neither permits nor denies")
    return rule


def permission(value: Any, where: str, policy: Policy) -> Permission:
    """A DUO permission with the diseases it names, every one known to the policy."""
    system, code = coding(value, f"{where}, purpose", "extension")
    known = fhir.PERMISSION_BY_ID.get(code) if system == fhir.DUO else None
    if known is None:
        raise refused(where, f"{code!r} is not a kind of research that is honoured here{_why(system, code)}")
    named = {fhir.DISEASE: "valueCoding"}
    inner = extensions(value.get("extension"), where, named, many=named).get(fhir.DISEASE, [])
    diseases = tuple(_disease(one, where, policy) for one in inner)
    if bool(diseases) is not (known == "DS"):
        raise refused(where, f"{known} and the diseases it names do not go together")
    return Permission(known, diseases)


def _why(system: str, code: str) -> str:
    if system == fhir.DUO and code in duo.RETIRED:
        return ": DUO has retired it"
    return ": it is a condition" if (system, code) in fhir.CONDITION_BY_CODING else ""


def _disease(value: Any, where: str, policy: Policy) -> str:
    system, code = coding(value, f"{where}, disease")
    if fhir.DISEASES.get(code.split(":")[0]) != system or not policy.disease_parents.knows(code):
        raise refused(where, f"the disease {code!r} is not known here, or is obsolete")
    return code


def conditions(value: object, where: str, policy: Policy) -> tuple[Modifier, ...]:
    """The conditions of a rule. An extension here that is not one of them may not be passed over."""
    known = {fhir.CONDITION: "extension"}
    found = extensions(value, where, known, many=known).get(fhir.CONDITION, [])
    return tuple(_condition(parts, where, policy) for parts in found)


def _condition(parts: object, where: str, policy: Policy) -> Modifier:
    many = [name for name, kind in fhir.PARAMETERS.items() if kind == fhir.WORDS]
    inner = extensions(parts, where, {"code": "valueCoding", **fhir.PARAMETERS}, many=many)
    if "code" not in inner:
        raise refused(where, "a condition does not say what it is")
    system, id = coding(inner.pop("code")[0], f"{where}, condition")
    term = duo.MODIFIERS.get(fhir.CONDITION_BY_CODING.get((system, id), ""))
    if term is None:
        raise refused(where, f"{id!r} is not a condition that is known here{_why(system, id)}")
    if set(inner) != ({term.parameter} if term.parameter else set()):
        raise refused(where, f"the condition {term.code} does not state what it must, or states more")
    stated = {name: _parameter(name, values, where, policy) for name, values in inner.items()}
    condition = Modifier.of(term.code, **stated)
    if too_long(condition):
        raise refused(where, f"the condition {term.code} can name {MOST_MONTHS} months at most")
    return condition


def _parameter(name: str, values: list[Any], where: str, policy: Policy) -> object:
    kind = fhir.PARAMETERS[name]
    if kind == fhir.INSTANT:
        moment(values[0], where)
    if kind == fhir.NUMBER and values[0] < 1:
        raise refused(where, f"{values[0]} is no number of {name}")
    if name == "regions" and not all(policy.region_parents.knows(region) for region in values):
        raise refused(where, f"one of the regions {', '.join(values)} is not known here")
    return values if kind == fhir.WORDS else values[0]
