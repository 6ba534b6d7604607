"""Sealing bytes: AES-256-GCM in segments of 1 MiB.

The associated data of each segment binds the name of what is sealed, the segment's index and how many there
are, so that a segment swapped, dropped, repeated, cut off or moved to another name is refused.
Layout: magic "GBV1", count (u32, little-endian), then of each segment nonce (12), length (u32), ciphertext.
"""

import os
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from genomics.errors import VaultSealed

MAGIC = b"GBV1"
SEGMENT = 1024 * 1024
_COUNT = struct.Struct("<I")


def seal(data: bytes, key: bytes, name: str) -> bytes:
    """`data` sealed under `key` for the place called `name`."""
    cipher = AESGCM(key)
    parts = [data[i : i + SEGMENT] for i in range(0, len(data), SEGMENT)] or [b""]
    out = [MAGIC, _COUNT.pack(len(parts))]
    for index, part in enumerate(parts):
        nonce = os.urandom(12)
        sealed = cipher.encrypt(nonce, part, _bound(name, index, len(parts)))
        out += [nonce, _COUNT.pack(len(sealed)), sealed]
    return b"".join(out)


def unseal(blob: bytes, key: bytes, name: str) -> bytes:
    """What was sealed. Raises VaultSealed if one bit, one segment or the name is not as it was."""
    try:
        return b"".join(_parts(blob, key, name))
    except (InvalidTag, struct.error):
        raise VaultSealed(f"{name} does not open: it was changed, cut or moved. Nothing was read.") from None


def _parts(blob: bytes, key: bytes, name: str) -> list[bytes]:
    if blob[:4] != MAGIC:
        raise InvalidTag
    (count,) = _COUNT.unpack_from(blob, 4)
    cipher = AESGCM(key)
    offset, parts = 8, []
    for index in range(count):
        nonce = blob[offset : offset + 12]
        (length,) = _COUNT.unpack_from(blob, offset + 12)
        sealed = blob[offset + 16 : offset + 16 + length]
        if len(nonce) != 12 or len(sealed) != length:
            raise InvalidTag
        parts.append(cipher.decrypt(nonce, sealed, _bound(name, index, count)))
        offset += 16 + length
    if offset != len(blob) or count == 0:
        raise InvalidTag
    return parts


def _bound(name: str, index: int, count: int) -> bytes:
    return f"{name}\n{index}\n{count}".encode()
