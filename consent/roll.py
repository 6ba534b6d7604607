"""The roll: people with all that the law must know of each, read together, every seal checked.

It reads and decides nothing. Whoever asks about one person or a million gets the same values from here.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from consent import seals
from consent.models import Holding, Participant, Statement, TwinLink
from consent.participants import subject_of
from consent.terms import File, FileState, Side, Subject
from consent.terms import Statement as Said

_SEALED = ("participant_id", "seq", "body", "salt", "commitment", "seal", "seal_key")
CHUNK = 500  # people read together; SQLite takes at most 999 values in one question


@dataclass(frozen=True, slots=True)
class Person:
    """One participant as values: her facts, her files in the order of their ids, her whole record."""

    ordinal: int
    subject: Subject
    files: tuple[tuple[UUID, File], ...]
    statements: tuple[Said, ...]
    twin: Side | None = None  # her registered identical twin


def holders() -> list[int]:
    """The ordinals of everybody who holds a file, erased ones too, in order."""
    return list(
        Participant.objects.filter(holdings__isnull=False)
        .distinct()
        .order_by("ordinal")
        .values_list("ordinal", flat=True)
    )


def people(ordinals: Collection[int]) -> Iterator[Person]:
    """These people, in ordinal order; who does not exist is passed over. Raises SealBroken for a statement
    that is not as it was recorded."""
    wanted = sorted(ordinals)
    for first in range(0, len(wanted), CHUNK):
        chunk = wanted[first : first + CHUNK]
        twins = TwinLink.objects.standing().twins_of(chunk)
        others = {one.ordinal: Side(one.subject, one.statements) for one in _read(sorted(twins.values()))}
        for person in _read(chunk):
            twin = twins.get(person.ordinal)
            yield person if twin is None else replace(person, twin=others[twin])


def _read(ordinals: Sequence[int]) -> Iterator[Person]:
    files: dict[int, list[tuple[UUID, File]]] = defaultdict(list)
    holdings = Holding.objects.filter(participant__in=ordinals).order_by("file")
    for ordinal, id_, state in holdings.values_list("participant_id", "file", "state"):
        files[ordinal].append((id_, File(str(id_), FileState(state))))
    rows: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for ordinal, *row in (
        Statement.objects.filter(participant__in=ordinals).order_by("seq").values_list(*_SEALED)
    ):
        rows[ordinal].append(tuple(row))
    found = Participant.objects.filter(ordinal__in=ordinals).prefetch_related("freezes").order_by("ordinal")
    for person in found:
        yield Person(
            person.ordinal,
            subject_of(person),
            tuple(files[person.ordinal]),
            tuple(_said(person.pseudonym, *row) for row in rows[person.ordinal]),
        )


def _said(
    pseudonym: str, seq: int, body: str, salt: bytes, commitment: bytes, sealed: bytes, key: str
) -> Said:
    return seals.unseal(seq, pseudonym, body, bytes(salt), bytes(commitment), bytes(sealed), key)
