"""Sealing bytes: AES-256-GCM in segments of 1 MiB, any range of which opens by itself.

The associated data of each segment binds the name of what is sealed, the segment's index and how many there
are; the manifest (nonce and tag of each, and the length) is held against the hash that was recorded when it
was sealed. So a segment swapped, dropped, repeated, cut off or moved is refused, and an older blob put back.

Layout of version 2: head (magic "GBV2", segment size u32, length u64; little-endian), the ciphertexts one
after another, then of each segment nonce (12) and tag (16). Version 1 ("GBV1") is read, and never written.
"""

import hashlib
import hmac
import io
import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from genomics.errors import VaultSealed

VERSION = 2
MAGIC, FIRST_MAGIC = b"GBV2", b"GBV1"
SEGMENT = 1024 * 1024
LARGEST = 64 * SEGMENT  # of a segment: what a head may claim
NONCE, TAG = 12, 16
_HEAD = struct.Struct("<4sIQ")
_COUNT = struct.Struct("<I")

Get = Callable[[int, int | None], bytes]  # (offset, length) of a blob; length None: to its end


@dataclass(frozen=True, slots=True)
class Manifest:
    """What vouches for a sealed blob: how long the sealed bytes are, and nonce and tag of each segment."""

    segment: int
    length: int
    entries: bytes

    @property
    def count(self) -> int:
        return count_of(self.length, self.segment)

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.head + self.entries).digest()

    @property
    def head(self) -> bytes:
        return _HEAD.pack(MAGIC, self.segment, self.length)

    def entry(self, index: int) -> tuple[bytes, bytes]:
        at = index * (NONCE + TAG)
        return self.entries[at : at + NONCE], self.entries[at + NONCE : at + NONCE + TAG]


def count_of(length: int, segment: int) -> int:
    """How many segments: one for nothing at all, so that emptiness is vouched for too."""
    return max(1, -(-length // segment))


class Sealing:
    """`source`, from its start, on its way into a blob: iterate for the pieces, then ask for the manifest.

    One segment is in memory at a time. Raises VaultSealed if the source is not as long as it was."""

    def __init__(self, source: BinaryIO, key: bytes, name: str, *, segment: int = SEGMENT) -> None:
        self._source, self._cipher, self._name = source, AESGCM(key), name
        self._segment = segment
        self.length = source.seek(0, os.SEEK_END)
        self._manifest: Manifest | None = None

    def __iter__(self) -> Iterator[bytes]:
        segment, entries = self._segment, bytearray()
        count = count_of(self.length, segment)
        self._source.seek(0)
        yield _HEAD.pack(MAGIC, segment, self.length)
        for index in range(count):
            part = _exactly(self._source, min(segment, self.length - index * segment), self._name)
            nonce = os.urandom(NONCE)
            sealed = self._cipher.encrypt(nonce, part, _bound(self._name, index, count))
            entries += nonce + sealed[-TAG:]
            yield sealed[:-TAG]
        if self._source.read(1):
            raise VaultSealed(f"{self._name} grew while it was sealed. Nothing was kept; send it again.")
        yield bytes(entries)
        self._manifest = Manifest(segment, self.length, bytes(entries))

    @property
    def manifest(self) -> Manifest:
        assert self._manifest is not None, "the pieces come first"
        return self._manifest


class Opened:
    """A sealed blob of version 2 whose manifest is the one that was recorded. Reads what is asked alone."""

    def __init__(self, get: Get, key: bytes, name: str, sha256: bytes) -> None:
        self._get, self._cipher, self._name = get, AESGCM(key), name
        head = get(0, _HEAD.size)
        if len(head) != _HEAD.size:
            raise _refusal(name)
        magic, segment, length = _HEAD.unpack(head)
        if magic != MAGIC or not 0 < segment <= LARGEST:
            raise _refusal(name)
        size = count_of(length, segment) * (NONCE + TAG)
        if size > LARGEST:
            raise _refusal(name)
        # One byte more than there should be: what was added at the end is seen as what was cut off is.
        self.manifest = Manifest(segment, length, get(_HEAD.size + length, size + 1))
        if len(self.manifest.entries) != size or not hmac.compare_digest(self.manifest.sha256, sha256):
            raise _refusal(name)
        self.length: int = length

    def read(self, offset: int = 0, length: int | None = None) -> bytes:
        """The bytes from `offset` on, at most `length` of them; as slicing does, fewer at the end."""
        return b"".join(self.pieces(offset, length))

    def pieces(self, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The same, a segment at a time."""
        if offset < 0 or (length is not None and length < 0):
            raise ValueError("a range begins at 0 or later, and is no shorter than nothing")
        end = self.length if length is None else min(self.length, offset + length)
        segment = self.manifest.segment
        if self.length == 0:
            self._segment(0)
        for index in range(offset // segment, -(-end // segment) if offset < end else 0):
            start = index * segment
            yield self._segment(index)[max(0, offset - start) : end - start]

    def _segment(self, index: int) -> bytes:
        start = index * self.manifest.segment
        length = min(self.manifest.segment, self.length - start)
        sealed = self._get(_HEAD.size + start, length)
        nonce, tag = self.manifest.entry(index)
        try:
            return self._cipher.decrypt(nonce, sealed + tag, _bound(self._name, index, self.manifest.count))
        except InvalidTag:
            raise _refusal(self._name) from None


class Reader(io.RawIOBase):
    """A sealed blob as a stream that can be read, and read again."""

    def __init__(self, opened: Opened) -> None:
        self._opened, self._at = opened, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._opened.length}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        piece = self._opened.read(self._at, len(view))
        view[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def unseal_first(blob: bytes, key: bytes, name: str) -> bytes:
    """What was sealed in version 1: count (u32), then of each segment nonce, length (u32), ciphertext."""
    try:
        return b"".join(_first_parts(blob, AESGCM(key), name))
    except (InvalidTag, struct.error):
        raise _refusal(name) from None


def _first_parts(blob: bytes, cipher: AESGCM, name: str) -> Iterator[bytes]:
    if blob[:4] != FIRST_MAGIC:
        raise InvalidTag
    (count,) = _COUNT.unpack_from(blob, 4)
    offset = 8
    for index in range(count):
        nonce = blob[offset : offset + NONCE]
        (length,) = _COUNT.unpack_from(blob, offset + NONCE)
        sealed = blob[offset + 16 : offset + 16 + length]
        if len(nonce) != NONCE or len(sealed) != length:
            raise InvalidTag
        yield cipher.decrypt(nonce, sealed, _bound(name, index, count))
        offset += 16 + length
    if offset != len(blob) or count == 0:
        raise InvalidTag


def _exactly(source: BinaryIO, length: int, name: str) -> bytes:
    """A source may give less than it is asked for, and then more."""
    part = source.read(length)
    while len(part) < length:
        more = source.read(length - len(part))
        if not more:
            raise VaultSealed(f"{name} ended while it was sealed. Nothing was kept; send it again.")
        part += more
    return part


def _bound(name: str, index: int, count: int) -> bytes:
    return f"{name}\n{index}\n{count}".encode()


def _refusal(name: str) -> VaultSealed:
    return VaultSealed(f"{name} does not open: it was changed, cut, moved or put back. Nothing was read.")
