"""Where reads are counted: the panel of the file's build, or the reason why there is nothing to count at."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from genomics.column_rows import assemble
from genomics.coordinates import Build
from genomics.errors import FileReason, FileRefused
from genomics.formats.builds import Evidence, settle
from genomics.formats.pileup import Pileup, Read
from genomics.formats.sam_header import SamHeader
from genomics.formats.source import Loaded, Reading
from genomics.intake import screen
from genomics.intake.read_names import Judge
from genomics.panel import Panel


@dataclass(slots=True, kw_only=True)
class Counting:
    """One file's reads being counted, or only checked when it will be refused in the end."""

    evidence: Evidence
    pileup: Pileup | None
    refusal: FileRefused | None
    names: Judge = field(default_factory=Judge)
    odd_tag: bytes = b""  # the first that is text nobody needs to know
    odd_at: int = 0  # and the number of its line, or of its read

    def add(self, read: Read) -> None:
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
            findings=(*header.findings, *self._findings()),
        )

    def _findings(self) -> Iterator[screen.Finding]:
        if self.names.strange:
            yield screen.read_name(self.names.strange)
        if self.odd_tag:
            yield screen.record_text(self.odd_at, self.odd_tag)


def begin(header: SamHeader, evidence: Evidence, *, assume: Build | None, loaded: Loaded) -> Counting:
    """Find the panel by what the header says of the build."""
    try:
        pileup = Pileup(_panel(header, evidence, assume, loaded))
    except FileRefused as refusal:
        return Counting(evidence=evidence, pileup=None, refusal=refusal)
    return Counting(evidence=evidence, pileup=pileup, refusal=None)


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
