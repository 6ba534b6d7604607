"""The seal on a statement: made when it is recorded, held against it whenever it is read.

commitment = SHA-256(salt || body); seal = HMAC-SHA-256(seal key, seq || pseudonym || commitment). Rows are
written in records, and read there and in roll.
"""

import hashlib
import hmac

from django.conf import settings

from consent import bodies
from consent.errors import SealBroken
from consent.terms import Statement


def commit(salt: bytes, body: bytes) -> bytes:
    """What the ledger event carries of a statement."""
    return hashlib.sha256(salt + body).digest()


def seal(seq: int, pseudonym: str, commitment: bytes) -> bytes:
    """The seal under today's key."""
    message = b"genomic-broker statement\n" + f"{seq}\n{pseudonym}\n".encode() + commitment
    return hmac.digest(settings.SEAL_KEY.bytes, message, "sha256")


def unseal(
    seq: int, pseudonym: str, body: str, salt: bytes, commitment: bytes, sealed: bytes, key: str
) -> Statement:
    """What was said, if commitment and seal hold for this very person and place. Raises SealBroken."""
    expected = commit(salt, body.encode())
    if (
        key == settings.SEAL_KEY.id
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
