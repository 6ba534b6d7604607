"""The auditors' verifier: the standard library and cryptography, no Django, no database.

    python -m consent.ledger.verifier PATH ... [--key KEY] [--witness-key KEY] [--checkpoints FILE]

Each PATH is an export (a zip, or its ledger.jsonl), events that were searched for, a job, a participant's
proof, checkpoints, a public report or a monthly statement: what it is shows from what is in it (recognised).
Each thing that holds is one line, and each that does not (checking): the exit is 1 if any does not, 2 if
something cannot be read, or cannot be checked as it was asked for. It is also one file, verifier.pyz, whose
fingerprint is an event in the ledger (archive).
"""

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path

from consent.errors import NoteRefused
from consent.ledger import cosignature, untrusted
from consent.ledger import note as notes
from consent.ledger.checking import Checking
from consent.ledger.recognised import Kind
from consent.ledger.shipped import Shipped
from consent.ledger.telling import Found, Told

LONGEST = 4_000  # characters of a line that is told
ALL_HOLDS = "Everything holds."
TAKEN_FOR = {
    "job": Kind.JOB,
    "report": Kind.REPORT,
    "statement": Kind.STATEMENT,
    "participant": Kind.PROOF,
    "witnessed": Kind.NOTES,
}
NOT_ALL = "It does not hold. Keep everything as it is, and tell an auditor."


def main(arguments: Sequence[str] | None = None) -> int:
    given = _arguments(arguments)
    try:
        run = Checking(
            signer=notes.Signer.parse(given.key) if given.key else None,
            witness=cosignature.parse(given.witness_key) if given.witness_key else None,
            whole=given.checkpoints,
            asked=[(path, kind) for name, kind in TAKEN_FOR.items() for path in getattr(given, name)],
            witnessed=given.witnessed,
            shipped=Shipped.this(),
        )
    except NoteRefused as refused:
        sys.stderr.write(f"Nothing was verified: {untrusted.plain(refused)}\n")
        return 2
    return _tell(run.run(given.paths))


def _tell(lines: Sequence[Told]) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks a letter shows its number
            stream.reconfigure(errors="backslashreplace")
    for line in lines:
        text = untrusted.plain(line.text)[:LONGEST]
        name = untrusted.short(line.name)
        match line.found:
            case Found.ASIDE:
                sys.stdout.write(f"{text}\n")
            case Found.UNREADABLE:
                sys.stderr.write(f"{line.found} {name}: {text}\n")
            case _:
                sys.stdout.write(f"{line.found:<8} {name}: {text}\n")
    found = {line.found for line in lines}
    if Found.PROBLEM in found:
        sys.stdout.write(f"{NOT_ALL}\n")
        return 1
    if Found.UNREADABLE in found or Found.HOLDS not in found:
        return 2
    sys.stdout.write(f"{ALL_HOLDS}\n")
    return 0


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="consent.ledger.verifier",
        description="Verify a ledger, and whatever rests on it, on a machine of your own.",
    )
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="a file, whatever it is")
    parser.add_argument("--key", help="the ledger's verifier key that you hold (name+id+key)")
    parser.add_argument("--witness-key", "--witness", help="a witness's key: checkpoints must carry its word")
    parser.add_argument("--checkpoints", type=Path, help="a checkpoint file that should hold every one")
    for name, kind in TAKEN_FOR.items():
        parser.add_argument(
            f"--{name}", type=Path, action="append", default=[], metavar="PATH", help=f"a file that is {kind}"
        )
    given = parser.parse_intermixed_args(arguments)
    given.paths += [path for name in TAKEN_FOR for path in getattr(given, name)]
    if given.checkpoints is not None:
        given.paths.append(given.checkpoints)
    if not given.paths:
        parser.error("Name a file.")
    return given


if __name__ == "__main__":
    sys.exit(main())
