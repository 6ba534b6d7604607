"""A corpus of files with expectations, held against the reader: who was judged rightly, who not, and why.

    for verdict in judge(files(manifest)): print(verdict.sentence)

Each file is read as a received one is, in a walled child, so that a crash, a hang or a great hunger is a
verdict too. What must be rejected is refused with a reason; what must be accepted is taken, or refused by a
policy that has a name. Kinds we do not claim to read are counted apart. How files are read is in `sandbox`.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from genomics.coordinates import Build
from genomics.errors import FileReason, FileRefused
from genomics.intake import sandbox

_COLUMNS = frozenset(("file", "expected"))


class Expected(StrEnum):
    """What the corpus says of a file."""

    ACCEPT = "accept"
    REJECT = "reject"
    NOTHING = "-"


class Outcome(StrEnum):
    """What came of a file."""

    TAKEN = "taken"
    POLICY = "refused by policy"
    REFUSED = "refused"
    NOT_CLAIMED = "kind not claimed"
    CRASHED = "crashed"
    HUNG = "hung"


_NAMED = {
    FileReason.KIND_NOT_TAKEN: Outcome.NOT_CLAIMED,
    FileReason.CRASHED: Outcome.CRASHED,
    FileReason.TIME: Outcome.HUNG,
}


@dataclass(frozen=True, slots=True)
class Sample:
    """One file of a corpus; `name` is its path within, `group` the first part of that."""

    name: str
    path: Path
    expected: Expected

    @property
    def group(self) -> str:
        return self.name.split("/")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of one file: `reason` and `sentence` say why; seconds on the clock, peak memory in bytes."""

    sample: Sample
    outcome: Outcome
    reason: str = ""
    sentence: str = ""
    seconds: float = 0.0
    memory: int = 0

    @property
    def is_right(self) -> bool:
        """As the corpus expects; of a file nothing is expected of, that it does no harm."""
        if self.outcome in (Outcome.CRASHED, Outcome.HUNG):
            return False
        if self.sample.expected is Expected.REJECT:
            return self.outcome is not Outcome.TAKEN
        if self.sample.expected is Expected.ACCEPT:
            return self.outcome is not Outcome.REFUSED
        return True

    @property
    def is_counted(self) -> bool:
        """Whether it says something of the reader: the corpus expects something, and we claim the kind."""
        harmless = self.outcome is not Outcome.NOT_CLAIMED and self.sample.expected is not Expected.NOTHING
        return harmless or not self.is_right


def files(manifest: Path) -> list[Sample]:
    """The files a manifest lists that lie beside it, in its order. ValueError for what is no manifest."""
    with manifest.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t")
        if not _COLUMNS.issubset(rows.fieldnames or ()):
            raise ValueError("The first line of a manifest names at least the columns file and expected.")
        listed = [Sample(row["file"], manifest.parent / row["file"], _expected(row)) for row in rows]
    return [sample for sample in listed if sample.path.is_file()]


def judge(samples: Iterable[Sample]) -> Iterator[Verdict]:
    """Read each file and say what came of it. A file that does not say its build is refused by policy, and
    then judged as though it had said one."""
    for sample in samples:
        found = _once(sample, None)
        if found.reason == FileReason.BUILD_UNKNOWN:
            other = _once(sample, Build.GRCh37)
            found = found if other.outcome is Outcome.TAKEN else other
        yield found


def _expected(row: dict[str, str]) -> Expected:
    return Expected(row["expected"]) if row["expected"] in list(Expected) else Expected.NOTHING


def _once(sample: Sample, assume: Build | None) -> Verdict:
    with sample.path.open("rb") as stream:
        came = sandbox.measured(stream, assume=assume)
    said, outcome, reason = came.said, Outcome.TAKEN, ""
    if isinstance(said, FileRefused):
        policy = Outcome.POLICY if said.reason.is_policy else Outcome.REFUSED
        outcome, reason, sentence = _NAMED.get(said.reason, policy), str(said.reason), said.sentence
    else:
        sentence = f"{said.kind}, {said.build}, {said.quality.sites:,} sites."
    return Verdict(
        sample=sample,
        outcome=outcome,
        reason=reason,
        sentence=sentence,
        seconds=came.seconds,
        memory=came.memory,
    )
