"""Proofs from the tables: that an event lies under a signed checkpoint, and that the ledger only grew.

Every leaf is kept with the subtrees that it completes, so a proof over millions reads some twenty rows by
their keys. It asks the database in its own words: proofs are made by the thousand, and most of the time of a
proof went into writing the same three questions anew. What a proof is, is in consent.ledger.tree.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db import connection

from consent.errors import NoteRefused, NotSealed
from consent.ledger import note as notes
from consent.ledger import tree
from consent.models.ledger import LedgerCheckpoint, LedgerEvent, LedgerLeaf

LEAF, CHECKPOINT = (model._meta.db_table for model in (LedgerLeaf, LedgerCheckpoint))
AT_ONCE = 500  # rows in one question
NEWEST = f"SELECT size, note FROM {CHECKPOINT} ORDER BY size DESC LIMIT 1"  # noqa: S608
PLACE = f"SELECT position, leaf_hash FROM {LEAF} WHERE event_id = %s"  # noqa: S608
KEPT = f"SELECT position, leaf_hash, subtrees FROM {LEAF} WHERE position IN "  # noqa: S608


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """That a leaf lies in the tree a signed note vouches for. Whoever holds the verifier key can check it."""

    index: int
    leaf_hash: bytes
    path: tuple[bytes, ...]
    note: str

    def holds(self, signer: notes.Signer) -> bool:
        try:
            signed = notes.open(self.note, signer.name, signer.public_key)
        except NoteRefused:
            return False
        return tree.verify_inclusion(
            index=self.index, size=signed.size, leaf=self.leaf_hash, proof=self.path, root=signed.root
        )


def proof(event: LedgerEvent) -> Proof:
    """That this event is in the ledger, against the newest checkpoint. Raises NotSealed before there is one
    over it, KeyError when leaves that the proof needs are gone."""
    with connection.cursor() as cursor:
        cursor.execute(NEWEST)
        newest = cursor.fetchone()
        cursor.execute(PLACE, [event.pk])
        leaf = cursor.fetchone()
    if newest is None or leaf is None or leaf[0] >= newest[0]:
        raise NotSealed(
            f"Event {event.uid} is not under a checkpoint yet, so there is no proof of it. Nothing is lost; "
            "ask again when the sequencer has run."
        )
    (size, note), (position, leaf_hash) = newest, leaf
    [path] = paths([position], size)
    return Proof(index=position, leaf_hash=bytes(leaf_hash), path=path, note=note)


def paths(positions: Sequence[int], size: int) -> list[tuple[bytes, ...]]:
    """The ways of many leaves to the root over the first `size`; what they share is read once."""
    ranges = [tree.inclusion_ranges(position, size) for position in positions]
    found = _hashes({one for some in ranges for one in some})
    return [tuple(found[one] for one in some) for some in ranges]


def growth(old: int, new: int) -> tuple[bytes, ...]:
    """The proof that the first `new` events only add to the first `old` ones."""
    ranges = tree.consistency_ranges(old, new)
    found = _hashes(ranges)
    return tuple(found[one] for one in ranges)


def _hashes(ranges: Iterable[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    """The hash over each range of leaves, from the subtrees kept beside them."""
    covers = {one: tree.cover(*one) for one in ranges}
    asked = {tree.last_leaf(*subtree) for cover in covers.values() for subtree in cover}
    leaves = {position: (leaf_hash, subtrees) for position, leaf_hash, subtrees in _kept(sorted(asked))}

    def kept(level: int, index: int) -> bytes:
        leaf_hash, subtrees = leaves[tree.last_leaf(level, index)]
        end = level * tree.HASH_BYTES
        return bytes(subtrees[end - tree.HASH_BYTES : end]) if level else bytes(leaf_hash)

    return {one: tree.join([kept(*subtree) for subtree in cover]) for one, cover in covers.items()}


def _kept(positions: Sequence[int]) -> Iterator[tuple[int, bytes, bytes]]:
    with connection.cursor() as cursor:
        for first in range(0, len(positions), AT_ONCE):
            some = positions[first : first + AT_ONCE]
            cursor.execute(f"{KEPT}({', '.join(['%s'] * len(some))})", some)
            yield from cursor.fetchall()
