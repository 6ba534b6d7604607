"""Lines of a consumer's raw data: one by one, strictly, and many at a time, to the same end.

A genotype is two small numbers: the letters' places in BASES plus one, lower first; 0 stands before the only
letter of a haploid call. Ids are kept as fingerprints of eight bytes.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from genomics.coordinates import MT, X, Y, code_or_none
from genomics.errors import FileReason, FileRefused
from genomics.formats.fields import WORD, Fields, Letters, Numbers, Words, runs
from genomics.intake.records import is_odd_marker

BASES = ("A", "C", "G", "T")
NO_CALL, INDEL = 5, 6
COLUMNS = 4

_ID, _CHROMOSOME, _POSITION, _GENOTYPE = range(COLUMNS)
_CONTIG = re.compile(rb"[0-9A-Za-z_.-]{1,32}")
_NUMBER = re.compile(rb"[0-9]{1,9}")
_NOWHERE = frozenset((b"-", b"--", b".", b""))
_LETTER = np.zeros(256, dtype=np.uint8)
_LETTER[list(b"ACGT-DI")] = (1, 2, 3, 4, NO_CALL, INDEL, INDEL)
_LETTER[list(b"acgtdi")] = (1, 2, 3, 4, INDEL, INDEL)  # some tools write them small, and mean the same
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0xD6E8FEB86659FD93))
_WORD = (1 << 64) - 1
_NUMBERED = {b"23": X, b"24": Y, b"25": X, b"26": MT, b"XY": X}  # PLINK's codes; 25 is where X and Y pair
_MOST_RUNS = 1024


class Call(NamedTuple):
    """One line read. `code` is 0 on contigs we do not compare, and where the marker has no place."""

    id: int
    code: int
    position: int
    low: int
    high: int


@dataclass(slots=True, kw_only=True)
class Calls:
    """Many lines read."""

    id: Words
    code: Letters
    position: Numbers
    low: Letters
    high: Letters
    odd: tuple[int, bytes] | None = None  # the line of the first ID that is no marker's, and that ID

    @classmethod
    def of(cls, calls: list[Call]) -> "Calls":
        return cls(
            id=np.array([call.id for call in calls], dtype=np.uint64),
            code=np.array([call.code for call in calls], dtype=np.uint8),
            position=np.array([call.position for call in calls], dtype=np.int64),
            low=np.array([call.low for call in calls], dtype=np.uint8),
            high=np.array([call.high for call in calls], dtype=np.uint8),
        )

    @classmethod
    def join(cls, parts: "list[Calls]") -> "Calls":
        none = cls.of([])
        return cls(
            id=np.concatenate([none.id, *(part.id for part in parts)]),
            code=np.concatenate([none.code, *(part.code for part in parts)]),
            position=np.concatenate([none.position, *(part.position for part in parts)]),
            low=np.concatenate([none.low, *(part.low for part in parts)]),
            high=np.concatenate([none.high, *(part.high for part in parts)]),
        )

    def __len__(self) -> int:
        return len(self.code)


def read_line(line: bytes, number: int) -> Call:
    """Read one line; FileRefused with its number when it is not as it must be."""
    fields = line.split(b"\t")
    if not line.strip():
        raise FileRefused(FileReason.BLANK_LINE, "The line is empty.", number)
    if len(fields) != COLUMNS:
        what = f"The line has {len(fields):,} columns separated by tabs instead of {COLUMNS}."
        raise FileRefused(FileReason.COLUMNS, what, number)
    name, contig, written, genotype = fields
    if not name or b" " in name:
        raise FileRefused(FileReason.ID, "The marker has no name, or one with a space in it.", number)
    if not _CONTIG.fullmatch(contig):
        what = "The chromosome's name has characters that no name may have."
        raise FileRefused(FileReason.CHROMOSOME, what, number)
    code = _code(contig)
    if not _NUMBER.fullmatch(written) and (code or written not in _NOWHERE):
        raise FileRefused(
            FileReason.POSITION, "The position is not a whole number in the range of a chromosome.", number
        )
    position = int(written) if code else 0
    low, high = _genotype(genotype.rstrip(b" "), code, number)
    return Call(fingerprint(name), code if position else 0, position, low, high)


def _code(contig: bytes) -> int:
    """The chromosome, 0 when it is none we compare."""
    return _NUMBERED.get(contig) or code_or_none(contig.decode("ascii")) or 0


def _genotype(genotype: bytes, code: int, number: int) -> tuple[int, int]:
    letters = sorted(int(_LETTER[letter]) for letter in genotype)
    kinds = {NO_CALL if letter == NO_CALL else INDEL if letter == INDEL else 1 for letter in letters}
    if not 1 <= len(letters) <= 2 or 0 in letters or len(kinds) > 1:
        what = "The genotype is not one or two of the letters A, C, G and T, of D and I, or of dashes."
        raise FileRefused(FileReason.GENOTYPE, what, number)
    if len(letters) == 1:
        if 0 < code < X and letters[0] != NO_CALL:
            what = "A single letter stands where a person has two chromosomes."
            raise FileRefused(FileReason.HAPLOID_AUTOSOME, what, number)
        return 0, letters[0]
    return letters[0], letters[1]


def scan(text: bytes, first: int) -> Calls | None:
    """Read a block of whole lines; None when some line has not four columns. Odd lines go to `read_line`."""
    fields = Fields.cut(text, COLUMNS)
    if fields is None:
        return None
    id_size, name_size, call_size = (fields.size(column) for column in (_ID, _CHROMOSOME, _GENOTYPE))
    position, plain = fields.number(_POSITION)
    plain &= (position > 0) & (id_size >= 1) & (id_size <= 2 * WORD) & ~fields.has(b" ", _ID)
    plain &= (name_size >= 1) & (name_size <= WORD) & (call_size == 2)
    at = fields.begins[_GENOTYPE]
    one, other = _LETTER[fields.letters[at]], _LETTER[fields.letters[at + 1]]
    low, high = np.minimum(one, other), np.maximum(one, other)
    plain &= (low > 0) & ((high < NO_CALL) | (low == high))
    stretches = runs(fields.word(_CHROMOSOME))
    if len(stretches) > _MOST_RUNS:
        return None
    code = np.zeros(len(fields), dtype=np.uint8)
    for begin, end in stretches:
        name = fields.field(begin, _CHROMOSOME)
        code[begin:end] = _code(name) if _CONTIG.fullmatch(name) else 0
        plain[begin:end] &= _CONTIG.fullmatch(name) is not None
    last = fields.letters[np.maximum(fields.ends[_ID] - 1, 0)]
    wordy = np.flatnonzero(last - np.uint8(ord("0")) > 9).tolist()
    odd = next((row for row in wordy if is_odd_marker(fields.field(row, _ID))), None)
    calls = Calls(
        odd=None if odd is None else (first + odd, fields.field(odd, _ID)),
        id=_mix(fields.word(_ID), fields.word(_ID, WORD), id_size),
        code=code,
        position=position,
        low=low,
        high=high,
    )
    for index in np.flatnonzero(~plain).tolist():
        call = read_line(fields.line(index), first + index)
        calls.id[index], calls.code[index], calls.position[index] = call.id, call.code, call.position
        calls.low[index], calls.high[index] = call.low, call.high
    return calls


def fingerprint(name: bytes) -> int:
    """Eight bytes that stand for an id; two ids in a file have the same by no accident."""
    if len(name) > 2 * WORD:
        return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "little")
    first, second = int.from_bytes(name[:WORD], "little"), int.from_bytes(name[WORD:], "little")
    one, two, three = (int(factor) for factor in _MIX)
    mixed = first * one & _WORD
    mixed ^= mixed >> 29
    mixed = mixed + (second + len(name)) * two & _WORD
    mixed ^= mixed >> 32
    return mixed * three & _WORD


def _mix(first: Words, second: Words, size: Numbers) -> Words:
    """The fingerprints of many ids of up to sixteen letters: the same sum as above."""
    mixed = first * _MIX[0]
    mixed ^= mixed >> np.uint64(29)
    mixed += (second + size.astype(np.uint64)) * _MIX[1]
    mixed ^= mixed >> np.uint64(32)
    return mixed * _MIX[2]
