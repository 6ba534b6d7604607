"""Lines of tab-separated fields, all at once: where each field is, its first letters as one word, its number.

Array operations only; what fields mean is for `vcf_bulk` and `array_lines`.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Words = NDArray[np.uint64]
Letters = NDArray[np.uint8]

WORD = 8
"""How many letters a word holds."""

_LONGEST_NUMBER = 9
_ZERO = np.uint8(ord("0"))
_KEPT = np.array([*((1 << 8 * size) - 1 for size in range(WORD)), (1 << 64) - 1], dtype=np.uint64)


def word_of(letters: bytes) -> np.uint64:
    """Up to eight letters as a word."""
    return np.uint64(int.from_bytes(letters, "little"))


_LOW, _HIGH = word_of(b"\x0f" * WORD), word_of(b"\xf0" * WORD)
_ZEROS, _SIXES = word_of(b"0" * WORD), word_of(b"\x06" * WORD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """A block of whole lines, each with the same number of fields."""

    text: bytes
    letters: Letters  # the text, and two words of padding
    words: Words  # the word that begins at each letter
    begins: Numbers  # a row a column: where the field begins in each line
    ends: Numbers  # and where it ends

    @classmethod
    def cut(cls, text: bytes, columns: int) -> Self | None:
        """None when some line has another number of fields. No control characters but tabs and line feeds."""
        letters = np.frombuffer(text + b"\n" * 2 * WORD, dtype=np.uint8)
        separators = np.flatnonzero(letters[: len(text)] <= ord("\n"))
        count = int(np.count_nonzero(letters[: len(text)] == ord("\n")))
        if len(separators) != columns * count:
            return None
        ends = np.ascontiguousarray(separators.reshape(count, columns).T)
        if not (letters[ends[-1]] == ord("\n")).all():
            return None
        begins = np.zeros((columns, count), dtype=np.int64)
        begins[1:] = ends[:-1] + 1
        begins[0, 1:] = ends[-1, :-1] + 1
        words = np.ndarray((len(letters) - WORD + 1,), dtype="<u8", buffer=letters.data, strides=(1,))
        return cls(text=text, letters=letters, words=words, begins=begins, ends=ends)

    def __len__(self) -> int:
        return int(self.ends.shape[1])

    def size(self, column: int) -> Numbers:
        size: Numbers = self.ends[column] - self.begins[column]
        return size

    def word(self, column: int, skip: int = 0) -> Words:
        """The first eight letters of a field, or eight after so many skipped; fewer where it ends before."""
        left = np.clip(self.size(column) - skip, 0, WORD)
        begin = (
            self.begins[column] + skip
            if skip == 0
            else np.minimum(self.begins[column] + skip, len(self.text))
        )
        word: Words = self.words[begin] & _KEPT[left]
        return word

    def number(self, column: int) -> tuple[Numbers, Flags]:
        """A field of one to nine digits as a number, and whether it is one."""
        return self.numbers_at(self.begins[column], self.ends[column])

    def numbers_at(self, begin: Numbers, end: Numbers) -> tuple[Numbers, Flags]:
        """One to nine digits as a number, and whether they are: eight in one word, the ninth by itself."""
        size = end - begin
        first = np.clip(size, 1, WORD)
        kept = _KEPT[first]
        word = self.words[begin] & kept
        digits = word & _LOW
        right = ((word & _HIGH) == (_ZEROS & kept)) & ((digits + _SIXES) & _HIGH == 0)
        # Earlier digits stand in lower bytes: moved up, so that the missing leading ones are zeros.
        value = digits << ((WORD - first) * 8).astype(np.uint64)
        value = (value * np.uint64(10) + (value >> np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
        value = (value * np.uint64(100) + (value >> np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
        value = (value * np.uint64(10_000) + (value >> np.uint64(32))) & np.uint64(0x00000000FFFFFFFF)
        number = value.astype(np.int64)
        right &= (size >= 1) & (size <= _LONGEST_NUMBER)
        long = np.flatnonzero(right & (size == _LONGEST_NUMBER))
        if len(long):
            ninth = self.letters[end[long] - 1] - _ZERO  # not a digit: wraps round to ten and more
            number[long] = number[long] * 10 + ninth
            right[long] = ninth < 10
        return number, right

    def next(self, letter: bytes, begin: Numbers, *, skip: int = 0) -> Numbers:
        """Where this letter stands next from each place on, or the one so many after it; else the end."""
        places = np.flatnonzero(self.letters[: len(self.text)] == letter[0])
        found = np.searchsorted(places, begin) + skip
        next_: Numbers = np.append(places, len(self.text))[np.minimum(found, len(places))]
        return next_

    def line(self, index: int) -> bytes:
        return self.text[self.begins[0, index] : self.ends[-1, index]]

    def field(self, index: int, column: int) -> bytes:
        return self.text[self.begins[column, index] : self.ends[column, index]]

    def unlike_first(self, column: int) -> Numbers:
        """The lines whose field is not the first line's, or is too long to be sure."""
        size = self.size(column)
        if not len(self) or not 1 <= size[0] <= WORD:
            return np.arange(len(self))
        begin = self.begins[column]
        differs = (self.words[begin] ^ self.words[begin[0]]) & _KEPT[size[0]] != 0
        return np.flatnonzero((size != size[0]) | differs)

    def has(self, letter: bytes, column: int) -> Flags:
        """The lines whose field has this letter in it."""
        if letter not in self.text:
            return np.zeros(len(self), dtype=np.bool_)
        places = np.flatnonzero(self.letters[: len(self.text)] == letter[0])
        found: Flags = np.searchsorted(places, self.begins[column]) != np.searchsorted(
            places, self.ends[column]
        )
        return found


def runs(values: Words | Numbers) -> list[tuple[int, int]]:
    """Stretches of equal values, half-open."""
    if not len(values):
        return []
    edges = [0, *(np.flatnonzero(values[1:] != values[:-1]) + 1).tolist(), len(values)]
    return list(pairwise(edges))
