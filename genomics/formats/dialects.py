"""The dialects of raw data: who writes which columns, between which separators, and how a no-call looks.

    dialect, skip = find(last_comment, text)
    block = dialect.plainly(block, samples)  # id, chromosome, position, genotype between tabs, line by line

A table. Each line is put into 23andMe's four columns, which are read in `array_lines`; lines keep their
numbers. Letters must stand on the + strand: a report that states them otherwise only is refused.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from genomics.errors import FileReason, FileRefused
from genomics.formats.lines import Block

_MISSING = frozenset((b"0", b"-", b"--", b"00", b"N", b"NN", b"?", b"??", b".", b"..", b""))
_COMPLEMENT = bytes.maketrans(b"ACGT", b"TGCA")
_PUNCTUATION = re.compile(rb"[^a-z0-9]+")
_TRANSPOSED = re.compile(
    rb"(?:[0-9]{1,2}|X|Y|XY|MT)[ \t]+\S+[ \t]+-?[0-9.]+[ \t]+[0-9]{1,9}[ \t]+[ACGT0DI-][ \t]+[ACGT0DI-]"
)
_PLAIN_LINE = re.compile(rb"[^\s,\"]+\t[^\s,\"]+\t[^\s,\"]+\t[A-Z-]{1,2}", re.IGNORECASE)
_GENOTYPES = frozenset(("genotype", "result", "gt", "yourcode"))
_NOWHERE = b".\t-\t-\t--"  # a marker without a place
_STRANDS = frozenset((b"+", b"-"))


class Between(Enum):
    """What stands between two columns."""

    TAB = b"\t"
    COMMA = b","
    SPACE = None  # any run of spaces and tabs

    def cut(self, line: bytes) -> list[bytes]:
        return line.replace(b'"', b"").split(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """Which column is what; `alleles` are one column of two letters or two columns of one."""

    name: str
    between: Between
    columns: int
    id: int
    chromosome: int
    position: int
    alleles: tuple[int, ...]
    strand: int | None = None
    sample: int | None = None
    title: tuple[bytes, ...] = ()

    @property
    def is_plain(self) -> bool:
        """As `array_lines` reads it, without any change."""
        return self is PLAIN

    def plainly(self, block: Block, samples: set[bytes]) -> Block:
        """The block in four columns; `samples` takes the names met. FileRefused at a line that is none."""
        if self.is_plain:
            return block
        lines = block.text.split(b"\n")[:-1]
        plain = [self._plain(line, number, samples) for number, line in enumerate(lines, start=block.first)]
        return Block(block.first, b"\n".join(plain) + b"\n")

    def _plain(self, line: bytes, number: int, samples: set[bytes]) -> bytes:
        fields = self.between.cut(line)
        if len(fields) != self.columns:
            if not line.strip():
                raise FileRefused(FileReason.BLANK_LINE, "The line is empty.", number)
            what = f"The line has {len(fields):,} columns instead of the {self.columns} of {self.name}."
            raise FileRefused(FileReason.COLUMNS, what, number)
        written = [fields[index] for index in self.alleles]
        if fields[self.position].isalpha() and names(line, self.between) == self.title:
            return _NOWHERE  # files put together from two carry the title twice
        genotype = _genotype(written)
        if self.strand is not None:
            if fields[self.strand] not in _STRANDS:
                raise FileRefused(FileReason.STRAND, "The strand is neither + nor -.", number)
            if fields[self.strand] == b"-":
                genotype = genotype.translate(_COMPLEMENT)
        if self.sample is not None:
            samples.add(fields[self.sample])
            if len(samples) > 1:
                what = "A second sample begins; we take the file of one person."
                raise FileRefused(FileReason.MULTI_SAMPLE, what, number)
        return b"\t".join((fields[self.id], fields[self.chromosome], fields[self.position], genotype))


def _genotype(written: Sequence[bytes]) -> bytes:
    """Two letters, dashes for a no-call, or II where an allele is longer than a base."""
    alleles = written[0].split(b"/") if len(written) == 1 and b"/" in written[0] else list(written)
    if any(allele in _MISSING for allele in alleles):
        return b"--"
    if len(alleles) == 2 and any(len(allele) > 1 or allele in b"DI" for allele in alleles):
        return b"II"
    return b"".join(alleles)


def _columns(name: str, between: Between, *title: str) -> Dialect:
    """A dialect with just these columns, in this order."""
    alleles = [one for one in title if one in _GENOTYPES or one.startswith("allele")]
    index = title.index
    return Dialect(
        name=name,
        between=between,
        columns=len(title),
        id=next(index(one) for one in ("rsid", "markername", "name") if one in title),
        chromosome=next(index(one) for one in ("chromosome", "chrom") if one in title),
        position=next(index(one) for one in ("position", "pos") if one in title),
        alleles=tuple(index(one) for one in alleles),
        strand=index("strand") if "strand" in title else None,
        title=tuple(one.encode() for one in title),
    )


PLAIN = _columns("23andMe", Between.TAB, "rsid", "chromosome", "position", "genotype")
"""23andMe, and everybody who writes as they do: Living DNA, SelfDecode, 23mofang, PLINK's conversions."""

