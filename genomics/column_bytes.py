"""How a column is kept: versioned, little-endian, the same bytes for the same rows, a digest at the end.

Version 2 adds what is known to be reference. A column that knows of no such stretch is still written as
version 1, so that digests in the ledger stand, and columns kept before need no upgrade.
"""

import hashlib
import struct
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomics.callability import NOWHERE, U8, U32, Callability, keys
from genomics.coordinates import CHROMOSOMES, LONGEST
from genomics.errors import ColumnDamaged

MISSING = 3
NOT_STATED = 0
DIGEST = hashlib.sha256().digest_size

_MAGIC, _MAGIC_2 = b"GCOLUMN\x01", b"GCOLUMN\x02"
_HEAD = struct.Struct("<8sIIIB3x25I")  # magic, rows, alleles, bytes of alleles, width, rows a chromosome
_KNOWN = struct.Struct("<25I")  # known stretches a chromosome
_BASES = frozenset("ACGTN")


class Parts(NamedTuple):
    """What a column is made of."""

    alleles: tuple[str, ...]
    chromosome: U8
    position: U32
    ref: U32
    alt: U32
    copies: U8
    ploidy: U8
    known: Callability


def pack(parts: Parts) -> bytes:
    """The kept form."""
    text = "\n".join(parts.alleles[1:]).encode("ascii")
    width = next(width for width in (1, 2, 4) if len(parts.alleles) <= 1 << 8 * width)
    magic = _MAGIC_2 if len(parts.known) else _MAGIC
    rows = len(parts.position)
    body = [
        _HEAD.pack(magic, rows, len(parts.alleles), len(text), width, *_per_chromosome(parts.chromosome)),
        text,
        parts.position.astype("<u4").tobytes(),
        parts.ref.astype(f"<u{width}").tobytes(),
        parts.alt.astype(f"<u{width}").tobytes(),
        (parts.copies | parts.ploidy << 2).tobytes(),
    ]
    if len(parts.known):
        body += [
            _KNOWN.pack(*_per_chromosome(parts.known.chromosome)),
            parts.known.start.astype("<u4").tobytes(),
            parts.known.end.astype("<u4").tobytes(),
        ]
    whole = b"".join(body)
    return whole + hashlib.sha256(whole).digest()


def unpack(kept: bytes) -> Parts:
    """Read the kept form of either version; ColumnDamaged for what is not a whole, well-formed column."""
    if len(kept) < _HEAD.size + DIGEST or kept[: len(_MAGIC)] not in (_MAGIC, _MAGIC_2):
        raise ColumnDamaged("These bytes are not a column of a version this program reads.")
    if hashlib.sha256(memoryview(kept)[:-DIGEST]).digest() != kept[-DIGEST:]:
        raise ColumnDamaged("The column does not have the digest it was kept with.")
    _, rows, alleles, letters, width, *counts = _HEAD.unpack_from(kept)
    sizes = (_HEAD.size, letters, 4 * rows, width * rows, width * rows, rows)
    end = sum(sizes)
    if width not in (1, 2, 4) or end > len(kept) - DIGEST or sum(counts) != rows:
        raise ColumnDamaged("The column is cut short, or its parts do not add up.")
    edges = np.cumsum(sizes).tolist()
    text, position, ref, alt, states = (kept[start:stop] for start, stop in pairwise(edges))
    state = np.frombuffer(states, dtype=np.uint8)
    parts = Parts(
        alleles=("", *text.decode("latin-1").split("\n")) if text else ("",),
        chromosome=np.repeat(np.array(CHROMOSOMES, dtype=np.uint8), counts),
        position=np.frombuffer(position, dtype="<u4").astype(np.uint32),
        ref=np.frombuffer(ref, dtype=f"<u{width}").astype(np.uint32),
        alt=np.frombuffer(alt, dtype=f"<u{width}").astype(np.uint32),
        copies=state & np.uint8(3),
        ploidy=state >> np.uint8(2),
        known=_known(kept[end:-DIGEST], is_there=kept[: len(_MAGIC)] == _MAGIC_2),
    )
    if len(parts.alleles) != alleles or not _is_well_formed(parts):
        raise ColumnDamaged("The column has rows that no reader of ours writes.")
    return parts


def _known(kept: bytes, *, is_there: bool) -> Callability:
    if not is_there and not kept:
        return NOWHERE
    counts = _KNOWN.unpack_from(kept) if is_there and len(kept) >= _KNOWN.size else (0,)
    stretches = sum(counts)
    if not stretches or len(kept) != _KNOWN.size + 8 * stretches:
        raise ColumnDamaged("The column is cut short, or its parts do not add up.")
    edges = np.frombuffer(kept, dtype="<u4", offset=_KNOWN.size).astype(np.uint32)
    known = Callability(
        chromosome=np.repeat(np.array(CHROMOSOMES, dtype=np.uint8), counts),
        start=edges[:stretches],
        end=edges[stretches:],
    )
    if not known.is_well_formed:
        raise ColumnDamaged("The column knows stretches that no reader of ours writes.")
    return known


def _per_chromosome(codes: U8) -> list[int]:
    counts: list[int] = np.bincount(codes, minlength=len(CHROMOSOMES) + 1)[1:].tolist()
    return counts


def _is_well_formed(parts: Parts) -> bool:
    """Sorted alleles of known letters, each used; sorted rows, none twice; copies within ploidy."""
    written = parts.alleles[1:]
    if any(one >= other for one, other in pairwise(written)):
        return False
    if not all(allele == "*" or (allele and _BASES.issuperset(allele)) for allele in written):
        return False
    ref, alt, count = parts.ref, parts.alt, len(parts.alleles)
    if len(ref) == 0:
        return count == 1
    if max(int(ref.max()), int(alt.max())) >= count:
        return False
    used = np.bincount(ref, minlength=count) + np.bincount(alt, minlength=count)
    if not used[1:].all():
        return False
    if (parts.position >= np.array(LONGEST, dtype=np.uint32)[parts.chromosome]).any():
        return False
    ploidy = parts.ploidy
    if not ((ploidy >= 1) & (ploidy <= 2) & ((parts.copies == MISSING) | (parts.copies <= ploidy))).all():
        return False
    if ((ref == alt) & (ref != NOT_STATED)).any():
        return False
    return _rises(keys(parts.chromosome, parts.position), ref.astype(np.uint64) << np.uint64(32) | alt)


def _rises(key: NDArray[np.uint64], allele: NDArray[np.uint64]) -> bool:
    later, same = key[1:] > key[:-1], key[1:] == key[:-1]
    return bool((later | (same & (allele[1:] > allele[:-1]))).all())
