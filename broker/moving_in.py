"""A biobank moving in: its manifest, and one file after the other taken in, with what each came to.

A manifest is a table with tabs and a header: `participant` and `file`, and where there is something to say
`sha256` (hex), `assume` (GRCh37 or GRCh38) and `born_on` (a date). A participant is somebody here by her
pseudonym, or somebody to register by the biobank's own reference, with the day she was born. References stand
in the report alone, never in this house. No consent is imported: of a file without one nothing is asked.
"""

import csv
import fcntl
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Self

from broker.errors import ManifestRefused
from consent import participants
from consent.errors import ConsentError
from consent.models import Participant
from genomics.coordinates import Build
from genomics.errors import FileReason, FileRefused, GenomicsError
from genomics.intake.receive import receive
from genomics.intake.sandbox import read

PSEUDONYM = re.compile(r"P-[0-9A-Z]{4}-[0-9A-Z]{4}")
NEEDED, KNOWN = {"participant", "file"}, {"participant", "file", "sha256", "assume", "born_on"}
EARLIEST = date(1900, 1, 2)  # a day before it stands for a birthday that is erased
MOST_FAULTS = 20  # of a manifest, told at once
NOT_THERE, NOT_AS_LISTED, NOBODY, UNREAD = "not_there", "not_as_listed", "nobody", "unread"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One file of a manifest."""

    number: int  # in the manifest, from 1 with the header
    participant: str
    path: Path
    file: str  # as the manifest names it
    sha256: str
    assume: Build | None
    born_on: date | None

    @property
    def key(self) -> tuple[str, str]:
        return self.participant, self.file


class Outcome(StrEnum):
    """What a file came to."""

    REGISTERED = "registered"  # the person, before her file: so that a second run finds her again
    TAKEN = "taken"
    REFUSED = "refused"
    HERE = "already here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One line of a report."""

    participant: str
    pseudonym: str
    file: str
    outcome: str
    reason: str = ""
    at_line: str = ""  # of the file, where there is one
    stored_as: str = ""
    told: str = ""


def manifest(path: Path, folder: Path, *, on: date) -> list[Line]:
    """Read a manifest whose files lie in `folder`, as of a day. Raises ManifestRefused with each line that
    is wrong."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as text:
            rows = list(csv.DictReader(text, delimiter="\t"))
            columns = set(rows[0]) if rows else set()
    except (OSError, UnicodeDecodeError, csv.Error) as unreadable:
        raise ManifestRefused(f"{path} cannot be read: {unreadable}. Nothing was taken.") from None
    if not columns >= NEEDED or not columns <= KNOWN:
        raise ManifestRefused(
            f"{path} needs a header with participant and file, and knows {', '.join(sorted(KNOWN - NEEDED))} "
            "beside them, with tabs between. Nothing was taken."
        )
    lines, faults, seen = [], [], set()
    born: dict[str, Line] = {}  # who was given a day of birth, and where first
    for number, row in enumerate(rows, start=2):
        try:
            line = _line(number, row, folder, on)
            if line.key in seen:
                raise ValueError("is there twice")
            if line.born_on is not None:
                first = born.setdefault(line.participant, line)
                if first.born_on != line.born_on:
                    raise ValueError(f"gives the person of line {first.number} another day of birth")
        except ValueError as wrong:
            faults.append(f"line {number} {wrong}")
        else:
            seen.add(line.key)
            lines.append(line)
    if faults:
        more = f" and {len(faults) - MOST_FAULTS} more" if len(faults) > MOST_FAULTS else ""
        raise ManifestRefused(f"{path}: {'; '.join(faults[:MOST_FAULTS])}{more}. Nothing was taken.")
    return lines


class Report:
    """What every file came to, a line at a time, on the disk before the next one begins. A run that finds
    one goes on where it ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pseudonyms: dict[str, str] = {}
        self.results: dict[tuple[str, str], Result] = {}
        for result in self._before():
            self._keep(result)

    def __enter__(self) -> Self:
        fd = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._out = os.fdopen(fd, "w", newline="", encoding="utf-8")
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._out.close()
            raise ManifestRefused(
                f"Another run writes to {self.path} at this moment. Nothing was taken by this one; begin it "
                "when that one has ended."
            ) from None
        for result in self._before():  # what a run wrote that ended since
            self._keep(result)
        self._rows = csv.DictWriter(self._out, [one.name for one in fields(Result)], delimiter="\t")
        if not self.path.stat().st_size:
            self._rows.writeheader()
        elif not self.path.read_bytes().endswith(b"\n"):
            self._out.write("\r\n")  # the line that a crash cut
        return self

    def __exit__(self, *_error: object) -> None:
        self._out.close()

    def write(self, result: Result) -> None:
        self._keep(result)
        self._rows.writerow(asdict(result))
        self._out.flush()
        os.fsync(self._out.fileno())

    def _keep(self, result: Result) -> None:
        self.pseudonyms[result.participant] = result.pseudonym
        if result.outcome != Outcome.REGISTERED:
            self.results[result.participant, result.file] = result

    def _before(self) -> Iterator[Result]:
        if not self.path.exists():
            return
        with self.path.open(newline="", encoding="utf-8") as text:
            for row in csv.DictReader(text, delimiter="\t"):
                if None not in row.values() and None not in row:  # a line that a crash cut is done again
                    yield Result(**row)


