"""What a VCF's records say beside genotypes, where it may be about somebody: the first such line.

How that looks is in `intake.records`. Many lines are looked at together: IDs by their letters, INFO, FORMAT
and sample once for all lines that differ in nothing but numbers.
"""

import re
from dataclasses import dataclass, field

import numpy as np

from genomics.formats.fields import WORD, Fields, Flags, Numbers, word_of
from genomics.intake import screen
from genomics.intake.header_grammar import is_odd_contig
from genomics.intake.records import has_odd_entry, is_odd_key, is_odd_marker, is_odd_value

_ID, _FILTER = 2, 6
_COLUMNS = 10
_NUMBERS = re.compile(rb"[0-9]+")
_MOST_SHAPES = 1 << 14
_PASSED = (word_of(b"PASS"), word_of(b"."))
_SYMBOL = re.compile(rb"<([^<>,:]+)")


@dataclass(slots=True)
class Words:
    """What was found so far: the line of the first, and what it says."""

    line: int = 0
    said: bytes = b""
    _shapes: set[bytes] = field(default_factory=set)

    def find(self, line: int, said: bytes) -> None:
        if not self.line or line < self.line:
            self.line, self.said = line, said

    def see_block(self, fields: Fields, first: int) -> None:
        """IDs and filters of a block of lines."""
        if self.line:
            return
        last = fields.letters[np.maximum(fields.ends[_ID] - 1, 0)]
        rows = np.flatnonzero((last - np.uint8(ord("0")) > 9) & (fields.word(_ID) != _PASSED[1]))
        for row in rows[~_has_digit(fields, rows)].tolist():
            self._see_ids(fields.field(row, _ID), first + row)
        passed = fields.word(_FILTER)
        others = np.flatnonzero((passed != _PASSED[0]) & (passed != _PASSED[1]))
        for index in np.unique(passed[others], return_index=True)[1].tolist() if len(others) else ():
            row = int(others[index])
            self._see_keys(fields.field(row, _FILTER).split(b";"), first + row)

    def see_tail(self, info: bytes, keys: bytes, sample: bytes, line: int) -> None:
        """What follows FILTER."""
        if self.line:
            return
        if has_odd_entry(info):
            self.find(line, next(filter(has_odd_entry, info.split(b";")), info))
        self._see_keys(keys.split(b":"), line)
        for key, value in zip(keys.split(b":"), sample.split(b":"), strict=False):
            if is_odd_value(key + b"=" + value):
                self.find(line, value)

    def see_line(self, text: bytes, line: int) -> None:
        """One line by itself."""
        if self.line:
            return
        _, _, ids, _, alt, _, passed, *tail = text.split(b"\t")
        self._see_ids(ids, line)
        self._see_keys([*passed.split(b";"), *_SYMBOL.findall(alt)], line)
        shape = _NUMBERS.sub(b"0", b"\t".join(tail))
        if shape not in self._shapes:
            if len(self._shapes) < _MOST_SHAPES:
                self._shapes.add(shape)
            self.see_tail(tail[0], tail[1], tail[2], line)

    def findings(self, contigs: list[bytes]) -> tuple[screen.Finding, ...]:
        """What is told of it; the contigs were met in records."""
        odd = next((name for name in contigs if is_odd_contig(name.decode("utf-8", "replace"))), None)
        if odd is not None and not self.line:
            self.find(1, odd)
        return (screen.record_text(self.line, self.said),) if self.line else ()

    def _see_ids(self, ids: bytes, line: int) -> None:
        for one in ids.split(b";"):
            if is_odd_marker(one):
                self.find(line, one)

    def _see_keys(self, keys: list[bytes], line: int) -> None:
        for key in keys:
            if is_odd_key(key):
                self.find(line, key)


def _has_digit(fields: Fields, rows: Numbers) -> Flags:
    """Whether there is one among the first letters of the ID."""
    letters = fields.word(_ID)[rows].view(np.uint8)
    found: Flags = np.asarray((letters - np.uint8(ord("0")) < 10).reshape(-1, WORD).any(axis=1))
    return found
