"""Whether the name of a read, or of a group of reads, may be somebody's: machines name them by rule."""

import re

from genomics.intake.header_words import has_strange_word

_BY_MACHINE = re.compile(
    r"[A-Z0-9_\-]{1,40}(?::[A-Z0-9\-]{1,40}){4,7}(?:[#/ ].{0,40})?"  # Illumina, old and new
    r"|[SED]RR\d{4,12}(?:\.\d{1,12}){0,2}|m\d{5,8}[eU]?_[\w/]{1,80}"  # the archives; PacBio
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?:_\d{1,4})?"  # Nanopore
    r"|[A-Z]{1,3}\d{6,12}L\dC\d{3}R\d{3,12}(?:/\d)?|[A-Z]{0,3}[\d_.:/\-]{1,60}"  # BGI; numbers
    r"|[0-9a-f]{24}"  # ours, in a copy that was kept
)


_DIGITS = re.compile(rb"[0-9]+")
_MOST_SHAPES = 1 << 12


class Judge:
    """Judges many reads of a file: names that differ in numbers alone are looked at once."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()
        self.strange = ""  # the first that is

    def look(self, name: bytes) -> None:
        if self.strange:
            return
        shape = _DIGITS.sub(b"0", name)
        if shape in self._seen:
            return
        text = name.decode("ascii", "replace")
        if is_strange(text):
            self.strange = text
        elif len(self._seen) < _MOST_SHAPES:
            self._seen.add(shape)


def is_strange(name: str) -> bool:
    """Whether it is neither by a machine's rule nor made of the words that headers are made of."""
    return _BY_MACHINE.fullmatch(name) is None and has_strange_word(name)
