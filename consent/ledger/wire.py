"""What a ledger and its witness say to each other (C2SP tlog-witness, add-checkpoint). Pure.

old 4
qTz...=                        the consistency proof, a hash a line
                               an empty line, then the note
genomic-broker/ledger
...
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass

from consent.ledger.note import SIZE, unbase64
from consent.ledger.tree import HASH_BYTES

MOST_HASHES = 63
SIZE_TYPE = "text/x.tlog.size"  # the content type in which a witness says how much it has seen
FIRST = re.compile(rf"old ({SIZE.pattern})")


class Malformed(Exception):
    """A request that says no growth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """From how many events, by which proof, to which signed checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    note: str


def write(*, old: int, proof: Sequence[bytes], note: str) -> bytes:
    hashes = "".join(f"{base64.b64encode(one).decode()}\n" for one in proof)
    return f"old {old}\n{hashes}\n{note}".encode()


def read(raw: bytes) -> Growth:
    """Raises Malformed, saying why."""
    try:
        head, mark, note = raw.decode().partition("\n\n")
    except UnicodeDecodeError:
        raise Malformed("The request is not text.") from None
    first, *lines = head.split("\n")
    old = FIRST.fullmatch(first)
    proof = tuple(map(unbase64, lines))
    if not mark or old is None:
        raise Malformed("The request does not begin with `old SIZE`, a proof and an empty line.")
    if len(proof) > MOST_HASHES or any(len(one) != HASH_BYTES for one in proof):
        raise Malformed(f"The proof is not at most {MOST_HASHES} hashes, each in base64 on its line.")
    return Growth(old=int(old[1]), proof=proof, note=note)