DIALECTS = (
    PLAIN,
    _columns("AncestryDNA", Between.SPACE, "rsid", "chromosome", "position", "allele1", "allele2"),
    _columns("FamilyTreeDNA and MyHeritage", Between.COMMA, "rsid", "chromosome", "position", "result"),
    _columns("raw data between commas", Between.COMMA, "rsid", "chromosome", "position", "genotype"),
    _columns("Sano", Between.TAB, "rsid", "chromosome", "position", "allele 1", "allele 2"),
    _columns("CircleDNA", Between.TAB, "markername", "chrom", "pos", "gt"),
    _columns(
        *("deCODEme", Between.COMMA),
        *("name", "variation", "chromosome", "position", "strand", "yourcode"),
    ),
)
TRANSPOSED = Dialect(
    name="PLINK's transposed genotypes",
    between=Between.SPACE,
    columns=6,
    id=1,
    chromosome=0,
    position=3,
    alleles=(4, 5),
)
_REPORT_ID, _REPORT_SAMPLE = (b"rsid", b"snp name"), (b"sample id", b"sample name")
_REPORT_PLACE = (b"chr", b"position")
_PLUS = (b"allele1 plus", b"allele2 plus")
_OTHER_STRANDS = frozenset(b"allele1 " + named for named in (b"forward", b"top", b"ab", b"design"))


def find(comment: bytes, text: bytes) -> tuple[Dialect, int] | None:
    """The dialect of a text that follows its last comment, and how many lines stand above the data."""
    lines = text.split(b"\n", 200)
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    if lines[first].strip() == b"[Header]":
        data = next((index for index, line in enumerate(lines) if line.strip() == b"[Data]"), None)
        if data is None or data + 1 >= len(lines):
            return None
        first = data + 1
    titled = _titled(lines[first])
    if titled is not None:
        return titled, first + 1
    titled = _titled(comment.lstrip(b"# \t"))
    if titled is not None:
        return titled, first
    if _PLAIN_LINE.fullmatch(lines[first]):
        return PLAIN, first
    return (TRANSPOSED, first) if _TRANSPOSED.fullmatch(lines[first].rstrip()) else None


def names(line: bytes, between: Between) -> tuple[bytes, ...]:
    """A title's column names in small letters, words parted by one space."""
    return tuple(_PUNCTUATION.sub(b" ", name.lower()).strip() for name in between.cut(line))


def _titled(line: bytes) -> Dialect | None:
    for dialect in DIALECTS:
        if names(line, dialect.between) == dialect.title:
            return dialect
    between = Between.TAB if b"\t" in line else Between.COMMA
    return _report(names(line, between), between)


def _report(title: tuple[bytes, ...], between: Between) -> Dialect | None:
    """A laboratory's report (GenomeStudio): any columns, so long as it has those we need."""
    ids = [title.index(name) for name in _REPORT_ID if name in title]
    samples = [title.index(name) for name in _REPORT_SAMPLE if name in title]
    if not ids or not set(_REPORT_PLACE).issubset(title):
        return None
    if not set(_PLUS).issubset(title):
        if _OTHER_STRANDS.isdisjoint(title):
            return None
        what = "The report states its letters, but not along the + strand of the reference."
        raise FileRefused(FileReason.STRAND, what)
    dialect = replace(
        TRANSPOSED,
        name="the laboratory's report",
        between=between,
        columns=len(title),
        id=ids[0],
        chromosome=title.index(_REPORT_PLACE[0]),
        position=title.index(_REPORT_PLACE[1]),
        alleles=tuple(title.index(name) for name in _PLUS),
        title=title,
    )
    return replace(dialect, sample=samples[0]) if samples else dialect
