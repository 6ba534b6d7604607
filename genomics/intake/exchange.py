"""Crypt4GH, the GA4GH format of exchange: what is encrypted to our public key is taken in, and what goes out
can be encrypted to a recipient's.

Of the crypt4gh package (the extra of that name) only headers are used. Its decryption of ranges gives wrong
bytes, and the format itself lets blocks be dropped or cut off: blocks are opened here, one by one and by
their place, and what is inside is checked as every file is. Nothing rests in this format.
"""

import base64
import io
import os
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from genomics.errors import ExchangeUnavailable, FileReason, FileRefused

try:
    from crypt4gh import header
except ImportError:  # without the extra nothing is taken or given in this format
    header = None

MAGIC = b"crypt4gh"
BLOCK = 65_536
MORE = 28  # of a sealed block: nonce 12, tag 16
LONGEST = 1024 * 1024  # of a header: some thousand recipients
BEGIN, END = "-----BEGIN CRYPT4GH PUBLIC KEY-----", "-----END CRYPT4GH PUBLIC KEY-----"


def is_here() -> bool:
    """Whether this house takes and gives Crypt4GH."""
    return header is not None


def public_key() -> str:
    """Ours, as senders' tools read it."""
    return armoured(X25519PrivateKey.from_private_bytes(_private_key()).public_key().public_bytes_raw())


def armoured(raw: bytes) -> str:
    """A public key's 32 bytes, as tools write them."""
    return f"{BEGIN}\n{base64.b64encode(raw).decode()}\n{END}\n"


def recipient(text: str) -> bytes:
    """The 32 bytes of somebody's public key. Raises ValueError for anything else."""
    lines = text.strip().splitlines()
    if len(lines) != 3 or lines[0].strip() != BEGIN or lines[2].strip() != END:
        raise ValueError("This is no Crypt4GH public key.")
    raw = base64.b64decode(lines[1].strip(), validate=True)
    if len(raw) != 32:
        raise ValueError("This is no Crypt4GH public key.")
    return raw


def opened(stream: BinaryIO) -> BinaryIO:
    """A received stream as it is to be read: what is inside, if it came in Crypt4GH, else itself. Raises
    FileRefused for one that is not for us, or that is not what the format allows."""
    stream.seek(0)
    start = stream.read(LONGEST)
    stream.seek(0)
    if not start.startswith(MAGIC):
        return stream
    head = io.BytesIO(start)
    try:
        keys, edits = _headers().deconstruct(head, [(0, _private_key(), None)])
    except ExchangeUnavailable:
        raise FileRefused(FileReason.KIND_NOT_TAKEN, "Crypt4GH is not taken here.") from None
    except Exception:  # whatever a hostile header makes of the package
        raise FileRefused(
            FileReason.NOT_FOR_US, "This Crypt4GH file was not encrypted to our public key."
        ) from None
    if edits is not None or len(keys) != 1 or len(keys[0]) != 32:
        raise FileRefused(FileReason.KIND_NOT_TAKEN, "This Crypt4GH file holds only parts of another one.")
    return io.BufferedReader(Blocks(stream, head.tell(), bytes(keys[0])), BLOCK)


def sealed(pieces: Iterable[bytes], to: bytes) -> Iterator[bytes]:
    """`pieces`, one after another, encrypted to a recipient's public key."""
    key = ChaCha20Poly1305.generate_key()
    headers = _headers()
    packet = headers.make_packet_data_enc(0, key)
    once = X25519PrivateKey.generate().private_bytes_raw()
    yield headers.serialize(headers.encrypt(packet, [(0, once, to)]))
    cipher, waiting = ChaCha20Poly1305(key), bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) >= BLOCK:
            yield _block(cipher, bytes(waiting[:BLOCK]))
            del waiting[:BLOCK]
    if waiting:
        yield _block(cipher, bytes(waiting))


class Blocks(io.RawIOBase):
    """What is inside a Crypt4GH stream, read by place: block n lies where n whole blocks end."""

    def __init__(self, stream: BinaryIO, begin: int, key: bytes) -> None:
        self._stream, self._begin, self._cipher = stream, begin, ChaCha20Poly1305(key)
        size = stream.seek(0, os.SEEK_END) - begin
        whole, rest = divmod(size, BLOCK + MORE)
        if 0 < rest <= MORE:
            raise FileRefused(FileReason.TRUNCATED, "This Crypt4GH file ends in the middle of a block.")
        self.length = whole * BLOCK + max(0, rest - MORE)
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.length}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        if self._at >= self.length or not len(view):
            return 0
        index, inside = divmod(self._at, BLOCK)
        self._stream.seek(self._begin + index * (BLOCK + MORE))
        raw = self._stream.read(BLOCK + MORE)
        try:
            block = self._cipher.decrypt(raw[:12], raw[12:], None)
        except (InvalidTag, ValueError):
            raise FileRefused(
                FileReason.DAMAGED, f"Block {index} of this Crypt4GH file does not open."
            ) from None
        piece = block[inside : inside + len(view)]
        view[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def _block(cipher: ChaCha20Poly1305, data: bytes) -> bytes:
    nonce = os.urandom(12)
    return nonce + cipher.encrypt(nonce, data, None)


def _headers() -> Any:
    if header is None:
        raise ExchangeUnavailable("Crypt4GH is not installed here (the extra crypt4gh). Nothing was written.")
    return header


def _private_key() -> bytes:
    derive = HKDF(hashes.SHA256(), 32, salt=None, info=b"genomic-broker crypt4gh")
    return derive.derive(settings.MASTER_KEY.bytes)
