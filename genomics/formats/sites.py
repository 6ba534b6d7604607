"""Where reads are counted: the panel of the file's build, or the reason why there is nothing to count at."""

from dataclasses import dataclass

from genomics.column_rows import assemble
from genomics.coordinates import Build
from genomics.errors import FileReason, FileRefused
from genomics.formats.builds import Evidence, settle
from genomics.formats.pileup import Pileup, Read
from genomics.formats.sam_header import SamHeader
from genomics.formats.source import Loaded, Reading
from genomics.intake import screen
from genomics.intake.read_names import is_strange
from genomics.panel import Panel

_JUDGED = 1_000  # reads whose names are looked at


@dataclass(slots=True, kw_only=True)
class Counting:
    """One file's reads being counted, or only checked when it will be refused in the end."""

    evidence: Evidence
    pileup: Pileup | None
    refusal: FileRefused | None
    renames: bool = False  # whether the copy that is kept has other names where these may be somebody's
    judged: int = 0
    strange: str = ""

    def add(self, read: Read) -> None:
        if self.renames and self.judged < _JUDGED:
            self.judged += 1
            name = read.name.decode("ascii", "replace")
            self.strange = self.strange or (name if is_strange(name) else "")
        if self.pileup is not None:
            self.pileup.add(read)

    def close(self, header: SamHeader) -> Reading:
        """All calls as a column. FileRefused when there was no panel, or no read over any of its sites."""
        if self.pileup is None:
            assert self.refusal is not None
            raise self.refusal
        rows, alleles = self.pileup.rows()
        if not len(rows):
            raise FileRefused(
                FileReason.NOTHING_COMPARABLE, "No read lies over a site at which people are compared."
            )
        column, _ = assemble(rows, alleles)
        return Reading(
            column=column,
            evidence=self.evidence,
            notes=(f"{self.pileup.reads:,} reads were counted at the {len(rows):,} sites they cover.",),
            findings=(*header.findings, *([screen.read_name(self.strange)] if self.strange else [])),
        )


def begin(
    header: SamHeader, evidence: Evidence, *, assume: Build | None, loaded: Loaded, renames: bool = False
) -> Counting:
    """Find the panel by what the header says of the build."""
    try:
        pileup = Pileup(_panel(header, evidence, assume, loaded))
    except FileRefused as refusal:
        return Counting(evidence=evidence, pileup=None, refusal=refusal, renames=renames)
    return Counting(evidence=evidence, pileup=pileup, refusal=None, renames=renames)


def _panel(header: SamHeader, evidence: Evidence, assume: Build | None, loaded: Loaded) -> Panel:
    build, _ = settle(evidence, assume)
    if not header.is_comparable:
        what = "The reads are aligned to none of the chromosomes 1 to 22, X, Y and MT."
        raise FileRefused(FileReason.NOTHING_COMPARABLE, what)
    panel = loaded.panels.get(build)
    if panel is None:
        raise FileRefused(
            FileReason.NO_PANEL, f"No list of sites in {build} is loaded at which reads are counted."
        )
    return panel
