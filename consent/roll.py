"""The roll: people with all that the law must know of each, read together, every seal checked.

It reads and decides nothing. Whoever asks about one person or a million gets the same values from here.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Model

from consent import absence, fence, seals
from consent.absence import Vouched
from consent.errors import HeadMissing, LedgerBroken, SealBroken
from consent.models import Freeze as Hold
from consent.models import Holding, Participant, Statement, TwinLink
from consent.terms import File, FileState, Freeze, Side, Subject
from consent.terms import Statement as Said

_SEALED = ("seq", "body", "salt", "commitment", "seal", "seal_key")
_FACTS = (
    *("pseudonym", "born_on", "identity_verified", "died_at", "minor_dissent", "erased_at"),
    *("home_zone", "home_region", "dissent_until"),
)
CHUNK = 500  # people read together; SQLite takes at most 999 values in one question
RANGE = 5_000  # people read together where they stand close enough to be asked for as a range


@dataclass(frozen=True, slots=True)
class Person:
    """One participant as values: her facts, her files in the order of their ids, her whole record."""

    ordinal: int
    subject: Subject
    files: tuple[tuple[UUID, File], ...]
    statements: tuple[Said, ...]
    said: tuple[tuple[int, bytes], ...] = ()  # the place and the commitment of each statement
    twin: Side | None = None  # her registered identical twin


def holders() -> list[int]:
    """The ordinals of everybody who holds a file, erased ones too, in order."""
    return list(
        Participant.objects.filter(holdings__isnull=False)
        .distinct()
        .order_by("ordinal")
        .values_list("ordinal", flat=True)
    )


def people(ordinals: Collection[int], *, whole: bool = False) -> Iterator[Person]:
    """These people, in ordinal order; who does not exist is passed over. Raises SealBroken for a statement
    that is not as it was recorded; and with `whole` HeadMissing, when anything is missing from what was said
    by or about one of them, or her twin."""
    heads = absence.vouched() if whole and ordinals else None
    for together in _together(sorted(ordinals)):
        twins = TwinLink.objects.standing().twins_of(together)
        others = {
            one.ordinal: Side(one.subject, one.statements)
            for those in _together(sorted(twins.values()))
            for one in _held(those, heads)
        }
        for person in _held(together, heads):
            twin = twins.get(person.ordinal)
            yield person if twin is None else replace(person, twin=others[twin])


def _together(ordinals: Sequence[int]) -> Iterator[Sequence[int]]:
    """The same people in order, so many at a time as one question may ask for."""
    first = 0
    while first < len(ordinals):
        close = ordinals[first : first + RANGE]
        together = close if _is_dense(close) else close[:CHUNK]
        yield together
        first += len(together)


def unsound(*, share: int = 0, of: int = 1) -> Iterator[SealBroken]:
    """What is wrong with the record of everybody in a share of the house: each person read and held against
    her head. Nothing, where all is well."""
    newest = Participant.objects.aggregate(newest=Max("ordinal"))["newest"] or 0
    first, end = newest * share // of, newest * (share + 1) // of
    heads = absence.vouched()
    for start in range(first + 1, end + 1, CHUNK):
        together = range(start, min(start + CHUNK, end + 1))
        try:
            for _ in _held(together, heads):
                pass
        except SealBroken:
            for ordinal in together:
                try:
                    list(_held([ordinal], heads))
                except SealBroken as broken:
                    yield broken


def missing() -> Iterator[str]:
    """A sentence for everybody whose rows are not all that was recorded of her: for an audit."""
    try:
        yield from (str(one) for one in unsound() if isinstance(one, HeadMissing))
    except LedgerBroken as broken:
        yield str(broken)


def _held(ordinals: Sequence[int], heads: Vouched | None) -> Iterator[Person]:
    """These people, each held against her head."""
    for person in _read(ordinals):
        if heads is None or _is_whole(person, heads):
            yield person
            continue
        with transaction.atomic():  # once more, with every change kept out: perhaps one came between
            fence.hold()
            again = list(_read([person.ordinal]))
            if not all(_is_whole(one, absence.vouched()) for one in again):
                raise HeadMissing(
                    f"The record of {person.subject.id} is not all that was recorded: something was taken "
                    "out, put in, or put back. Nothing may be released that rests on it; tell an auditor."
                )
        yield from again


def _is_whole(person: Person, heads: Vouched) -> bool:
    files = [file for _, file in person.files]
    return heads.holds(person.ordinal, person.subject, files, person.said)


def _read(ordinals: Sequence[int]) -> Iterator[Person]:
    files: dict[int, list[tuple[UUID, File]]] = defaultdict(list)
    for ordinal, id_, state in _among(Holding, "participant_id", ordinals, ("file", "state")):
        files[ordinal].append((id_, File(str(id_), FileState(state))))
    said: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in _among(Statement, "participant_id", ordinals, _SEALED):
        said[row[0]].append(row[1:])
    holds: dict[int, list[Freeze]] = defaultdict(list)
    for ordinal, since, until in _among(Hold, "participant_id", ordinals, ("since", "until")):
        holds[ordinal].append(Freeze(since, until))
    asked = set(ordinals)
    for ordinal, pseudonym, *facts in sorted(_among(Participant, "ordinal", ordinals, _FACTS)):
        if ordinal in asked:
            record = sorted(said[ordinal])
            yield Person(
                ordinal,
                _subject(pseudonym, *facts, freezes=tuple(holds[ordinal])),
                tuple(sorted(files[ordinal])),
                tuple([_said(pseudonym, *sealed) for sealed in record]),
                tuple([(sealed[0], bytes(sealed[3])) for sealed in record]),
            )


def _among(
    model: type[Model], person: str, ordinals: Sequence[int], columns: Sequence[str]
) -> Iterator[tuple[Any, ...]]:
    """Rows of these people, each with whose it is in front. People who stand close together are asked for as
    a range, which may bring others too. All at once: a cursor at the server is planned for its first rows
    alone, and outside a transaction it keeps them all a second time."""
    if _is_dense(ordinals):
        which: dict[str, Any] = {f"{person}__gte": ordinals[0], f"{person}__lte": ordinals[-1]}
    else:
        which = {f"{person}__in": ordinals}
    return iter(model._default_manager.filter(**which).values_list(person, *columns))


def _is_dense(ordinals: Sequence[int]) -> bool:
    return ordinals[-1] - ordinals[0] < 2 * len(ordinals)


def _subject(
    pseudonym: str,
    born_on: date,
    verified: bool,
    died_at: datetime | None,
    dissent: bool,
    erased_at: datetime | None,
    zone: str,
    region: str,
    dissent_until: datetime | None,
    *,
    freezes: tuple[Freeze, ...],
) -> Subject:
    return Subject(
        id=pseudonym,
        dob=born_on,
        identity_verified=verified,
        died_at=died_at,
        freezes=freezes,
        minor_dissent=dissent,
        dissent_until=dissent_until,
        erased_at=erased_at,
        zone=zone,
        region=region,
    )


def _said(
    pseudonym: str, seq: int, body: str, salt: bytes, commitment: bytes, sealed: bytes, key: str
) -> Said:
    return seals.unseal(seq, pseudonym, body, bytes(salt), bytes(commitment), bytes(sealed), key)
