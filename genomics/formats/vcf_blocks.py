"""Reference blocks of a genomic VCF (gVCF): which records are some, where they end, which are believed; one
by one, and many at a time to the same end.

GATK writes them with <NON_REF>, samtools with <*>, others with no ALT but an END.
"""

import re

import numpy as np

from genomics.errors import FileReason, FileRefused
from genomics.formats.fields import Fields, Flags, Numbers, word_of

BLOCK_ALLELES = frozenset((b"<NON_REF>", b"<*>"))

_FILTER, _INFO, _FORMAT, _SAMPLE = 6, 7, 8, 9
_END = re.compile(rb"(?:^|;)END=([0-9]{1,9})(?=;|$)")
_BEGINS, _BEGINS_KEPT = word_of(b"END="), word_of(b"\xff" * 4)
_LONGEST_NUMBER = 9
_PASSED = (b"PASS", b".")
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
    if passed not in _PASSED:
        return False
    for name, value in zip(keys.split(b":"), sample.split(b":"), strict=False):
        if name in _QUALITIES and value != b"." and not (value.isdigit() and int(value) >= _SURE):
            return False
    return True


def block_ends(fields: Fields, asked: Flags) -> tuple[Numbers, Numbers]:
    """Of the lines asked for those whose INFO begins with an END, and where they end."""
    begin = fields.begins[_INFO]
    rows = np.flatnonzero(asked & (fields.words[begin] & _BEGINS_KEPT == _BEGINS))
    begin = begin[rows] + len(b"END=")
    end = np.minimum(fields.next(b";", begin), fields.ends[_INFO, rows])
    number, is_number = fields.numbers_at(begin, end)
    return rows[is_number], number[is_number]


def are_believed(fields: Fields, rows: Numbers) -> tuple[Flags, Flags]:
    """`is_believed` of many lines; and whether it can be told here."""
    size, word = fields.size(_FILTER)[rows], fields.word(_FILTER)[rows]
    believed = np.zeros(len(rows), dtype=np.bool_)
    for passed in _PASSED:
        believed |= (size == len(passed)) & (word == word_of(passed))
    are_known = np.ones(len(rows), dtype=np.bool_)
    for keys, here in _by_format(fields, rows).items():
        for place, name in enumerate(keys.split(b":")):
            if name in _QUALITIES:
                sure, told = _are_sure(fields, rows[here], place)
                believed[here] &= sure
                are_known[here] &= told
    return believed, are_known


def _by_format(fields: Fields, rows: Numbers) -> dict[bytes, Numbers]:
    """Which of the rows have which FORMAT."""
    text = fields.text
    edges = zip(fields.begins[_FORMAT, rows].tolist(), fields.ends[_FORMAT, rows].tolist(), strict=True)
    formats = [text[begin:end] for begin, end in edges]
    if formats.count(formats[0]) == len(formats):
        return {formats[0]: np.arange(len(rows))}
    found: dict[bytes, list[int]] = {}
    for index, keys in enumerate(formats):
        found.setdefault(keys, []).append(index)
    return {keys: np.array(here) for keys, here in found.items()}


def _are_sure(fields: Fields, rows: Numbers, place: int) -> tuple[Flags, Flags]:
    """Whether the sample's value at this place, if it is there, is a dot or high enough; and whether it is
    short enough to tell."""
    end = fields.ends[_SAMPLE, rows]
    at = fields.next(b":", fields.begins[_SAMPLE, rows], skip=place - 1)
    begin = np.minimum(at + 1, end)
    stop = np.minimum(fields.next(b":", begin), end)
    number, is_number = fields.numbers_at(begin, stop)
    is_dot = (stop - begin == 1) & (fields.letters[begin] == ord("."))
    return (at >= end) | is_dot | (is_number & (number >= _SURE)), stop - begin <= _LONGEST_NUMBER
