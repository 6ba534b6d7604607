"""Which verifiers a ledger names, and whether this program is one of them. Pure."""

import hashlib
import sys
from dataclasses import dataclass, field
from pathlib import Path

from consent.ledger.kinds import VERIFIER_SHIPPED
from consent.ledger.leaves import Entry, commit, from_text


@dataclass(slots=True)
class Shipped:
    """The fingerprints, as the ledger is read."""

    own: str = ""  # SHA-256 of this program's one file; empty when it runs from its source
    named: list[str] = field(default_factory=list)

    @classmethod
    def this(cls) -> "Shipped":
        program = Path(sys.argv[0])
        is_one_file = program.suffix == ".pyz" and program.is_file()
        return cls(hashlib.sha256(program.read_bytes()).hexdigest() if is_one_file else "")

    def see(self, entry: Entry) -> None:
        if entry.kind != VERIFIER_SHIPPED or entry.salt is None or entry.body is None:
            return
        if commit(entry.salt, entry.body) == entry.commitment:
            self.named.append(str(from_text(entry.body)["fields"]["sha256"]))

    def __str__(self) -> str:
        if self.own in self.named:
            return f"This verifier is one that the ledger names ({self.own})."
        return f"The ledger names no verifier like this one ({self.own}): get it from somebody you trust."
