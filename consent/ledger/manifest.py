"""Whom a job read, as a sorted tree of names: who is in it is proved by her place, who is not by her
neighbours. Pure.

A name is drawn from a key of the person's own and the job, so nobody else can tell that two names are hers.
The tree is filled up to a power of two with names of nobody, so that its size tells little. Keys are in
consent.naming, what was decided about everybody in the sealed manifest (broker.gates).

    names = filled([name(key, job) for key in keys], salt)
    root(names), place(names, name(hers, job))
"""

import hmac
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

from consent.ledger import tree

NAME_BYTES = 16
LEAST = 16  # names in the smallest tree
BLOCK = 256  # names that are hashed again for one proof


def name(key: bytes, job: str) -> bytes:
    """What the holder of this key is called in this job, and there only."""
    return hmac.digest(key, f"genomic-broker manifest\n{job}".encode(), "sha256")[:NAME_BYTES]


def filled(names: Iterable[bytes], salt: bytes) -> list[bytes]:
    """The names in order, with as many of nobody's as make the tree full."""
    real = list(names)
    size = max(LEAST, 1 << (len(real) - 1).bit_length()) if real else LEAST
    nobodies = (hmac.digest(salt, b"nobody %d" % n, "sha256")[:NAME_BYTES] for n in range(size - len(real)))
    return sorted([*real, *nobodies])


def of(said: Mapping[str, Any]) -> list[bytes]:
    """The whole tree's names, from what a job's manifest says."""
    together = bytes.fromhex(said["names"])
    names = [together[start : start + NAME_BYTES] for start in range(0, len(together), NAME_BYTES)]
    return filled(names, bytes.fromhex(said["salt"]))


def root(names: Sequence[bytes]) -> bytes:
    """What the ledger keeps of these names."""
    return tree.root(_leaves(names))


def is_in_order(names: Sequence[bytes]) -> bool:
    """Whether each name stands once and the smaller first: else neighbours would prove nothing."""
    return all(before < after for before, after in pairwise(names))


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A name in its place, with the path to the root."""

    index: int
    name: bytes
    path: tuple[bytes, ...]

    def as_json(self) -> dict[str, Any]:
        return {"index": self.index, "name": self.name.hex(), "path": [step.hex() for step in self.path]}

    @classmethod
    def from_json(cls, line: dict[str, Any]) -> Self:
        path = tuple(bytes.fromhex(step) for step in line["path"])
        return cls(index=line["index"], name=bytes.fromhex(line["name"]), path=path)


@dataclass(frozen=True, slots=True)
class Grown:
    """The full tree of some names (`filled`), made once and asked often: the hashes above blocks of names are
    kept, and the block that somebody stands in is hashed again for her. A million names are 16 MB."""

    packed: bytes  # the names in order, side by side
    levels: tuple[tuple[bytes, ...], ...]  # from the roots of the blocks up to the one root

    @classmethod
    def of(cls, names: Sequence[bytes]) -> Self:
        starts = range(0, len(names), BLOCK)
        levels = [tuple(tree.root(_leaves(names[start : start + BLOCK])) for start in starts)]
        while len(levels[-1]) > 1:
            pairs = iter(levels[-1])
            levels.append(tuple(map(tree.node_hash, pairs, pairs)))
        return cls(b"".join(names), tuple(levels))

    def __len__(self) -> int:
        return len(self.packed) // NAME_BYTES

    def __getitem__(self, index: int) -> bytes:
        return self.packed[index * NAME_BYTES : (index + 1) * NAME_BYTES]

    @property
    def root(self) -> bytes:
        return self.levels[-1][0]

    def place(self, hers: bytes) -> list[Neighbour]:
        """Her own place, or else those of the names before and after where she would stand."""
        here = bisect_left(self, hers)
        if here < len(self) and self[here] == hers:
            return [self._neighbour(here)]
        return [self._neighbour(index) for index in (here - 1, here) if 0 <= index < len(self)]

    def _neighbour(self, index: int) -> Neighbour:
        block, inside = divmod(index, BLOCK)
        names = [self[place] for place in range(block * BLOCK, min((block + 1) * BLOCK, len(self)))]
        above = (level[(block >> height) ^ 1] for height, level in enumerate(self.levels[:-1]))
        path = (*tree.inclusion_proof(_leaves(names), inside), *above)
        return Neighbour(index=index, name=self[index], path=path)


def place(names: Sequence[bytes], hers: bytes) -> list[Neighbour]:
    """As Grown.place, of a tree that is asked once."""
    return Grown.of(names).place(hers)


def is_read(hers: bytes, neighbours: Sequence[Neighbour], *, size: int, root: bytes) -> bool | None:
    """Whether she is in the tree with this size and root; None if these places show neither."""
    if size < LEAST or size & (size - 1):  # of a full tree each path says how many names there are
        return None
    for one in neighbours:
        leaf = tree.leaf_hash(one.name)
        if len(one.name) != NAME_BYTES or not tree.verify_inclusion(
            index=one.index, size=size, leaf=leaf, proof=one.path, root=root
        ):
            return None
    match neighbours:
        case [one] if one.name == hers:
            return True
        case [one] if (one.index == 0 and hers < one.name) or (one.index == size - 1 and one.name < hers):
            return False
        case [one, other] if one.index + 1 == other.index and one.name < hers < other.name:
            return False
    return None


def _leaves(names: Sequence[bytes]) -> list[bytes]:
    return [tree.leaf_hash(one) for one in names]
