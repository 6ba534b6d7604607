"""The auditors' verifier: the standard library and cryptography, no Django, no database.

    python -m consent.ledger.verifier EXPORT [--key KEY] [--checkpoints FILE]
        [--witness KEY --witnessed FILE] [--job FILE ...] [--report FILE ...] [--statement FILE ...]
    python -m consent.ledger.verifier --participant FILE [--key KEY]

It holds a zip's files against its signed manifest (parcel), counts a ledger again (recount), checks events
that were searched for (excerpt), decides a job's decisions again (job_file), fills in a public report or a
monthly statement again (recount_report, monthly), and checks a participant's proof (participation). Each
thing that does not hold is one sentence; then the exit code is 1. It is also one file, verifier.pyz, whose
fingerprint is an event in the ledger (archive).
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from consent.errors import NoteRefused
from consent.ledger import cosignature, excerpt, job_file, monthly, parcel, participation, recount_report
from consent.ledger import note as notes
from consent.ledger.kinds import VERIFIER_SHIPPED
from consent.ledger.leaves import Entry, commit
from consent.ledger.recount import read, report

LEDGER, EVENTS, NOTE = "ledger.jsonl", "events.jsonl", "checkpoint.txt"  # what a zip may hold


@dataclass(slots=True)
class Shipped:
    """Which verifiers the ledger names, and whether this one is among them."""

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
            self.named.append(str(json.loads(entry.body)["fields"]["sha256"]))

    def __str__(self) -> str:
        if self.own in self.named:
            return f"This verifier is one that the ledger names ({self.own})."
        return f"The ledger names no verifier like this one ({self.own}): get it from somebody you trust."


@dataclass(slots=True)
class _Report:
    """A public report beside the ledger's own count of its period."""

    said: Any
    recount: recount_report.Recount

    @classmethod
    def read(cls, path: Path) -> "_Report":
        said = _json(path)
        return cls(said, recount_report.Recount(recount_report.period_of(said)))

    def problems(self) -> list[str]:
        return recount_report.differences(self.said, self.recount)

    def __str__(self) -> str:
        return f"The report of {self.said['start'][:10]} to {self.said['end'][:10]} is what the ledger says."


def main(arguments: Sequence[str] | None = None) -> int:
    given = _arguments(arguments)
    try:
        signer = notes.Signer.parse(given.key) if given.key else None
        problems: list[str] = []
        for line in _verify(given, signer, problems):
            sys.stdout.write(f"{line}\n")
    except (OSError, ValueError, TypeError, KeyError, NoteRefused) as fault:
        sys.stderr.write(f"Nothing was verified: {fault}\n")
        return 2
    return 1 if problems else 0


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="consent.ledger.verifier", description="Verify a ledger, a job, or a participant's proof."
    )
    parser.add_argument("export", nargs="?", type=Path, help="the export: a zip, or its ledger.jsonl")
    parser.add_argument("--key", help="the ledger's verifier key that you hold (name+id+key)")
    parser.add_argument("--checkpoints", type=Path, help="a whole checkpoint file that you kept")
    parser.add_argument("--witness", help="the witness's key; with --witnessed")
    parser.add_argument("--witnessed", type=Path, help="the witness's newest.txt, or our cosigned.txt")
    parser.add_argument(
        "--job", type=Path, action="append", default=[], help="a job's file or zip (with EXPORT)"
    )
    parser.add_argument("--report", type=Path, action="append", default=[], help="a public report (JSON)")
    parser.add_argument("--statement", type=Path, action="append", default=[], help="a monthly statement")
    parser.add_argument("--participant", type=Path, help="a participant's proof; needs no EXPORT")
    given = parser.parse_args(arguments)
    if (given.export is None) == (given.participant is None):
        parser.error("Name an EXPORT, or a --participant proof.")
    if (given.witness is None) != (given.witnessed is None):
        parser.error("--witness and --witnessed go together.")
    return given


