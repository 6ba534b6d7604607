"""A participant's heads as HL7 FHIR R4 Consent resources: one a statement, so that nothing is lost.

The base rule of each is a dissent, and its one provision says what is permitted or denied after all: a reader
who knows nothing of us sees no more than was allowed. DUO permissions are the provision's purposes. A
condition is a modifierExtension, which FHIR forbids to pass over: were it a label, a reader could miss it and
do more than was allowed. People, projects and institutions are such conditions too, for several actors in
FHIR mean "any of them". FHIR's period includes its end and ours does not, so it ends a microsecond earlier.
What has no place in FHIR has an extension of ours (fhir_words). What cannot be written is refused.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from consent import duo
from consent.canonical import instant, written
from consent.errors import ExchangeRefused
from consent.exchange import fhir_words as fhir
from consent.exchange.fhir_words import Json
from consent.purposes import FAMILIES
from consent.rules import precedence
from consent.rules.modifiers import months_of
from consent.terms import AfterDeath, Form, Level, Modifier, Paper, Permission, Statement, Verb

TICK = timedelta(microseconds=1)  # the finest instant that is told apart
SPACE = UUID(fhir.OURS.removeprefix("urn:uuid:"))


def heads(statements: Sequence[Statement], at: datetime) -> tuple[Statement, ...]:
    """What speaks at an instant, for the participant and for each file: without what is displaced or pending.
    A statement by which a next of kin upholds one of them goes with it."""
    spoken: dict[int, Statement] = {}
    for file in {one.file for one in statements} | {None}:
        for family in FAMILIES:
            spoken |= {one.seq: one for one in precedence.heads(statements, family, file, at).all}
    upheld = {
        one.seq: one
        for one in statements
        if one.decision is Verb.CONTINUE and one.continues in spoken and one.recorded_at <= at
    }
    return tuple(one for _, one in sorted((spoken | upheld).items()))


def bundle(statements: Iterable[Statement], *, participant: str) -> Json:
    """A Bundle of them. Raises ExchangeRefused, and gives nothing, if one cannot be expressed."""
    entries = [
        {
            "fullUrl": f"urn:uuid:{uuid5(SPACE, f'{participant} {said.seq}')}",
            "resource": consent(said, participant=participant),
        }
        for said in statements
    ]
    return {"resourceType": "Bundle", "type": "collection", **({"entry": entries} if entries else {})}


def consent(said: Statement, *, participant: str) -> Json:
    """One statement as a Consent. Raises ExchangeRefused for one that FHIR and we cannot both mean."""
    _refuse_unfit(said)
    kind = fhir.PROVISION[said.decision]
    rule: Json = {"type": kind, "period": _period(said)}
    if said.modifiers:
        rule["modifierExtension"] = [_condition(one) for one in said.modifiers]
    if said.family != fhir.EVERYTHING:
        rule["purpose"] = _purposes(said)
    if said.file is not None:
        reference = {"identifier": {"system": fhir.FILE, "value": said.file}}
        rule["data"] = [{"meaning": "instance", "reference": reference}]
    return {
        "resourceType": "Consent",
        "extension": list(_extensions(said)),
        "identifier": [{"system": fhir.STATEMENT, "value": str(said.seq)}],
        "status": "active",
        "scope": {"coding": [{"system": fhir.SCOPE, "code": fhir.SCOPES[said.family]}]},
        "category": [
            {"coding": [fhir.CONSENT_DOCUMENT]},
            {"coding": [{"system": fhir.FAMILY, "code": said.family}]},
        ],
        "patient": {"type": "Patient", "identifier": {"system": fhir.PARTICIPANT, "value": participant}},
        "dateTime": written(said.recorded_at),
        "policyRule": {"coding": [{"system": fhir.ACT_CODE, "code": fhir.BASE[kind]}]},
        "provision": {"provision": [rule]},
    }


def _refuse_unfit(said: Statement) -> None:
    yes = fhir.PROVISION[said.decision] == "permit"
    if said.family not in fhir.SCOPES:
        raise _refused(said, f"nobody knows the use {said.family!r}")
    if said.family == fhir.EVERYTHING and (yes or said.permissions or said.modifiers):
        raise _refused(said, "everything can be refused, and neither allowed nor put under conditions")
    if said.family == "RESEARCH" and said.decision is Verb.GRANT and not said.permissions:
        raise _refused(said, "a yes to research names the kind of research")
    if said.valid_to is not None and said.valid_to <= said.effective_at:
        raise _refused(said, "it ends before it begins")
    if (said.level is Level.FILE) is not (said.file is not None):
        raise _refused(said, "it is not clear of which file it speaks")
    if (said.decision is Verb.CONTINUE) is not (said.continues is not None):
        raise _refused(said, "it is not clear what it continues")
    if said.form != fhir.NO_FORM and not (said.form.id and said.form.version):
        raise _refused(said, "its form has no name")
    if said.paper is not None and (not said.paper.keyed_by or said.paper.verified_by == ""):
        raise _refused(said, "nobody is named who read the paper")
    for permission in said.permissions:
        _refuse_unfit_permission(said, permission)
    for modifier in said.modifiers:
        _refuse_unfit_modifier(said, modifier)


def _refuse_unfit_permission(said: Statement, permission: Permission) -> None:
    if permission.code not in duo.PERMISSIONS:
        raise _refused(said, f"{permission.code!r} is no permission that is honoured")
    if bool(permission.diseases) is not (permission.code == "DS"):
        raise _refused(said, f"{permission.code} and the diseases it names do not go together")
    for disease in permission.diseases:
        if disease.split(":")[0] not in fhir.DISEASES:
            raise _refused(said, f"{disease!r} is of no table of diseases that FHIR could name")


def _refuse_unfit_modifier(said: Statement, modifier: Modifier) -> None:
    term = duo.MODIFIERS.get(modifier.code)
    if term is None:
        raise _refused(said, f"{modifier.code!r} is no condition that is known")
    stated = tuple(name for name, _ in modifier.parameters)
    if stated != ((term.parameter,) if term.parameter else ()):
        raise _refused(said, f"the condition {modifier.code} does not state what it must, or states more")
    value = modifier.get(term.parameter) if term.parameter else None
    match fhir.PARAMETERS.get(term.parameter or ""):
        case fhir.WORDS:
            fits = isinstance(value, tuple) and bool(value) and all(w and isinstance(w, str) for w in value)
        case fhir.NUMBER:
            fits = months_of(modifier) is not None
        case fhir.INSTANT:
            fits = isinstance(value, str) and _is_instant(value)
        case _:
            fits = True
    if not fits:
        raise _refused(said, f"what the condition {modifier.code} states cannot be read")


def _is_instant(text: str) -> bool:
    try:
        return bool(fhir.DATE_TIME.fullmatch(text) and instant(text))
    except ValueError:
        return False


def _period(said: Statement) -> Json:
    end = {} if said.valid_to is None else {"end": written(said.valid_to - TICK)}
    return {"start": written(said.effective_at), **end}


def _purposes(said: Statement) -> list[Json]:
    """A yes to research: its DUO permissions. Anything else: the family, a code that only we know."""
    permissions = [_permission(one) for one in said.permissions]
    if said.family == "RESEARCH" and permissions and fhir.PROVISION[said.decision] == "permit":
        return permissions
    family: Json = {"system": fhir.FAMILY, "code": said.family}
    if permissions:
        family["extension"] = [{"url": fhir.PERMISSION, "valueCoding": one} for one in permissions]
    return [family]


def _permission(permission: Permission) -> Json:
    term = duo.PERMISSIONS[permission.code]
    coding: Json = {"system": fhir.DUO, "code": term.id, "display": term.label}
    if permission.diseases:
        coding["extension"] = [
            {
                "url": fhir.DISEASE,
                "valueCoding": {"system": fhir.DISEASES[code.split(":")[0]], "code": code},
            }
            for code in permission.diseases
        ]
    return coding


def _condition(modifier: Modifier) -> Json:
    parts: list[Json] = [{"url": "code", "valueCoding": fhir.condition_coding(modifier.code)}]
    for name, value in modifier.parameters:
        several = value if isinstance(value, tuple) else (value,)
        parts += [{"url": name, fhir.PARAMETERS[name]: one} for one in several]
    return {"url": fhir.CONDITION, "extension": parts}


def _extensions(said: Statement) -> Iterable[Json]:
    yield {"url": fhir.DECISION, "valueCode": said.decision.value}
    yield {
        "url": fhir.AUTHORITY,
        "extension": [
            {"url": "capacity", "valueCode": said.authority.capacity.value},
            {"url": "verified", "valueBoolean": said.authority.verified},
        ],
    }
    yield {"url": fhir.SOURCE, "valueCode": said.source.value}
    if said.form != fhir.NO_FORM:
        yield {"url": fhir.FORM, "extension": list(_form(said.form))}
    if said.paper is not None:
        yield {"url": fhir.PAPER, "extension": list(_paper(said.paper))}
    if said.after_death is not AfterDeath.UNSPECIFIED:
        yield {"url": fhir.AFTER_DEATH, "valueCode": said.after_death.value}
    if said.continues is not None:
        yield {"url": fhir.CONTINUES, "valueString": str(said.continues)}


def _form(form: Form) -> Iterable[Json]:
    yield {"url": "id", "valueString": form.id}
    yield {"url": "version", "valueString": form.version}
    yield {"url": "police-notice", "valueBoolean": form.le_notice}
    yield from ({"url": "offers", "valueCode": family} for family in sorted(form.offers))
    if form.reconsent_due is not None:
        yield {"url": "ask-again", "valueDateTime": written(form.reconsent_due)}


def _paper(paper: Paper) -> Iterable[Json]:
    """Who read it, and whether they read alike; left out where nobody has yet."""
    yield {"url": "first-reader", "valueString": paper.keyed_by}
    if paper.verified_by:
        yield {"url": "second-reader", "valueString": paper.verified_by}
    if paper.match is not None:
        yield {"url": "match", "valueBoolean": paper.match}


def _refused(said: Statement, why: str) -> ExchangeRefused:
    return ExchangeRefused(
        f"Statement {said.seq} cannot be written as FHIR without a loss: {why}. Nothing was written."
    )
