"""INFO, FORMAT and sample of many lines at once: lines that differ in nothing but their numbers fit together,
or not at all, so one of them is looked at for all.

What fits is in `vcf_values`. `without_numbers` makes alike what differs in numbers alone: "AC=12;AF=0.50"
becomes "AC=0;AF=0.0". One or two digits behind a letter stay, for they may belong to the name of a field
(DP4, R2); a name in which it cannot be told, and a field of one Character, are looked at line by line.
"""

import re
from itertools import product

import numpy as np

from genomics.formats.fields import Fields, Flags, Letters, Numbers
from genomics.formats.vcf_header import Header
from genomics.formats.vcf_values import InfoCheck, SampleCheck
from genomics.formats.vcf_words import Words

_INFO, _FORMAT, _SAMPLE = 7, 8, 9
_MOST_SHAPES, _LONGEST_SHAPE = 1 << 14, 512
_MOST_ALTERNATES, _MOST_CHROMOSOMES = 2, 2
_UNSURE = re.compile(rb"(?<![A-Za-z_])[0-9]")  # in a name without numbers: there may have been more of them
_ZERO, _DIGITS, _LOW = np.uint8(ord("0")), np.uint8(10), np.uint8(15)
_SMALL, _LETTERS = np.uint8(0x20), np.uint8(26)


def without_numbers(fields: Fields) -> Fields:
    """The same lines with every run of digits as one 0, apart from one or two digits behind a letter or _."""
    letters = fields.letters[: len(fields.text)]
    is_digit = letters - _ZERO < _DIGITS
    is_letter = (letters | _SMALL) - np.uint8(ord("a")) < _LETTERS
    is_letter |= letters == ord("_")
    is_held = np.zeros(len(letters), dtype=np.bool_)
    is_held[1:] = is_digit[1:] & is_letter[:-1]
    is_held[1:] |= is_digit[1:] & is_held[:-1]
    is_number = is_digit & ~is_held
    kept = np.ones(len(letters), dtype=np.bool_)
    kept[1:] = ~(is_number[1:] & is_digit[:-1])
    zeros = letters & ~(is_number.view(np.uint8) * _LOW)  # the digits are 0x30 to 0x39
    shape = Fields.cut(zeros[kept].tobytes(), len(fields.begins))
    assert shape is not None, "separators stay where they are"
    return shape


class Tails:
    """What follows FILTER, held against a file's header; what was looked at is remembered over all blocks."""

    def __init__(self, header: Header) -> None:
        self.words = Words()
        self._kinds = {
            (alternates, ploidy): _Tail(header, self.words, alternates, ploidy)
            for alternates, ploidy in product(range(_MOST_ALTERNATES + 1), range(1, _MOST_CHROMOSOMES + 1))
        }

    def leave_odd(
        self,
        fields: Fields,
        shape: Fields,
        plain: Flags,
        alternates: Numbers,
        ploidy: Letters,
        *,
        first: int = 1,
    ) -> None:
        """Lines whose values are not as the header declares are not plain. `first` is the number of the first
        line."""
        for (count, copies), tail in self._kinds.items():
            rows = np.flatnonzero(plain & (alternates == count) & (ploidy == copies))
            if len(rows):
                tail.leave_odd(fields, shape, plain, rows, first)


class _Tail:
    """Lines with one number of alternates, and one of chromosomes."""

    def __init__(self, header: Header, words: Words, alternates: int, ploidy: int) -> None:
        self._header, self._words, self._may_end = header, words, alternates > 0
        self._info = InfoCheck(header.info, alternates=alternates)
        self._sample = SampleCheck(header.format, alternates=alternates, ploidy=ploidy)
        self._known: dict[bytes, bool] = {}

    def leave_odd(self, fields: Fields, shape: Fields, plain: Flags, rows: Numbers, first: int) -> None:
        known, text = self._known, shape.text
        begins, ends = shape.begins[_INFO, rows].tolist(), shape.ends[_SAMPLE, rows].tolist()
        for row, begin, end in zip(rows.tolist(), begins, ends, strict=True):
            fits = known.get(text[begin:end])
            if fits is None:
                fits = self._fits(fields, row)
                if fits:
                    self._words.see_tail(
                        fields.field(row, _INFO),
                        fields.field(row, _FORMAT),
                        fields.field(row, _SAMPLE),
                        first + row,
                    )
                if end - begin <= _LONGEST_SHAPE and len(known) < _MOST_SHAPES and self._tells(shape, row):
                    known[text[begin:end]] = fits
            if not fits:
                plain[row] = False

    def _fits(self, fields: Fields, row: int) -> bool:
        info = fields.field(row, _INFO)
        if not self._may_end and b";END=" in info:  # without ALT that makes a reference block
            return False
        return self._info(info) and self._sample(fields.field(row, _FORMAT), fields.field(row, _SAMPLE))

    def _tells(self, shape: Fields, row: int) -> bool:
        """Whether what fits here fits wherever the line looks like this but for its numbers."""
        entries = shape.field(row, _INFO).split(b";")
        in_info = [entry.partition(b"=")[0] for entry in entries]
        in_format = shape.field(row, _FORMAT).split(b":")
        declared = [self._header.info.get(name) for name in in_info]
        declared += [self._header.format.get(name) for name in in_format]
        if any(field is not None and field.type == b"Character" for field in declared):
            return False
        return not any(_UNSURE.search(name) for name in (*in_info, *in_format))
