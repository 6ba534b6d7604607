"""Reading a file of diseases (OBO 1.4: MONDO or DOID) into a table of what lies inside what.

Only `is_a` counts, and only terms of the file's own prefix. An obsolete term is left out, and so denies. The
parser is fastobo; a file that contradicts itself is refused whole. Who uses the table is consent's affair.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

import fastobo

from broker.errors import OntologyRefused
from consent.hierarchies import Hierarchy

PREFIXES = ("MONDO", "DOID")
MOST_BYTES = 200_000_000  # MONDO is about 50 MB
LONGEST_NAME = 300
READ = frozenset(("name", "is_a", "is_obsolete", "replaced_by"))
SHOWN = 5  # how many codes a sentence names


@dataclass(frozen=True, slots=True, kw_only=True)
class Ontology:
    """One file of diseases as values."""

    hierarchy: Hierarchy
    names: dict[str, str]  # code -> English name
    replaced: dict[str, str]  # obsolete code -> the code that took its place
    obsolete: int
    version: str
    sha256: str


@dataclass(slots=True)
class _Found:
    """What was read so far."""

    parents: dict[str, tuple[str, ...]]
    names: dict[str, str]
    replaced: dict[str, str]
    obsolete: set[str]


def read(data: bytes) -> Ontology:
    """The diseases of a file. Raises OntologyRefused for a file that is no OBO file, is of another prefix,
    names a term twice, leaves a parent out, or goes round in a circle."""
    if len(data) > MOST_BYTES:
        raise OntologyRefused(f"This file is larger than {MOST_BYTES // 1_000_000} MB. Nothing was loaded.")
    try:
        frames = fastobo.iter(BytesIO(data))
        version = next((c.raw_value() for c in frames.header() if c.raw_tag() == "data-version"), "")
        found = _read(frames)
    except TypeError:  # fastobo's word for bytes that are no text
        raise OntologyRefused("This is no OBO file but bytes that are no text. Nothing was loaded.") from None
    except (SyntaxError, ValueError, OSError) as broken:
        why = (str(broken).splitlines() or ["it is empty"])[0]
        raise OntologyRefused(f"This is no OBO file that can be read: {why}. Nothing was loaded.") from None
    if not found.parents:
        raise OntologyRefused(f"No term of {' or '.join(PREFIXES)} stands in this file. Nothing was loaded.")
    if not version:
        raise OntologyRefused("The file does not say its data-version. Nothing was loaded.")
    _check(found)
    return Ontology(
        hierarchy=Hierarchy.of(found.parents),
        names=found.names,
        replaced=found.replaced,
        obsolete=len(found.obsolete),
        version=version,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _read(frames: Iterator[fastobo.term.TermFrame]) -> _Found:
    found = _Found(parents={}, names={}, replaced={}, obsolete=set())
    for frame in frames:
        if not isinstance(frame, fastobo.term.TermFrame):
            continue
        code = str(frame.id)
        if code.split(":")[0] not in PREFIXES:
            continue  # MONDO's file carries terms of others beside its own
        if code in found.parents or code in found.obsolete:
            raise OntologyRefused(f"{code} stands in the file twice. Nothing was loaded.")
        said: dict[str, list[str]] = {}
        for clause in frame:
            if clause.raw_tag() in READ:
                said.setdefault(clause.raw_tag(), []).append(str(clause.raw_value()))
        if any("\0" in one for some in said.values() for one in some):
            raise OntologyRefused(f"{code} holds a NUL, which no name does. Nothing was loaded.")
        if "true" in said.get("is_obsolete", ()):  # said twice, or taken back: it may not be meant any more
            found.obsolete.add(code)
            if "replaced_by" in said:
                found.replaced[code] = said["replaced_by"][0]
            continue
        found.names[code] = said.get("name", [code])[0][:LONGEST_NAME]
        found.parents[code] = tuple(
            parent for parent in said.get("is_a", ()) if parent.split(":")[0] in PREFIXES
        )
    return found


def _check(found: _Found) -> None:
    prefixes = {code.split(":")[0] for code in found.parents}
    if len(prefixes) > 1:
        raise OntologyRefused(
            f"The file mixes {' and '.join(sorted(prefixes))}; a disease has one code. Nothing was loaded."
        )
    missing = sorted({p for above in found.parents.values() for p in above if p not in found.parents})
    if missing:
        raise OntologyRefused(
            f"A parent is not in the file, or is obsolete: {_some(missing)}. Nothing was loaded."
        )
    circle = _circle(found.parents)
    if circle:
        raise OntologyRefused(f"Some terms lie inside themselves: {_some(circle)}. Nothing was loaded.")


def _circle(parents: dict[str, tuple[str, ...]]) -> list[str]:
    """The terms that are left when, again and again, those without children are taken away."""
    children = dict.fromkeys(parents, 0)
    for above in parents.values():
        for parent in above:
            children[parent] += 1
    free = [code for code, many in children.items() if not many]
    while free:
        for parent in parents[free.pop()]:
            children[parent] -= 1
            if not children[parent]:
                free.append(parent)
    return sorted(code for code, many in children.items() if many)


def _some(codes: list[str]) -> str:
    more = f" and {len(codes) - SHOWN} more" if len(codes) > SHOWN else ""
    return ", ".join(codes[:SHOWN]) + more