def _verify(given: argparse.Namespace, signer: notes.Signer | None, problems: list[str]) -> Iterator[str]:
    if given.participant is not None:
        yield from _participant(given.participant, signer, problems)
        return
    published, kept = _notes(given.checkpoints), _notes(given.witnessed)
    parcels = [
        parcel.opened(path, signer=signer) for path in (given.export, *given.job) if parcel.is_one(path)
    ]
    torn = [problem for one in parcels for problem in one.problems]
    yield from (f"PROBLEM  {problem}" for problem in torn)
    problems += torn
    yield from map(str, parcels)
    if torn:
        yield "The export is not as it was packed, so nothing in it was counted again."
        return
    files = [_job(path, parcels) for path in given.job]
    whole = next((one for one in parcels if one.path == given.export), None)
    if whole is not None and LEDGER not in whole.names():
        yield from _excerpt(whole, signer, problems)
        return
    remembered, shipped = job_file.Remembered(files), Shipped.this()
    reports = [_Report.read(path) for path in given.report]
    monthlies = [monthly.Recount(path.read_text(encoding="utf-8")) for path in given.statement]
    seers = [remembered.see, shipped.see]
    seers += [*(one.recount.see for one in reports), *(one.see for one in monthlies)]

    def seen(entry: Entry) -> None:
        for see in seers:
            see(entry)

    own = None
    with _lines(given.export, whole) as lines:
        if signer is None:
            with _lines(given.export, whole) as first:
                own = json.loads(first.readline())["ledger"]
            yield f"The key is the export's own; compare it with one you were given: {own}"
        found = read(lines, signer=signer, published=published, kept=kept, seen=seen)
    told = list(report(found))
    problems += found.problems
    outcomes = [job_file.check(file, remembered) for file in files]
    more = [problem for outcome in outcomes for problem in outcome.problems]
    more += _cosigned(kept, given.witness) if given.witness else []
    more += [problem for one in reports for problem in one.problems()]
    shown = {one: one.problems(signer or notes.Signer.parse(str(own))) for one in monthlies}
    more += [problem for found_there in shown.values() for problem in found_there]
    problems += more
    yield from (f"PROBLEM  {problem}" for problem in more)
    if more and found.ok:
        told[-1] = "The tree holds; what is said above does not."
    yield from map(str, outcomes)
    yield from (str(one) for one in reports if not one.problems())
    yield from (str(one) for one, wrong in shown.items() if not wrong)
    if shipped.own:
        yield str(shipped)
    yield from told


@contextmanager
def _lines(path: Path, whole: parcel.Opened | None) -> Iterator[TextIO]:
    """The ledger's lines, from a file or out of a zip."""
    with path.open(encoding="utf-8") if whole is None else whole.text(LEDGER) as lines:
        yield lines


def _job(path: Path, parcels: Sequence[parcel.Opened]) -> Any:
    packed = next((one for one in parcels if one.path == path), None)
    if packed is None:
        return _json(path)
    with packed.text(next(name for name in packed.names() if name.startswith("job-"))) as text:
        return json.load(text)


def _excerpt(packed: parcel.Opened, signer: notes.Signer | None, problems: list[str]) -> Iterator[str]:
    """Events that were searched for, under the checkpoint that lies beside them."""
    if signer is None:
        yield f"The key is the export's own; compare it with one you were given: {packed.manifest.key}"
    if EVENTS not in packed.names():
        yield "The files are those that were packed and signed. Give the ledger, too, to count them again."
        return
    key = signer or packed.manifest.key
    with packed.text(NOTE) as text:
        signed = notes.open(text.read(), key.name, key.public_key)
    with packed.text(EVENTS) as lines:
        found = list(excerpt.check(lines, signed))
    problems += found
    yield from (f"PROBLEM  {problem}" for problem in found)
    yield (
        "It does not hold. Keep everything as it is, and tell an auditor."
        if found
        else f"Every event in it lies under a checkpoint of {signed.size} events. It may not be all of them."
    )


def _participant(path: Path, signer: notes.Signer | None, problems: list[str]) -> Iterator[str]:
    proof = _json(path)
    if signer is None:
        own = proof.get("ledger") if isinstance(proof, dict) else None
        yield f"The key is the file's own; compare it with one you were given: {own}"
    shown = participation.check(proof, signer=signer)
    problems += shown.problems
    yield from (f"PROBLEM  {problem}" for problem in shown.problems)
    yield str(shown)
    if not shown.problems:
        yield f"It stands in the ledger under a checkpoint of {shown.size} events."


def _notes(path: Path | None) -> list[str]:
    return notes.split(path.read_text(encoding="utf-8"))[0] if path else []


def _cosigned(kept: Sequence[str], witness: str) -> Iterator[str]:
    signer = cosignature.parse(witness)
    if not kept:
        yield "The witness's file holds no note."
    for text in kept:
        try:
            cosignature.verify(text, signer)
        except NoteRefused as refused:
            yield f"A checkpoint was not cosigned by the witness. {refused}"


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
