"""The head of a record: in how few bytes all that was said by and about a participant can be told from less.

A deleted withdrawal leaves a genuine older grant behind, and every seal holds. So three digests go on with
each event of hers: of her statements, of the events about her facts, and of the facts as they now stand.
Where heads are kept is in consent.ledger.heads, and what is held against them in absence.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings

from consent import events
from consent.history import TAGS, Facts
from consent.rows import micro
from consent.terms import File, Freeze, Subject

BYTES = 16  # of each digest: whoever wants another record of the same digest has 2^128 to try
NOTHING = bytes(BYTES)
STATEMENTS = (events.GIVEN.tag, events.DENIED.tag, events.WITHDRAWN.tag, events.CONTINUED.tag)
KINDS = (*STATEMENTS, *TAGS)  # the events that move a head
BIRTH = ("born_on", "home_region", "home_zone")  # which early registrations did not name


@dataclass(frozen=True, slots=True)
class Head:
    """Where a record has come to: `epoch` is the consent position of the last change."""

    epoch: int = 0
    record: bytes = NOTHING  # every statement, in order
    trail: bytes = NOTHING  # every event about her facts, in order
    facts: bytes = NOTHING  # the facts that these come to


def stated(head: Head, seq: int, commitment: bytes) -> Head:
    """One statement on."""
    return replace(head, epoch=max(head.epoch, seq), record=further(head.record, seq, commitment))


def happened(head: Head, kind: str, position: int | None, commitment: bytes, known: Facts) -> Head:
    """One event about her facts on; `known` is what they come to with it."""
    return replace(
        head,
        epoch=max(head.epoch, position or 0),
        trail=trailed(head.trail, kind, commitment),
        facts=of_facts(known),
    )


def trailed(trail: bytes, kind: str, commitment: bytes) -> bytes:
    """The digest of a trail that has grown by one event. With an erasure it begins anew: what was said before
    is gone with her data."""
    return further(NOTHING if kind == events.ERASED.tag else trail, 0, commitment)


def further(digest: bytes, seq: int, commitment: bytes) -> bytes:
    """The digest of a list that has grown by one."""
    return hashlib.sha256(digest + seq.to_bytes(8, "big") + commitment).digest()[:BYTES]


def of_facts(known: Facts) -> bytes:
    """The digest of facts as the ledger remembers them; of nobody's it is NOTHING."""
    columns = known.columns
    if "identity_verified" not in columns:
        return NOTHING
    birth = tuple(str(columns[name]) for name in BIRTH) if BIRTH[0] in columns else ()
    return _facts(birth, columns, known.freezes, known.files)


def of_subject(subject: Subject, files: Iterable[File]) -> tuple[bytes, bytes]:
    """The digest of facts as the rows tell them; and as they would be of an early registration."""
    columns = {
        "identity_verified": subject.identity_verified,
        "minor_dissent": subject.minor_dissent,
        "dissent_until": subject.dissent_until,
        "died_at": subject.died_at,
        "erased_at": subject.erased_at,
    }
    states = {file.id: file.state for file in files}
    birth = (str(subject.dob), subject.region, subject.zone)
    return _facts(birth, columns, subject.freezes, states), _facts((), columns, subject.freezes, states)


def _facts(
    birth: tuple[str, ...], columns: Mapping[str, Any], freezes: Iterable[Freeze], files: Mapping[str, str]
) -> bytes:
    told = (
        birth,
        columns["identity_verified"],
        columns["minor_dissent"],
        *(_when(columns.get(name)) for name in ("dissent_until", "died_at", "erased_at")),
        sorted((_when(one.since), _when(one.until) or 0) for one in freezes),
        sorted((file, str(state)) for file, state in files.items()),
    )
    # Under a key, for a birthday has few values, and a digest of it outlives an erasure.
    message = b"genomic-broker facts\n" + repr(told).encode()
    return hmac.digest(settings.SEAL_KEY.bytes, message, "sha256")[:BYTES]


def _when(at: datetime | None) -> int | None:
    return None if at is None else micro(at)
