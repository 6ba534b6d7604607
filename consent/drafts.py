"""A consent form as it is written: the shape of the file, and everything that can be wrong with one.

    draft = parse(data)          # JSON, or a refusal that names the line
    check(draft, at=at)          # or a refusal that names every place that is wrong

Pure. What becomes of a draft is in forms; what its clauses stand for is in clauses.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import combinations
from typing import Any, NotRequired, TypedDict, cast

from consent import clauses, purposes
from consent.canonical import canonical, instant
from consent.errors import FormRefused
from consent.hierarchies import REGIONS
from consent.rules.authority import GUARDIAN_CEILING, GUARDIAN_IDENTITY_CEILING

LANGUAGES = ("en", "id")
AUDIENCES = ("adult", "guardian")
MOST_BYTES = 256 * 1024

FORM = re.compile(r"[A-Z][A-Z0-9-]{0,31}")
VERSION = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){0,2}")
CLAUSE = re.compile(r"[A-Z][A-Za-z0-9.-]{0,31}")


class Text(TypedDict):
    """One language of a form: what is read first, and the words of each clause by its id."""

    title: str
    introduction: str
    notice: str  # what police use means; empty on a form without police families
    clauses: dict[str, str]
    families: NotRequired[dict[str, str]]  # words above the clauses of a family that has several


class Draft(TypedDict):
    """A form as it lies in a file."""

    form: str
    version: str
    audience: str
    le_notice: bool
    reconsent_due: str | None
    clauses: list[dict[str, Any]]
    texts: dict[str, Text]


def parse(data: bytes) -> Draft:
    """The draft in a file. Raises FormRefused for what is no draft at all; `check` looks at the rest."""
    if len(data) > MOST_BYTES:
        raise FormRefused(f"The file is larger than {MOST_BYTES // 1024} kB. Nothing was recorded.")
    try:
        said = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_each_once)
    except json.JSONDecodeError as fault:
        raise FormRefused(
            f"The file is no JSON: line {fault.lineno}, column {fault.colno}: {fault.msg}. "
            "Nothing was recorded."
        ) from None
    except (ValueError, RecursionError):  # other bytes, or a number too long to read
        raise FormRefused("The file is no JSON in UTF-8. Nothing was recorded.") from None
    return cast(Draft, said)


def check(draft: object, *, at: datetime) -> Draft:
    """The same draft, if it holds together; a FormRefused with every fault and its place, if not."""
    found = list(_shape_faults(draft))
    if not found:
        found = list(_meaning_faults(cast(Draft, draft), at))
    if found:
        raise FormRefused(f"This form cannot be used: {'; '.join(found)}. Nothing was recorded.", found)
    return cast(Draft, draft)


def name(draft: Draft) -> str:
    return f"{draft['form']} {draft['version']}"


def offers(draft: Draft) -> list[str]:
    """The families that the clauses can allow, sorted."""
    return sorted({clause.family for clause in clauses.read(draft["clauses"]) if clause.allows})


def text_hash(text: Text) -> str:
    """SHA-256 of one language, hex."""
    return hashlib.sha256(canonical(text)).hexdigest()


def told_of(draft_clauses: tuple[clauses.Clause, ...], text: Text) -> dict[str, str]:
    """What a form says about each family as a whole: its own words, or those of the clauses that allow it."""
    told: dict[str, list[str]] = {}
    for clause in draft_clauses:
        if clause.allows:
            told.setdefault(clause.family, []).append(text["clauses"][clause.id])
    own = text.get("families", {})
    return {family: own.get(family) or "\n".join(words) for family, words in told.items()}


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said = dict(pairs)
    if len(said) != len(pairs):
        twice = sorted({key for key, _ in pairs if [k for k, _ in pairs].count(key) > 1})
        raise FormRefused(f"The file says {', '.join(twice)} twice in one place. Nothing was recorded.")
    return said


# --- the shape: every part is there, and of its kind ---

_PARTS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "form": (str, "a name such as F-ADULT"),
    "version": (str, "a number such as 2.0"),
    "audience": (str, " or ".join(AUDIENCES)),
    "le_notice": (bool, "true or false"),
    "reconsent_due": ((str, type(None)), "an instant, or null"),
    "clauses": (list, "a list of clauses"),
    "texts": (dict, "the words by language"),
}
_CLAUSE_PARTS = {"id": str, "family": str, "permission": dict, "modifier": dict, "asks": str}
_TEXT_PARTS = {"title": str, "introduction": str, "notice": str, "clauses": dict, "families": dict}


def _shape_faults(draft: object) -> Iterator[str]:
    if not isinstance(draft, Mapping):
        yield "a form is a JSON object"
        return
    for part, (kind, words) in _PARTS.items():
        if part not in draft or not isinstance(draft[part], kind):
            yield f"{part} must be {words}"
    yield from _odd("the form", draft, _PARTS)
    written = draft.get("clauses")
    for place, clause in enumerate(written if isinstance(written, list) else [], 1):
        yield from _clause_shape(f"clauses[{place}]", clause)
    texts = draft.get("texts")
    for language, text in (texts if isinstance(texts, dict) else {}).items():
        yield from _text_shape(f"texts.{language}", text)


def _clause_shape(place: str, clause: object) -> Iterator[str]:
    if not isinstance(clause, dict):
        yield f"{place} must be an object"
        return
    yield from _parts(place, clause, _CLAUSE_PARTS, must=("id", "family"))
    for part in ("permission", "modifier"):
        code = clause.get(part)
        if isinstance(code, dict) and not isinstance(code.get("code"), str):
            yield f"{place}.{part} names no code"
    permission = clause.get("permission")
    if isinstance(permission, dict):
        yield from _odd(f"{place}.permission", permission, ("code", "diseases"))
        if "diseases" in permission and not clauses.is_list(permission["diseases"]):
            yield f"{place}.permission.diseases must be a list of names"


def _text_shape(place: str, text: object) -> Iterator[str]:
    if not isinstance(text, dict):
        yield f"{place} must be an object"
        return
    yield from _parts(place, text, _TEXT_PARTS, must=("title", "introduction", "notice", "clauses"))
    said = {part: words for part, words in text.items() if part in ("title", "introduction", "notice")}
    for part in ("clauses", "families"):
        listed = text.get(part)
        said |= {f"{part}.{id}": words for id, words in (listed.items() if isinstance(listed, dict) else ())}
    for part, words in said.items():
        if not isinstance(words, str):
            yield f"{place}.{part} must be text"
        elif not all(letter.isprintable() or letter == "\n" for letter in words):
            yield f"{place}.{part} holds a character that cannot be seen"
        elif not words.strip() and part != "notice":
            yield f"{place}.{part} is empty"


def _parts(
    place: str, said: Mapping[str, Any], kinds: Mapping[str, type], *, must: tuple[str, ...]
) -> Iterator[str]:
    yield from (f"{place} has no {part}" for part in must if part not in said)
    yield from (
        f"{place}.{part} must be {'text' if kind is str else 'an object'}"
        for part, kind in kinds.items()
        if part in said and not isinstance(said[part], kind)
    )
    yield from _odd(place, said, kinds)


def _odd(place: str, said: Mapping[str, Any], known: Any) -> Iterator[str]:
    yield from (f"{place} has no place for {part!r}" for part in sorted(said.keys() - set(known)))


# --- the meaning: what is said can be decided, by those whom it is put to, in every language ---


def _meaning_faults(draft: Draft, at: datetime) -> Iterator[str]:
    if not FORM.fullmatch(draft["form"]):
        yield f"form {draft['form']!r} must be {_PARTS['form'][1]}"
    if not VERSION.fullmatch(draft["version"]):
        yield f"version {draft['version']!r} must be {_PARTS['version'][1]}"
    if draft["audience"] not in AUDIENCES:
        yield f"audience {draft['audience']!r} must be {_PARTS['audience'][1]}"
    yield from due_faults(draft["reconsent_due"], at)
    read = clauses.read(draft["clauses"])
    yield from _clause_faults(read)
    if draft["audience"] == "guardian":
        yield from _guardian_faults(read)
    police = sorted({clause.family for clause in read if purposes.is_police(clause.family)})
    if police and not draft["le_notice"]:
        yield f"le_notice is false, and {', '.join(police)} needs a police notice"
    yield from (f"texts.{language} is missing" for language in LANGUAGES if language not in draft["texts"])
    for language, text in draft["texts"].items():
        if language not in LANGUAGES:
            yield f"texts.{language} is in a language that is not kept here"
        yield from _text_faults(f"texts.{language}", text, read, with_notice=draft["le_notice"])


def due_faults(due: str | None, at: datetime) -> Iterator[str]:
    """What is wrong with the instant until which people may answer anew."""
    if due is None:
        return
    try:
        if instant(due) <= at:
            yield f"reconsent_due {due} has passed"
    except ValueError:
        yield f"reconsent_due {due!r} is no instant with a time zone"


def _clause_faults(read: tuple[clauses.Clause, ...]) -> Iterator[str]:
    if not read:
        yield "the form has no clause"
    ids = [clause.id for clause in read]
    yield from (f"clause {id} stands here twice" for id in dict.fromkeys(ids) if ids.count(id) > 1)
    for clause in read:
        if not CLAUSE.fullmatch(clause.id):
            yield f"clause {clause.id!r} must have an id such as R-HMB"
        if clause.family not in purposes.FAMILIES:
            yield f"clause {clause.id} speaks for {clause.family}, which nobody can decide about"
        else:
            yield from (f"clause {clause.id}: {fault}" for fault in clauses.faults(clause))
        regions = clause.modifier.get("regions") if clause.modifier else None
        strange = (
            [one for one in regions if not REGIONS.knows(str(one))] if isinstance(regions, tuple) else []
        )
        if strange:
            yield f"clause {clause.id} names {', '.join(map(str, strange))}, a region that is not known here"
    allowed = {clause.family for clause in read if clause.allows}
    for family in dict.fromkeys(clause.family for clause in read if clause.family not in allowed):
        yield f"{family} has conditions and no clause that allows it"
    for one, other in combinations(read, 2):
        if _meaning(one) == _meaning(other) and one.id != other.id:
            yield f"clauses {one.id} and {other.id} stand for the same"


def _meaning(clause: clauses.Clause) -> tuple[object, ...]:
    return (clause.family, clause.permission, clause.modifier, clause.asks)


def _guardian_faults(read: tuple[clauses.Clause, ...]) -> Iterator[str]:
    for clause in read:
        identity = clause.modifier is not None and clause.modifier.code == "IDENTITY_ONLY"
        if clause.family in GUARDIAN_IDENTITY_CEILING:
            if clause.allows and not identity:
                yield f"clause {clause.id}: a guardian can allow {clause.family} with IDENTITY_ONLY alone"
        elif clause.family not in GUARDIAN_CEILING and clause.family in purposes.FAMILIES:
            yield f"clause {clause.id}: a guardian cannot allow {clause.family}"


def _text_faults(
    place: str, text: Text, read: tuple[clauses.Clause, ...], *, with_notice: bool
) -> Iterator[str]:
    ids = dict.fromkeys(clause.id for clause in read)
    families = {clause.family for clause in read}
    yield from (f"{place}.clauses has no words for {id}" for id in ids if id not in text["clauses"])
    yield from (f"{place}.clauses.{id} belongs to no clause" for id in text["clauses"] if id not in ids)
    yield from (
        f"{place}.families.{family} belongs to no clause"
        for family in text.get("families", {})
        if family not in families
    )
    if with_notice and not text["notice"].strip():
        yield f"{place}.notice is empty, and the form says that it carries a police notice"
