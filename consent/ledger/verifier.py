"""The auditor's verifier, without Django and without a database.

    python -m consent.ledger.verifier EXPORT [--key VERIFIER_KEY] [--checkpoints FILE]

What must hold is written in consent.ledger.recount; this is its door.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from consent.errors import NoteRefused
from consent.ledger import note as notes
from consent.ledger.recount import read, report


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="consent.ledger.verifier", description="Verify an exported ledger.")
    parser.add_argument("export", type=Path, help="the export, one JSON value a line")
    parser.add_argument("--key", help="the verifier key you hold (name+id+key)")
    parser.add_argument("--checkpoints", type=Path, help="a checkpoint file that you kept")
    given = parser.parse_args(arguments)
    try:
        signer = notes.Signer.parse(given.key) if given.key else None
        published = notes.split(given.checkpoints.read_text(encoding="utf-8"))[0] if given.checkpoints else ()
        with given.export.open(encoding="utf-8") as lines:
            if signer is None:
                own = json.loads(lines.readline())["ledger"]
                lines.seek(0)
                sys.stdout.write(f"The key is the export's own; compare it with one you were given: {own}\n")
            found = read(lines, signer=signer, published=published)
    except (OSError, ValueError, TypeError, KeyError, NoteRefused) as fault:
        sys.stderr.write(f"Nothing was verified: {fault}\n")
        return 2
    sys.stdout.write("\n".join(report(found)) + "\n")
    return 0 if found.ok else 1


if __name__ == "__main__":
    sys.exit(main())
