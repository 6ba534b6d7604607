"""Pieces of one person's that lie together, each sealed by itself, and opened where it is needed.

Layout of version 3: of each piece nonce (12), ciphertext, tag (16), one after the other; how long they are
the opener knows. The associated data binds name, index and count; all nonces and tags together are held
against the hash that was recorded. So whoever has no key can lay such a blob elsewhere, byte by byte, and
nobody can change, exchange or put back one.
"""

import hashlib
import hmac
import os
from collections.abc import Sequence
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from genomics._vault.segments import NONCE, TAG
from genomics.errors import VaultSealed

VERSION = 3
OVER = NONCE + TAG  # bytes that sealing adds to a piece


def seal(pieces: Sequence[bytes], cipher: AESGCM, name: str) -> tuple[bytes, bytes]:
    """The sealed pieces, and what vouches for them."""
    blob, seals = bytearray(), hashlib.sha256()
    for index, piece in enumerate(pieces):
        nonce = os.urandom(NONCE)
        sealed = cipher.encrypt(nonce, piece, _bound(name, index, len(pieces)))
        seals.update(nonce + sealed[-TAG:])
        blob += nonce + sealed
    return bytes(blob), seals.digest()


def length(lengths: Sequence[int]) -> int:
    """Of the sealed pieces that are so long."""
    return sum(lengths) + OVER * len(lengths)


def open_into(
    blob: memoryview,
    cipher: AESGCM,
    name: str,
    sha256: bytes,
    lengths: tuple[int, ...],
    into: Sequence[memoryview | None],
) -> None:
    """Write each piece to where it belongs; what has no place is not opened. Raises VaultSealed for anything
    but what was recorded, and what was written until then is worth nothing."""
    whole, cuts = _cuts(lengths)
    if len(blob) != whole:
        raise _refusal(name)
    seals = b"".join([part for begin, at, tag, end in cuts for part in (blob[begin:at], blob[tag:end])])
    if not hmac.compare_digest(hashlib.sha256(seals).digest(), sha256):
        raise _refusal(name)
    try:
        for index, ((begin, at, _, end), place) in enumerate(zip(cuts, into, strict=True)):
            if place is not None:
                cipher.decrypt_into(blob[begin:at], blob[at:end], _bound(name, index, len(cuts)), place)
    except InvalidTag:
        raise _refusal(name) from None


@cache
def _cuts(lengths: tuple[int, ...]) -> tuple[int, tuple[tuple[int, int, int, int], ...]]:
    """How long pieces of these lengths are together, sealed, and of each where it begins, where its
    ciphertext, its tag, and where it ends."""
    cuts, begin = list[tuple[int, int, int, int]](), 0
    for size in lengths:
        end = begin + size + OVER
        cuts.append((begin, begin + NONCE, end - TAG, end))
        begin = end
    return begin, tuple(cuts)


def _bound(name: str, index: int, count: int) -> bytes:
    return f"{name}\n{index}\n{count}".encode()


def _refusal(name: str) -> VaultSealed:
    return VaultSealed(f"{name} does not open: it was changed, cut, moved or put back. Nothing was read.")
