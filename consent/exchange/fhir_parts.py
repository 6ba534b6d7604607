"""The parts of a FHIR resource, read strictly: whatever is not named here is refused, never passed over.

FHIR lets a reader pass over an extension it does not know; we do not, for what it says might narrow a
consent. What the parts mean together is in fhir_in.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from consent.canonical import instant
from consent.errors import ExchangeRefused
from consent.exchange import fhir_words as fhir
from consent.exchange.fhir_words import Json

_TYPES: dict[str, type] = {
    "valueCode": str,
    "valueString": str,
    "valueDateTime": str,
    "valueBoolean": bool,
    "valuePositiveInt": int,
    "valueCoding": dict,
}


def refused(where: str, why: str) -> ExchangeRefused:
    """What is wrong, where; and that nothing was taken over."""
    return ExchangeRefused(f"{where}: {why}. Nothing was taken over from this file.")


def without_nulls(data: object, where: str) -> None:
    """Nothing in it is null: FHIR's JSON leaves out what is not said, and a null may stand for a condition
    that got lost."""
    waiting = [data]
    while waiting:
        one = waiting.pop()
        if one is None:
            raise refused(where, "a part of it is null; FHIR leaves out what is not said")
        if isinstance(one, dict | list):
            waiting += one.values() if isinstance(one, dict) else one


def node(value: object, where: str, known: Iterable[str]) -> Json:
    """An object that says nothing but what is known."""
    if not isinstance(value, dict) or not value:
        raise refused(where, "something is missing or is not of the shape that FHIR gives it")
    if unknown := sorted(map(str, value.keys() - set(known))):
        raise refused(where, f"it says {', '.join(map(repr, unknown))}, which cannot be honoured here")
    return value


def several(value: object, where: str) -> list[Any]:
    """A list; empty where nothing is said. FHIR knows no empty lists."""
    if value is None:
        return []
    if not isinstance(value, list) or not value:
        raise refused(where, "a list is empty, or is none")
    return value


def word(value: object, where: str) -> str:
    """A text that says something."""
    if not isinstance(value, str) or not value.strip():
        raise refused(where, "a text is missing")
    return value


def moment(value: object, where: str) -> datetime:
    """An instant: a day, a time and a time zone."""
    text = word(value, where)
    try:
        if fhir.DATE_TIME.fullmatch(text):
            return instant(text)
    except (ValueError, OverflowError):
        pass
    raise refused(where, f"{text!r} names no instant; it takes a day, a time and a time zone")


def codings(concept: object, where: str) -> list[tuple[str, str]]:
    """(system, code) of each coding of a CodeableConcept."""
    said = node(concept, where, ("id", "coding", "text"))
    return [coding(one, where) for one in several(said.get("coding"), where)]


def coding(value: object, where: str, *known: str) -> tuple[str, str]:
    """(system, code) of a Coding."""
    said = node(value, where, ("id", "system", "version", "code", "display", "userSelected", *known))
    return word(said.get("system"), where), word(said.get("code"), where)


def identifier(reference: object, system: str, where: str) -> str:
    """Whom or what a Reference means, by our own identifier. An address somewhere else says nothing here."""
    said = node(reference, where, ("id", "type", "reference", "identifier", "display"))
    if "identifier" not in said:
        raise refused(where, "it names nobody and nothing that is known here")
    named = node(said["identifier"], where, ("id", "use", "system", "value"))
    if named.get("system") != system:
        raise refused(where, "its identifier is not one of ours")
    return word(named.get("value"), where)


def extensions(
    value: object, where: str, known: dict[str, str], *, many: Iterable[str] = ()
) -> dict[str, list[Any]]:
    """{url: [its values]} of a list of extensions. `known` says how each is written: valueCode and so on, or
    `extension` for one that has parts. None may come twice but those in `many`."""
    found: dict[str, list[Any]] = {}
    for one in several(value, where):
        url = one.get("url") if isinstance(one, dict) else None
        if not isinstance(url, str) or url not in known:
            raise refused(where, f"it carries the extension {url!r}, which is not known here")
        kind = known[url]
        said = node(one, where, ("url", kind))
        content = said.get(kind)
        if kind in _TYPES and (type(content) is not _TYPES[kind] or content == ""):
            raise refused(where, f"the extension {url!r} does not say what it must")
        if url in found and url not in many:
            raise refused(where, f"the extension {url!r} stands there twice")
        found.setdefault(url, []).append(content)
    return found
