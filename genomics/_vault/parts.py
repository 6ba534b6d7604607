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

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from numpy.typing import NDArray

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
    lengths: Sequence[int],
    into: Sequence[NDArray[np.uint8] | None],
) -> None:
    """Write each piece to where it belongs; what has no place is not opened. Raises VaultSealed for anything
    but what was recorded, and what was written until then is worth nothing."""
    if len(blob) != length(lengths):
        raise _refusal(name)
    seals, begins, at = hashlib.sha256(), list[int](), 0
    for size in lengths:
        end = at + size + OVER
        seals.update(blob[at : at + NONCE])
        seals.update(blob[end - TAG : end])
        begins.append(at)
        at = end
    if not hmac.compare_digest(seals.digest(), sha256):
        raise _refusal(name)
    for index, (start, size, place) in enumerate(zip(begins, lengths, into, strict=True)):
        if place is None:
            continue
        nonce, sealed = blob[start : start + NONCE], blob[start + NONCE : start + size + OVER]
        try:
            cipher.decrypt_into(nonce, sealed, _bound(name, index, len(lengths)), place.data)
        except InvalidTag:
            raise _refusal(name) from None


def _bound(name: str, index: int, count: int) -> bytes:
    return f"{name}\n{index}\n{count}".encode()


def _refusal(name: str) -> VaultSealed:
    return VaultSealed(f"{name} does not open: it was changed, cut, moved or put back. Nothing was read.")