def take(line: Line, report: Report, *, by: str, at: datetime) -> Result:
    """Take one file in, registering its person if the manifest does; and write down what it came to."""
    person = _known(line, report)
    if person is None and (line.born_on is None or _is_pseudonym(line, report)):
        told = "There is nobody by this pseudonym, and no born_on by which to register somebody."
        return _written(report, _refused(line, "", NOBODY, told))
    if (fault := _fault(line)) is not None:  # before anybody is registered for it
        return _written(report, replace(fault, pseudonym=person.pseudonym if person else ""))
    try:
        person = person or _registered(line, report, by=by, at=at)
    except ConsentError as refused:
        return _written(report, _refused(line, "", NOBODY, str(refused)))
    try:
        with line.path.open("rb") as data:
            file = receive(person, data, by=by, at=at, assume=line.assume)
    except FileRefused as refused:
        result = _of_refusal(line, refused)
    except (GenomicsError, ConsentError, OSError) as trouble:
        result = _refused(line, "", UNREAD, str(trouble))
    else:
        result = _result(line, Outcome.TAKEN, stored_as=str(file.pk))
    return _written(report, replace(result, pseudonym=person.pseudonym))


def try_out(line: Line) -> Result:
    """What would become of a file: it is read, and nothing is stored."""
    known = PSEUDONYM.fullmatch(line.participant)
    if known and not Participant.objects.filter(pseudonym=line.participant).exists():
        return _refused(line, "", NOBODY, "There is nobody by this pseudonym.")
    if not known and line.born_on is None:
        return _refused(line, "", NOBODY, "No pseudonym, and no born_on by which to register somebody.")
    if (fault := _fault(line)) is not None:
        return fault
    try:
        with line.path.open("rb") as data:
            read(data, assume=line.assume)
    except FileRefused as refused:
        return _of_refusal(line, refused)
    return _result(line, Outcome.TAKEN)


def _line(number: int, row: Mapping[str, str | None], folder: Path, on: date) -> Line:
    said = {name: (value or "").strip() for name, value in row.items()}
    if not said["participant"] or not said["file"]:
        raise ValueError("names no participant or no file")
    path = (folder / said["file"]).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ValueError("leads out of the folder")
    sha256 = said.get("sha256", "").lower()
    if sha256 and not re.fullmatch("[0-9a-f]{64}", sha256):
        raise ValueError("has a sha256 that is not 64 hexadecimal digits")
    try:
        assume = Build(said["assume"]) if said.get("assume") else None
        born_on = date.fromisoformat(said["born_on"]) if said.get("born_on") else None
    except ValueError:
        raise ValueError("has a build or a date of birth that is none") from None
    if born_on is not None and not EARLIEST <= born_on <= on:
        raise ValueError("has a date of birth that is not of anybody who can be here")
    return Line(
        number=number,
        participant=said["participant"],
        path=path,
        file=said["file"],
        sha256=sha256,
        assume=assume,
        born_on=born_on,
    )


def _known(line: Line, report: Report) -> Participant | None:
    pseudonym = report.pseudonyms.get(line.participant) or line.participant
    return Participant.objects.filter(pseudonym=pseudonym, erased_at__isnull=True).first()


def _is_pseudonym(line: Line, report: Report) -> bool:
    """Whether she was somebody here already: then nobody is registered in her place."""
    return bool(PSEUDONYM.fullmatch(report.pseudonyms.get(line.participant) or line.participant))


def _registered(line: Line, report: Report, *, by: str, at: datetime) -> Participant:
    assert line.born_on is not None
    person = participants.register(born_on=line.born_on, by=by, at=at)
    report.write(
        Result(participant=line.participant, pseudonym=person.pseudonym, file="", outcome=Outcome.REGISTERED)
    )
    return person


def _fault(line: Line) -> Result | None:
    """What is wrong with a file before it is opened as one."""
    if not line.path.is_file():  # a pipe would be waited for without end
        return _refused(line, "", NOT_THERE, "It is not in the folder, or is no file.")
    try:
        with line.path.open("rb") as data:
            found = hashlib.file_digest(data, "sha256").hexdigest() if line.sha256 else ""
    except OSError:
        return _refused(line, "", NOT_THERE, "It is not in the folder, or cannot be opened.")
    if found != line.sha256:
        return _refused(line, "", NOT_AS_LISTED, "Its SHA-256 is not the one in the manifest.")
    return None


def _of_refusal(line: Line, refused: FileRefused) -> Result:
    if refused.reason is FileReason.DUPLICATE:
        return _result(line, Outcome.HERE)
    where = "" if refused.line is None else str(refused.line)
    return _refused(line, where, str(refused.reason), refused.sentence)


def _refused(line: Line, where: str, reason: str, told: str) -> Result:
    return _result(line, Outcome.REFUSED, reason=reason, at_line=where, told=told)


def _result(line: Line, outcome: Outcome, **facts: str) -> Result:
    return Result(participant=line.participant, pseudonym="", file=line.file, outcome=outcome, **facts)


def _written(report: Report, result: Result) -> Result:
    report.write(result)
    return result
