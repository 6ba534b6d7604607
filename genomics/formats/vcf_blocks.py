"""Reference blocks of a genomic VCF (gVCF): which records are some, where they end, which are believed.

GATK writes them with <NON_REF>, samtools with <*>, others with no ALT but an END.
"""

import re

from genomics.errors import FileReason, FileRefused

BLOCK_ALLELES = frozenset((b"<NON_REF>", b"<*>"))
PLAIN_BLOCK = re.compile(
    rb"([^\t]+)\t([0-9]{1,9})\t\.\t[ACGTNacgtn]\t<(?:NON_REF|\*)>\t\.\t(PASS|\.)\tEND=([0-9]{1,9})"
    rb"\t(GT[^\t]*)\t(0[/|]0(?::[^\t]*)?)"
)
"""Contig, position, FILTER, END, FORMAT, sample of a block as GATK writes most."""

_END = re.compile(rb"(?:^|;)END=([0-9]{1,9})(?=;|$)")
_QUALITIES = (b"GQ", b"GQX", b"RGQ")  # how sure a caller is of a genotype, as different ones name it
_SURE = 20  # Phred-scaled, from which a reference block is believed


def end_of_block(position: int, alts: list[bytes], info: bytes, number: int) -> int:
    """The last position of a reference block; 0 when the record is none."""
    end = _END.search(info)
    if not (alts and BLOCK_ALLELES.issuperset(alts)) and (alts or end is None):
        return 0
    last = position if end is None else int(end[1])
    if last < position:
        raise FileRefused(FileReason.REFERENCE_BLOCKS, "The block ends before it begins.", number)
    return last


def is_believed(passed: bytes, keys: bytes, sample: bytes) -> bool:
    """Whether the caller lets a reference block pass and is sure enough of it, as far as it says."""
    if passed not in (b"PASS", b"."):
        return False
    for name, value in zip(keys.split(b":"), sample.split(b":"), strict=False):
        if name in _QUALITIES and value != b"." and not (value.isdigit() and int(value) >= _SURE):
            return False
    return True
