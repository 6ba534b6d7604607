"""The one append-only memory of the house: events are appended with the act they tell of, the sequencer
places them in the tree and signs. Proofs are in consent.ledger.proofs, audits in consent.ledger.audit, kinds
in each floor's events.py.

    with transaction.atomic():
        ...                                   # the act
        log.append(events.GIVEN, at=at, by="user:…", subject="P-17", seq=4, family="health")
    log.sequence(at=at)                       # later, by the one sequencer
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Max, QuerySet

from consent import afterwards, fence
from consent.errors import LedgerBroken, LedgerUnavailable, NoteRefused, OutsideTransaction
from consent.ledger import batches, checkpoints, heads, moves, tree
from consent.ledger import note as notes
from consent.ledger.audit import export, verify
from consent.ledger.batches import UNWRITTEN
from consent.ledger.counting import vouch
from consent.ledger.heads import Heads
from consent.ledger.kinds import EventKind
from consent.ledger.leaves import leaf_data
from consent.ledger.openings import Writer
from consent.ledger.proofs import Proof, growth, paths, proof
from consent.models.ledger import LedgerCheckpoint, LedgerEvent, LedgerLeaf, LedgerOpening

__all__ = [
    "Proof",
    "append",
    "checkpoint",
    "export",
    "growth",
    "is_sealed",
    "openings",
    "paths",
    "proof",
    "require_sealed",
    "sequence",
    "verify",
]

LOCK = 0x6C6564676572  # "ledger": PostgreSQL's advisory lock of the one sequencer
BATCH = 2_000  # events placed in one transaction: on SQLite nobody else can write meanwhile
LOOKBACK = 20_000  # ids before the newest placed one that a quick run looks through

_written: dict[str, Heads] = {}


def append(kind: EventKind, *, at: datetime, by: str, subject: str = "", **fields: Any) -> LedgerEvent:
    """Write what happened, in the caller's transaction: both are kept or neither is. Raises LedgerUnavailable
    when it cannot be written. Many at once: consent.ledger.batches."""
    if not connection.in_atomic_block:
        raise OutsideTransaction(
            f"{kind.tag} was to be written outside a transaction, where it could part from the act it tells "
            "of. Nothing was written; wrap the verb in transaction.atomic()."
        )
    if afterwards.is_kept(kind.tag, fields):
        fence.require_taken(kind.tag)
    said = Writer(kind, at=at, by=by).opening(subject, fields)
    try:
        return batches.write(kind, said, at=at)
    except DatabaseError as fault:
        raise LedgerUnavailable(UNWRITTEN) from fault


def sequence(*, at: datetime, thorough: bool = True) -> notes.Checkpoint | None:
    """Place every event that has no place, and sign. Returns the newest checkpoint made; None when there was
    nothing to place, or another sequencer is at it.

    Without `thorough` only the newest ids are looked through: quick, and enough except for an event whose
    transaction stayed open while LOOKBACK later ones were placed. The next thorough run finds that one.
    """
    checkpoints.catch_up()
    newest = LedgerLeaf.objects.aggregate(Max("event_id"))["event_id__max"] or 0
    after = 0 if thorough else newest - LOOKBACK
    made = None
    while _unplaced(after).exists() and (placed := _place_batch(after, at=at)):
        checkpoints.catch_up()
        made, after = placed
    return made


def checkpoint() -> notes.Checkpoint | None:
    """The newest checkpoint, from its signed note."""
    newest = LedgerCheckpoint.newest()
    return checkpoints.opened(newest.note) if newest else None


def is_sealed(event: LedgerEvent) -> bool:
    """Does this event lie under a signed checkpoint?"""
    position = LedgerLeaf.objects.filter(event=event).values_list("position", flat=True).first()
    return position is not None and LedgerCheckpoint.objects.filter(size__gt=position).exists()


def require_sealed(event: LedgerEvent) -> None:
    """Raises NotSealed until this event lies under a checkpoint, and LedgerBroken if it is not the one that
    was placed there."""
    found = proof(event)
    data = leaf_data(uid=str(event.uid), kind=event.kind, commitment=bytes(event.commitment))
    if found.leaf_hash != tree.leaf_hash(data) or not found.holds(checkpoints.signer()):
        raise LedgerBroken(
            f"Event {event.uid} does not lie where the signed tree says. Nothing may rest on it; tell an "
            "auditor."
        )


def openings(tags: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What the events of these kinds say, by the event's uid, oldest first."""
    rows = LedgerOpening.objects.filter(event__kind__in=list(tags)).order_by("event_id")
    return {str(row.event.uid): row.said for row in rows.select_related("event").iterator()}


def _unplaced(after: int) -> QuerySet[LedgerEvent]:
    return LedgerEvent.objects.filter(leaf__isnull=True, id__gt=after).order_by("id")


def _place_batch(after: int, *, at: datetime) -> tuple[notes.Checkpoint, int] | None:
    """The checkpoint over the next BATCH events, and the id of the last of them."""
    with transaction.atomic(durable=True):
        if not _alone():
            return None
        edge = _edge()
        placed = []
        waiting = _unplaced(after).values_list("id", "uid", "kind", "commitment")
        for id_, uid, kind, commitment in waiting[:BATCH]:
            leaf = tree.leaf_hash(leaf_data(uid=str(uid), kind=kind, commitment=bytes(commitment)))
            position = edge.size
            placed.append((position, id_, leaf, b"".join(edge.append(leaf))))
        if not placed:
            return None
        batches.place(placed)
        outside = (moves.extend(_ours(), edge.size), afterwards.binding(checkpoint()))
        further = [line for line in outside if line]
        made = vouch(settings.LEDGER_ORIGIN, size=edge.size, root=edge.root(), at=at, further=further)
        LedgerCheckpoint.objects.create(
            size=made.size,
            root=made.root,
            frontier=edge.to_bytes(),
            note=notes.sign(made, settings.LEDGER_ORIGIN, settings.LEDGER_KEY.bytes),
            at=at,
        )
    return made, placed[-1][1]


def _ours() -> Heads:
    """The file of heads, as the sequencer of this process has written it."""
    return _written.setdefault(str(heads.path()), Heads(heads.path()))


def _alone() -> bool:
    """Is this the only sequencer? On SQLite the transaction itself sees to it."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _edge() -> tree.Frontier:
    """Where the next leaf is added: only to a tree that this key has signed."""
    newest = LedgerCheckpoint.newest()
    if newest is None:
        edge = tree.Frontier()
    else:
        try:
            signed = checkpoints.opened(newest.note)
            edge = tree.Frontier.from_bytes(newest.size, bytes(newest.frontier))
        except (NoteRefused, ValueError) as fault:
            raise LedgerBroken(_edge_sentence(newest.size)) from fault
        if (signed.size, signed.root) != (newest.size, edge.root()):
            raise LedgerBroken(_edge_sentence(newest.size))
    if LedgerLeaf.objects.filter(position__gte=edge.size).exists():
        raise LedgerBroken(
            f"Events stand behind position {edge.size}, where the newest checkpoint ends: the sequencer did "
            "not place them. Nothing was added; run verify_ledger and tell an auditor."
        )
    return edge


def _edge_sentence(size: int) -> str:
    return (
        f"The newest checkpoint (size {size}) is not as it was signed. Nothing was added to the ledger; run "
        "verify_ledger and tell an auditor."
    )
