"""The plainest lines of a VCF, read many at a time with array operations.

Plain is a record with one alternate allele in letters, a diploid call, and nothing else that `vcf_record`
would find fault with. A line that is not surely plain is left to `vcf_record`; this room never refuses
anything. Both must agree on every plain line: a property test holds them together.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from genomics.columns import MISSING
from genomics.formats.fields import WORD, Fields, Flags, Letters, Numbers, Words, word_of
from genomics.formats.vcf_record import COLUMNS, biallelic, is_filter, is_quality
from genomics.formats.vcf_values import InfoCheck, SampleCheck

BASES = ("A", "C", "G", "T")
"""Base n has index n + 1 wherever a reader numbers alleles; 0 is not stated."""

_CONTIG, _POSITION, _ID, _REF, _ALT, _QUALITY, _FILTER, _INFO, _FORMAT, _SAMPLE = range(COLUMNS)
_REMEMBERED = 4096  # different values of a field, so that the common ones are looked at once

_BASE = np.zeros(256, dtype=np.uint8)
_BASE[list(b"ACGT")] = (1, 2, 3, 4)
_DOT, _WRONG = 16, 64
_CALL = np.full(256, _WRONG, dtype=np.uint8)
_CALL[list(b"01.")] = (0, 1, _DOT)
_PHASE = np.zeros(256, dtype=np.bool_)
_PHASE[list(b"/|")] = True
_ONLY_GENOTYPE = word_of(b"GT")


@dataclass(slots=True, kw_only=True)
class Scan:
    """A block of lines; the arrays count only where a line is plain. Positions are 1-based."""

    fields: Fields
    plain: Flags
    contig: Words  # the contig's name, up to eight letters
    position: Numbers  # as written
    skipped: Numbers  # bases trimmed off at the beginning
    alleles: list[str]  # of this block; the first are "" and BASES
    ref: Numbers
    alt: Numbers
    copies: Letters

    def __len__(self) -> int:
        return len(self.plain)


@dataclass(frozen=True, slots=True)
class Checks:
    """What INFO and FORMAT values are held against; they learn, so one pair serves a whole file."""

    info: InfoCheck
    sample: SampleCheck


def scan(text: bytes, checks: Checks) -> Scan | None:
    """Read a block of whole lines; None when some line has not ten columns."""
    fields = Fields.cut(text, COLUMNS)
    if fields is None:
        return None
    name_size = fields.size(_CONTIG)
    plain = (name_size >= 1) & (name_size <= WORD) & (fields.size(_ID) >= 1)
    plain &= ~(fields.has(b" ", _ID) | fields.has(b";", _ID))
    position, is_number = fields.number(_POSITION)
    copies, is_call = _calls(fields)
    plain &= is_number & (position > 0) & is_call
    skipped, ref, alt, alleles = _read_alleles(fields, plain)
    _leave_unless(is_quality, fields, _QUALITY, plain)
    _leave_unless(is_filter, fields, _FILTER, plain)
    _leave_unless(checks.info, fields, _INFO, plain)
    _leave_odd_samples(fields, plain, checks.sample)
    return Scan(
        fields=fields,
        plain=plain,
        contig=fields.word(_CONTIG),
        position=position,
        skipped=skipped,
        alleles=alleles,
        ref=ref,
        alt=alt,
        copies=copies,
    )


def _read_alleles(fields: Fields, plain: Flags) -> tuple[Numbers, Numbers, Numbers, list[str]]:
    """Bases skipped, ref and alt as indices, and what they index. SNPs go at once, other pairs one by one."""
    ref, alt = (_BASE[fields.letters[fields.begins[column]]].astype(np.int64) for column in (_REF, _ALT))
    is_snp = (fields.size(_REF) == 1) & (fields.size(_ALT) == 1) & (ref > 0) & (alt > 0) & (ref != alt)
    skipped = np.zeros(len(fields), dtype=np.int64)
    numbers = {allele: number for number, allele in enumerate(("", *BASES))}
    known: dict[bytes, tuple[int, int, int] | None] = {}
    others = np.flatnonzero(plain & ~is_snp)
    begins, ends = fields.begins[_REF, others].tolist(), fields.ends[_ALT, others].tolist()
    for index, begin, end in zip(others.tolist(), begins, ends, strict=True):
        pair = fields.text[begin:end]
        if pair not in known:
            trimmed = biallelic(*pair.split(b"\t"))
            known[pair] = trimmed and (
                trimmed[0],
                numbers.setdefault(trimmed[1], len(numbers)),
                numbers.setdefault(trimmed[2], len(numbers)),
            )
        found = known[pair]
        if found is None:
            plain[index] = False
        else:
            skipped[index], ref[index], alt[index] = found
    return skipped, ref, alt, list(numbers)


def _calls(fields: Fields) -> tuple[Letters, Flags]:
    """Copies of the one alternate where the sample begins with a diploid call; half a call is missing."""
    at, size, letters = fields.begins[_SAMPLE], fields.size(_SAMPLE), fields.letters
    total = _CALL[letters[at]] + _CALL[letters[at + 2]]
    stops = (size == 3) | ((size > 3) & (letters[at + 3] == ord(":")))
    return np.where(total >= _DOT, np.uint8(MISSING), total), stops & (total < _WRONG) & _PHASE[
        letters[at + 1]
    ]


def _leave_unless(is_right: Callable[[bytes], bool], fields: Fields, column: int, plain: Flags) -> None:
    """Lines whose field is not right are not plain; a field like the first line's is looked at once."""
    others = fields.unlike_first(column)
    if len(others) < len(plain) and not is_right(fields.field(0, column)):
        like_first = np.ones(len(plain), dtype=np.bool_)
        like_first[others] = False
        plain[like_first] = False
    others = others[plain[others]]
    begins, ends = fields.begins[column, others], fields.ends[column, others]
    known: dict[bytes, bool] = {}
    for index, begin, end in zip(others.tolist(), begins.tolist(), ends.tolist(), strict=True):
        value = fields.text[begin:end]
        right = known.get(value)
        if right is None:
            right = is_right(value)
            if len(known) < _REMEMBERED:
                known[value] = right
        if not right:
            plain[index] = False


def _leave_odd_samples(fields: Fields, plain: Flags, sample_fits: SampleCheck) -> None:
    """Lines whose FORMAT is not GT alone are plain only if the values beside the genotype are as declared."""
    alone = (
        (fields.size(_FORMAT) == 2) & (fields.word(_FORMAT) == _ONLY_GENOTYPE) & (fields.size(_SAMPLE) == 3)
    )
    others = np.flatnonzero(plain & ~alone)
    edges = (fields.begins[_FORMAT], fields.ends[_FORMAT], fields.begins[_SAMPLE], fields.ends[_SAMPLE])
    right: set[bytes] = set()
    text = fields.text
    for index, *at in zip(others.tolist(), *(edge[others].tolist() for edge in edges), strict=True):
        both = text[at[0] : at[3]]
        if both in right:
            continue
        if not sample_fits(text[at[0] : at[1]], text[at[2] : at[3]]):
            plain[index] = False
        elif len(right) < _REMEMBERED:
            right.add(both)
