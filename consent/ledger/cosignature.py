"""Cosignatures (C2SP tlog-cosignature, Ed25519): a witness's word that a ledger only grew, and when. Pure.

A cosignature is one more signature line of a checkpoint's note. It signs the instant too:

    cosignature/v1
    time 1777622400
    genomic-broker/ledger
    ...

When a witness gives one is in consent.ledger.witness.
"""

import base64
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from consent.errors import NoteRefused
from consent.ledger.note import COSIGNATURE, DASH, Signer, parts, refuse_name

STAMP = 8  # bytes of the instant, in seconds since 1970
SIGNATURE = 64


def parse(text: str) -> Signer:
    """A witness from its verifier key. Raises NoteRefused for a key that is no witness's."""
    return Signer.parse(text, COSIGNATURE)


def sign(text: str, name: str, seed: bytes, *, at: datetime) -> str:
    """The signature line, with its newline, that joins this witness to the note."""
    refuse_name(name)
    body, _ = parts(text)
    stamp = int(at.timestamp())
    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(_message(body, stamp))
    raw = Signer.of(name, seed, COSIGNATURE).id + stamp.to_bytes(STAMP, "big") + signature
    return f"{DASH}{name} {base64.b64encode(raw).decode()}\n"


def verify(text: str, witness: Signer) -> datetime:
    """When this witness cosigned the note. Raises NoteRefused if it did not, or not this."""
    body, signatures = parts(text)
    ours = [raw[4:] for name, raw in signatures if name == witness.name and raw[:4] == witness.id]
    if not ours:
        raise NoteRefused(f"The note carries no cosignature by {witness}.")
    times = []
    for signed in ours:
        stamp, signature = int.from_bytes(signed[:STAMP], "big"), signed[STAMP:]
        try:
            if len(signature) != SIGNATURE:
                raise InvalidSignature
            Ed25519PublicKey.from_public_bytes(witness.public_key).verify(signature, _message(body, stamp))
            times.append(datetime.fromtimestamp(stamp, UTC))
        except (InvalidSignature, ValueError, OverflowError, OSError):
            raise NoteRefused(f"The cosignature by {witness.name} does not fit the note.") from None
    return max(times)


def _message(body: str, stamp: int) -> bytes:
    return f"cosignature/v1\ntime {stamp}\n{body}".encode()
