"""The files people of the demo would upload: a VCF of one person, or the text a consumer service hands out.

Pure, but for bgzip, which htslib writes through a file in a folder that is gone at once. Both kinds are
written by filling in a form: all but the genotype is the same for everybody.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pysam
from numpy.typing import NDArray

from broker.demo.founders import Sites
from broker.demo.simulator import Person
from genomics.coordinates import Build, chromosome_name
from genomics.panel import MISSING

_ARRAY_HEADER = """\
# Simulated genotypes of nobody, in the layout of the raw data that 23andMe hands out.
# Positions are on reference human assembly build {number} ({build}), alleles on its forward strand.
# rsid\tchromosome\tposition\tgenotype
"""


@dataclass(frozen=True, slots=True, eq=False)
class _Form:
    """A file with blanks: `text` as bytes, and where in it each site's genotype begins."""

    text: NDArray[np.uint8]
    blanks: NDArray[np.int64]

    @classmethod
    def of(cls, header: str, lines: Sequence[str], *, before_end: int) -> Self:
        """A form whose blanks begin so many characters before the end of each line."""
        text = "".join((header, *lines)).encode("ascii")
        ends = len(header) + np.cumsum([len(line) for line in lines])
        return cls(np.frombuffer(text, dtype=np.uint8), ends - before_end)

    def filled(self, *columns: NDArray[np.uint8]) -> bytes:
        """The file with these characters, side by side, in every blank."""
        text = self.text.copy()
        for offset, column in enumerate(columns):
            text[self.blanks + offset] = column
        return text.tobytes()


class Exports:
    """Writes the files of people who were typed at `sites`."""

    def __init__(self, sites: Sites) -> None:
        names = [chromosome_name(code) for code in sites.chromosome.tolist()]
        positions = (sites.position.astype(np.int64) + 1).tolist()
        refs, alts = sites.ref.astype(str).tolist(), sites.alt.astype(str).tolist()
        rsids = sites.rsid.tolist()
        rows = list(zip(names, positions, rsids, refs, alts, strict=True))
        self._vcf = _Form.of(
            _vcf_header(sites),
            [
                f"{name}\t{at}\trs{rsid}\t{ref}\t{alt}\t.\tPASS\t.\tGT\t./.\n"
                for name, at, rsid, ref, alt in rows
            ],
            before_end=4,
        )
        self._array = _Form.of(
            _ARRAY_HEADER.format(number=37 if sites.build is Build.GRCh37 else 38, build=sites.build),
            [f"rs{rsid}\t{name}\t{at}\t--\n" for name, at, rsid, _, _ in rows],
            before_end=3,
        )
        ref, alt = sites.ref.view(np.uint8), sites.alt.view(np.uint8)
        none = np.full(len(sites), ord("-"), dtype=np.uint8)
        # by copies: the two letters of a genotype, a heterozygote's in the order of the alphabet
        self._letters = (
            np.stack([ref, np.minimum(ref, alt), alt, none]),
            np.stack([ref, np.maximum(ref, alt), alt, none]),
        )

    def as_vcf(self, person: Person, *, phased: bool = False, bgzip: bool = False) -> bytes:
        """VCF 4.2 with one sample and every site, the reference ones too; the sample bears no name."""
        missing = person.copies == MISSING
        first, second = person.copies == 2, person.copies == 2
        if phased:
            first = first | person.first
            second = second | ((person.copies == 1) & ~person.first)
        else:
            second = second | (person.copies == 1)
        text = self._vcf.filled(
            np.where(missing, ord("."), ord("0") + first).astype(np.uint8),
            np.full(len(missing), ord("|" if phased else "/"), dtype=np.uint8),
            np.where(missing, ord("."), ord("0") + second).astype(np.uint8),
        )
        return _bgzipped(text) if bgzip else text

    def as_array_text(self, person: Person) -> bytes:
        """The text of a consumer array: two letters a site, `--` where nothing was read."""
        every = np.arange(len(person.copies))
        one, other = self._letters
        return self._array.filled(one[person.copies, every], other[person.copies, every])


def _vcf_header(sites: Sites) -> str:
    contigs = "".join(
        f"##contig=<ID={chromosome_name(code)},length={sites.build.length(code)},assembly={sites.build}>\n"
        for code in np.unique(sites.chromosome).tolist()
    )
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tSAMPLE\n"
    return (
        "##fileformat=VCFv4.2\n"
        "##source=simulated genotypes of nobody\n"
        f'##reference={sites.build}\n##FILTER=<ID=PASS,Description="All filters passed">\n'
        f'{contigs}##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n{columns}'
    )


def _bgzipped(text: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "person.vcf.gz"
        with pysam.BGZFile(str(path), "wb1", None) as file:  # type: ignore[arg-type]  # a level is a mode too
            file.write(text)
        return path.read_bytes()
