"""The plainest lines of a VCF, read many at a time with array operations.

Plain is a record with one alternate allele in letters or none, <NON_REF> or <*> beside it or not, or a
reference block (`vcf_blocks`); with a call of one allele or two; and nothing else that `vcf_record` would
find fault with. A line that is not surely plain is left to `vcf_record`; this room never refuses anything.
Both must agree on every plain line: a property test holds them together.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from genomics.columns import MISSING
from genomics.coordinates import X
from genomics.formats.fields import WORD, Fields, Flags, Letters, Numbers, Words, runs, word_of
from genomics.formats.vcf_blocks import are_believed, block_ends
from genomics.formats.vcf_contigs import Names
from genomics.formats.vcf_header import Header
from genomics.formats.vcf_record import (
    COLUMNS,
    biallelic,
    contig_code,
    is_filter,
    is_quality,
    is_sequence,
)
from genomics.formats.vcf_tails import Tails, without_numbers

BASES = ("A", "C", "G", "T")
"""Base n has index n + 1 wherever a reader numbers alleles; 0 is not stated."""

_CONTIG, _POSITION, _ID, _REF, _ALT, _QUALITY, _FILTER = range(COLUMNS - 3)
_SAMPLE = COLUMNS - 1
_DIPLOID = 2
_REMEMBERED = 4096  # different values of a field, so that the common ones are looked at once

_BASE = np.zeros(256, dtype=np.uint8)
_BASE[list(b"ACGT")] = (1, 2, 3, 4)
_IN_SEQUENCE = np.zeros(256, dtype=np.bool_)
_IN_SEQUENCE[list(b"ACGTNacgtn")] = True
_DOT, _WRONG = 16, 64
_CALL = np.full(256, _WRONG, dtype=np.uint8)
_CALL[list(b"01.")] = (0, 1, _DOT)
_PHASE = np.zeros(256, dtype=np.bool_)
_PHASE[list(b"/|")] = True
_NON_REF, _NON_REF_SIZE = word_of(b"NON_REF>"), 9
_STAR, _STAR_SIZE = word_of(b"<*>"), 3
_STAR_KEPT = word_of(b"\xff" * _STAR_SIZE)


@dataclass(slots=True, kw_only=True)
class Scan:
    """A block of lines; the arrays count only where a line is plain. Positions are 1-based."""

    fields: Fields
    plain: Flags
    contig: Words  # the contig's name, up to eight letters
    position: Numbers  # as written
    block: Numbers  # the last position of a reference block; 0 for all else
    is_sure: Flags  # a reference block that is believed
    skipped: Numbers  # bases trimmed off at the beginning
    alleles: list[str]  # of these lines; the first are "" and BASES
    ref: Numbers
    alt: Numbers
    copies: Letters
    ploidy: Letters

    def __len__(self) -> int:
        return len(self.plain)


class _Alternates(NamedTuple):
    """ALT of each line: how many alleles, where the one in letters ends, whether there is nothing but a
    symbol of reference blocks, or nothing at all."""

    alleles: Numbers
    end: Numbers
    is_symbol: Flags
    is_none: Flags


class _Calls(NamedTuple):
    """The genotype of each line: copies of the first alternate, ploidy, whether it is a call we know."""

    copies: Letters
    ploidy: Letters
    are_calls: Flags


def scan(text: bytes, tails: Tails, first: int = 1) -> Scan | None:
    """Read a block of whole lines, the first of which has that number; None when some line has not ten
    columns."""
    fields = Fields.cut(text, COLUMNS)
    if fields is None:
        return None
    shape = without_numbers(fields)
    name_size = fields.size(_CONTIG)
    plain = (name_size >= 1) & (name_size <= WORD) & (fields.size(_ID) >= 1)
    plain &= ~(fields.has(b" ", _ID) | fields.has(b";", _ID))
    position, is_number = fields.number(_POSITION)
    alternates = _alternates(fields)
    copies, ploidy, are_calls = _calls(fields, alternates)
    plain &= is_number & (position > 0) & are_calls
    block, is_sure = _read_blocks(fields, alternates, copies, position, plain)
    skipped, ref, alt, alleles = _read_alleles(fields, alternates, plain, block)
    _leave_unless(is_quality, shape, _QUALITY, plain)
    _leave_unless(is_filter, fields, _FILTER, plain)
    tails.leave_odd(fields, shape, plain, alternates.alleles, ploidy, first=first)
    tails.words.see_block(fields, first)
    return Scan(
        fields=fields,
        plain=plain,
        contig=fields.word(_CONTIG),
        position=position,
        block=block,
        is_sure=is_sure,
        skipped=skipped,
        alleles=alleles,
        ref=ref,
        alt=alt,
        copies=copies,
        ploidy=ploidy,
    )


def name_contigs(found: Scan, names: Names, header: Header) -> Numbers:
    """The contig of every plain line; lines with an impossible name are no longer plain."""
    numbers = np.zeros(len(found), dtype=np.int64)
    plain = np.flatnonzero(found.plain)
    for begin, end in runs(found.contig[plain]):
        run = plain[begin:end]
        name = found.fields.field(int(run[0]), _CONTIG)
        code = contig_code(name, header)
        if code is None:
            found.plain[run] = False
            continue
        if 0 < code < X:  # one chromosome of two is called
            found.plain[run] &= (found.ploidy[run] == _DIPLOID) | (found.block[run] > 0)
        if found.plain[run].any():
            numbers[run] = names.number(name, code)
    return numbers


def _alternates(fields: Fields) -> _Alternates:
    begin, end, letters = fields.begins[_ALT], fields.ends[_ALT], fields.letters
    size = end - begin
    last = fields.words[np.maximum(end - WORD, 0)] == _NON_REF
    symbol = np.where((size >= _NON_REF_SIZE) & last & (letters[end - _NON_REF_SIZE] == ord("<")), 9, 0)
    star = fields.words[np.maximum(end - _STAR_SIZE, 0)] & _STAR_KEPT == _STAR
    symbol = np.where((size >= _STAR_SIZE) & star, _STAR_SIZE, symbol)
    is_beside = (symbol > 0) & (size > symbol + 1) & (letters[end - symbol - 1] == ord(","))
    is_none = (size == 1) & (letters[begin] == ord("."))
    return _Alternates(
        alleles=np.where(is_none, 0, 1 + is_beside),
        end=np.where(is_beside, end - symbol - 1, end),
        is_symbol=(symbol > 0) & (symbol == size),
        is_none=is_none,
    )


def _calls(fields: Fields, alternates: _Alternates) -> _Calls:
    """Where the sample begins with a call of 0, 1 and dots; half a call is missing."""
    at, size, letters = fields.begins[_SAMPLE], fields.size(_SAMPLE), fields.letters
    one = _CALL[letters[at]]
    two = one + _CALL[letters[at + 2]]
    are_two = ((size == 3) | ((size > 3) & (letters[at + 3] == ord(":")))) & _PHASE[letters[at + 1]]
    are_two &= two < _WRONG
    is_one = ((size == 1) | ((size > 1) & (letters[at + 1] == ord(":")))) & (one < _DOT)
    named = np.where(is_one, one, two)
    return _Calls(
        copies=np.where(named >= _DOT, np.uint8(MISSING), named),
        ploidy=np.where(is_one, np.uint8(1), np.uint8(2)),
        are_calls=(are_two | is_one) & ((alternates.alleles > 0) | (named % _DOT == 0)),
    )


def _read_blocks(
    fields: Fields, alternates: _Alternates, copies: Letters, position: Numbers, plain: Flags
) -> tuple[Numbers, Flags]:
    """Where reference blocks end, and which of them are believed."""
    block, is_sure = np.zeros(len(fields), dtype=np.int64), np.zeros(len(fields), dtype=np.bool_)
    rows, end = block_ends(fields, plain & (alternates.is_symbol | alternates.is_none))
    symbols = plain & alternates.is_symbol
    symbols[rows] = False
    plain[symbols] = False  # with no END, or one that stands elsewhere
    if not len(rows):
        return block, is_sure
    block[rows] = end
    believed, are_known = are_believed(fields, rows)
    is_sure[rows] = believed & (copies[rows] == 0)
    are_known &= (end >= position[rows]) & (fields.size(_REF)[rows] == 1)
    are_known &= _IN_SEQUENCE[fields.letters[fields.begins[_REF, rows]]]
    plain[rows[~are_known]] = False
    return block, is_sure


def _read_alleles(
    fields: Fields, alternates: _Alternates, plain: Flags, block: Numbers
) -> tuple[Numbers, Numbers, Numbers, list[str]]:
    """Bases skipped, ref and alt as indices, and what they index. SNPs go at once, other pairs one by one."""
    ref, alt = (_BASE[fields.letters[fields.begins[column]]].astype(np.int64) for column in (_REF, _ALT))
    size = alternates.end - fields.begins[_ALT]
    is_short = (fields.size(_REF) == 1) & (size == 1) & (ref > 0)
    is_done = is_short & (((alt > 0) & (ref != alt)) | alternates.is_none) | (block > 0)
    skipped = np.zeros(len(fields), dtype=np.int64)
    numbers = {allele: number for number, allele in enumerate(("", *BASES))}
    known: dict[bytes, tuple[int, int, int] | None] = {}
    others = np.flatnonzero(plain & ~is_done)
    begins, ends = fields.begins[_REF, others].tolist(), alternates.end[others].tolist()
    for index, begin, end in zip(others.tolist(), begins, ends, strict=True):
        pair = fields.text[begin:end]
        if pair not in known:
            trimmed = _pair(*pair.split(b"\t"))
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


def _pair(ref: bytes, alt: bytes) -> tuple[int, str, str] | None:
    if alt == b".":
        return (0, ref.decode().upper(), "") if is_sequence(ref) else None
    return biallelic(ref, alt)


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
