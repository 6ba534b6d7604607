"""The seal on a statement: made when it is recorded, held against it whenever it is read.

commitment = SHA-256(salt || body); seal = HMAC-SHA-256(seal key, seq || pseudonym || commitment). Rows are
written in records, and read there and in roll.
"""

import hashlib
import hmac
from functools import cache
from typing import Any

from django.conf import settings

from consent import bodies
from consent.errors import SealBroken
from consent.terms import Statement


def commit(salt: bytes, body: bytes) -> bytes:
    """What the ledger event carries of a statement."""
    return hashlib.sha256(salt + body).digest()


def seal(seq: int, pseudonym: str, commitment: bytes) -> bytes:
    """The seal under today's key."""
    _, inner, outer = _today()
    within, around = inner.copy(), outer.copy()
    within.update(f"genomic-broker statement\n{seq}\n{pseudonym}\n".encode() + commitment)
    around.update(within.digest())
    digest: bytes = around.digest()
    return digest


def unseal(
    seq: int, pseudonym: str, body: str, salt: bytes, commitment: bytes, sealed: bytes, key: str
) -> Statement:
    """What was said, if commitment and seal hold for this very person and place. Raises SealBroken."""
    expected = commit(salt, body.encode())
    if (
        key == _today()[0]
        and hmac.compare_digest(expected, commitment)
        and hmac.compare_digest(seal(seq, pseudonym, expected), sealed)
    ):
        whose, said = bodies.read(body)
        if whose == pseudonym and said.seq == seq:
            return said
    raise SealBroken(
        f"Statement {seq} is not as it was recorded. Nothing may be released that rests on it; "
        "tell an auditor."
    )


@cache  # while a process lives, its key does not change
def _today() -> tuple[str, Any, Any]:
    """The name of today's key, and both halves of HMAC-SHA-256 (RFC 2104) with the key already taken in: to
    copy them for each seal costs a third of taking it in anew."""
    block = settings.SEAL_KEY.bytes.ljust(64, b"\0")
    inner, outer = (hashlib.sha256(bytes(byte ^ pad for byte in block)) for pad in (0x36, 0x5C))
    return settings.SEAL_KEY.id, inner, outer
