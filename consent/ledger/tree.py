"""The Merkle tree of RFC 6962: hashes, the growing edge, proofs and their verification. Pure.

A tree of `size` leaves is described by ranges of leaf positions [start, end). Every range is made of *full*
subtrees, each named (level, index): it covers the leaves from index * 2**level on, 2**level of them. What a
leaf says is in consent.ledger.leaves; where hashes are kept is in consent.ledger.log.

    edge = Frontier()
    for entry in entries: edge.append(leaf_hash(entry))
    edge.root()
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Self

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def join(hashes: Sequence[bytes]) -> bytes:
    """The hash over full subtrees that stand side by side, the largest first."""
    if not hashes:
        return EMPTY_ROOT
    return reduce(lambda right, left: node_hash(left, right), reversed(hashes))


@dataclass(slots=True)
class Frontier:
    """The growing edge: the full subtrees of a tree, the largest first. All that is needed to append."""

    size: int = 0
    subtrees: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> list[bytes]:
        """Take one leaf hash; returns the hashes of the subtrees that it completes, the smallest first."""
        completed = []
        node, rest = leaf, self.size
        while rest & 1:
            node = node_hash(self.subtrees.pop(), node)
            completed.append(node)
            rest >>= 1
        self.subtrees.append(node)
        self.size += 1
        return completed

    def root(self) -> bytes:
        return join(self.subtrees)

    def to_bytes(self) -> bytes:
        return b"".join(self.subtrees)

    @classmethod
    def from_bytes(cls, size: int, raw: bytes) -> Self:
        if size < 0 or len(raw) != HASH_BYTES * size.bit_count():
            raise ValueError(
                f"{len(raw)} bytes cannot be the edge of a tree of {size} leaves: that is "
                f"{size.bit_count()} hashes."
            )
        return cls(size, [raw[i : i + HASH_BYTES] for i in range(0, len(raw), HASH_BYTES)])


def root(hashes: Sequence[bytes]) -> bytes:
    """The root over these leaf hashes."""
    edge = Frontier()
    for leaf in hashes:
        edge.append(leaf)
    return edge.root()


def cover(start: int, end: int) -> list[tuple[int, int]]:
    """The full subtrees (level, index) that make up [start, end), left to right."""
    subtrees = []
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        subtrees.append((level, start >> level))
        start += 1 << level
    return subtrees


def last_leaf(level: int, index: int) -> int:
    """The position of the leaf that completes this subtree."""
    return ((index + 1) << level) - 1


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """The ranges whose hashes prove that leaf `index` is in a tree of `size` leaves (RFC 6962, 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError(f"A tree of {size} leaves has no leaf {index}.")
    ranges: list[tuple[int, int]] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _half(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(old: int, new: int) -> list[tuple[int, int]]:
    """The ranges whose hashes prove that the tree of `new` leaves extends that of `old` (RFC 6962, 2.1.2)."""
    if not 0 < old <= new:
        raise ValueError(f"A tree of {new} leaves cannot be proved to extend one of {old}.")
    ranges: list[tuple[int, int]] = []
    start, end = 0, new
    while old < end:
        middle = start + _half(end - start)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    if start:  # the old tree does not end in one full subtree: the verifier needs its last one
        ranges.append((start, end))
    return ranges[::-1]


def inclusion_proof(hashes: Sequence[bytes], index: int) -> list[bytes]:
    return [root(hashes[start:end]) for start, end in inclusion_ranges(index, len(hashes))]


def consistency_proof(hashes: Sequence[bytes], old: int) -> list[bytes]:
    return [root(hashes[start:end]) for start, end in consistency_ranges(old, len(hashes))]


def verify_inclusion(*, index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Does `proof` show that `leaf` is number `index` of the tree with this size and root?"""
    if not 0 <= index < size or not _are_hashes(leaf, root, *proof):
        return False
    here, last, node = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if here & 1 or here == last:
            node = node_hash(step, node)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            node = node_hash(node, step)
        here, last = here >> 1, last >> 1
    return last == 0 and node == root


def verify_consistency(
    *, old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Does `proof` show that the tree (new, new_root) only added leaves to (old, old_root)?

    An empty old tree proves nothing, whatever the proof says.
    """
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    if not _are_hashes(old_root, new_root, *proof):
        return False
    steps = list(proof)
    if old.bit_count() == 1:  # the old tree is one full subtree of the new: its root starts the way up
        steps.insert(0, old_root)
    if not steps:
        return False
    here, last = old - 1, new - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            after = node_hash(after, step)
        here, last = here >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root


def _are_hashes(*hashes: bytes) -> bool:
    return all(len(each) == HASH_BYTES for each in hashes)


def _half(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)
