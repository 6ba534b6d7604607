"""Records of a BCF that are laid out as one before them: known good by one look, and written out without
what has no bearing on genotypes.

A record whose text fits the header (`vcf_values`) teaches a pattern of bytes: the same fields in the same
order, as many values in each, of the same types. Whatever numbers stand there, they fit as well. What is not
surely so is left to `bcf`, which writes all of it out for the text to be checked.
"""

import re
from functools import lru_cache
from struct import Struct
from typing import NamedTuple

from genomics.formats.vcf_header import Header
from genomics.formats.vcf_values import RESERVED_FORMAT, Declared, are_format_keys, info_fits, sample_fits

Names = dict[int, bytes]

_PLACE, _COUNTS = (
    Struct("<ii"),
    Struct("<HHI"),
)  # contig, position; fields of INFO, alleles, FORMAT and samples
_COUNTED, _TYPED = 16, 24  # where the counts begin, and where the typed values do
_WIDTHS = {0: 0, 1: 1, 2: 2, 3: 4, 5: 4, 7: 1}  # bytes of a value, by its type
_INTEGERS, _FLOAT, _STRING = (1, 2, 3), 5, 7
_LONG = 15  # a count that stands elsewhere
_MOST, _MOST_AT_ONCE = 64, 8  # layouts; of records with the same counts
_LESSONS, _WORTH = 1_000, 50  # records looked at; and one more for so many that were known
_MOST_ALLELES, _MOST_FIELDS = 4, 64
_COLUMNS = 10
_LONE = re.compile(rb"=\.(?=;|$)")
_GENOTYPE_HEAD = 3  # bytes of GT's key and type

# A mark that a list has ended is no value: there would be fewer of them.
_VALUE = {1: rb"[^\x81]", 2: rb"(?!\x01\x80)..", 3: rb"(?!\x01\0\0\x80)....", 5: rb"(?!\x02\0\x80\x7f)...."}
_WORDS, _BASES = rb"[\x21-\x2b\x2d-\x39\x3c\x3e-\x7e]", rb"[ACGTNacgtn]"  # no comma, colon, semicolon, =


class _Unlike(Exception):
    """The record teaches nothing."""


class _Typed(NamedTuple):
    """A value: its type, how many of them, and where they end."""

    kind: int
    values: int
    end: int


class Layouts:
    """The layouts of a file, as far as they have been met."""

    def __init__(self, header: Header, contigs: Names, names: Names) -> None:
        self._header, self._contigs, self._names = header, contigs, names
        self._lessons = self._hits = 0
        self._layouts: dict[bytes, list[bytes]] = {}
        self._known: dict[bytes, re.Pattern[bytes]] = {}
        self._calls: dict[bytes, bytes] = {}

    def text(self, record: bytes, shared: int) -> bytes | None:
        """The line of a record whose first half has so many bytes; None where it is not known to be good."""
        known = self._known.get(record[_COUNTED:_TYPED])
        match = known.fullmatch(record) if known is not None else None
        if (
            match is None
            or match.lastindex is None
            or match.start(match.lastindex) - _GENOTYPE_HEAD != shared
        ):
            return None
        contig, position = _PLACE.unpack_from(record)
        ids, alleles, passed = match.group(1, 2, 3)
        name, call = self._contigs.get(contig), self._calls.get(match[match.lastindex])
        filtered = b"." if passed == b"\0" else self._names.get(passed[1])
        if name is None or call is None or filtered is None:
            return None
        self._hits += 1
        columns = (name, position + 1, ids[1:] or b".", _alleles(alleles), filtered, call)
        return b"%s\t%d\t%s\t%s\t.\t%s\t.\tGT\t%s\n" % columns

    def learn(self, record: bytes, shared: int, line: bytes) -> None:
        """Take a record for a pattern if its line is as it must be."""
        counts = record[_COUNTED:_TYPED]
        layouts = self._layouts.get(counts, [])
        fields, alleles, per_sample = _COUNTS.unpack(counts)
        if (
            self._lessons > _LESSONS + self._hits // _WORTH
            or alleles > _MOST_ALLELES
            or fields + (per_sample >> 24) > _MOST_FIELDS
        ):
            return
        self._lessons += 1
        columns = line[:-1].split(b"\t")
        if len(columns) != _COLUMNS or b"\n" in line[:-1] or not self._fits(columns, alleles):
            return
        try:
            layout, call = _layout(record, shared, self._header, self._names)
        except (_Unlike, IndexError):
            return
        self._calls[call] = columns[-1].split(b":", 1)[0]
        met = sum(map(len, self._layouts.values()))
        if layout in layouts or len(layouts) >= _MOST_AT_ONCE or met >= _MOST:
            return
        self._layouts[counts] = [*layouts, layout]
        bases = _string(_BASES) * alleles
        head = b".{16}%s(\x07|%s)(%s)(\\0|\x11[\0-\x7f])" % (re.escape(counts), _string(_WORDS), bases)
        self._known[counts] = re.compile(head + b"(?:" + b"|".join(self._layouts[counts]) + b")", re.DOTALL)

    def _fits(self, columns: list[bytes], alleles: int) -> bool:
        """Whether a line fits with any numbers in it. A lone dot fits where more values are asked for: so it
        is held for a number."""
        _, _, _, _, alt, _, _, info, keys, sample = columns
        alternates = 0 if alt == b"." else alt.count(b",") + 1
        each, (call, *values) = tuple(keys.split(b":")), sample.split(b":")
        values = [b"0" if value == b"." else value for value in values]
        return (
            alternates == alleles - 1
            and each[0] == b"GT"
            and are_format_keys(each)
            and b"END" not in info  # of a reference block the qualities count
            and info_fits(_LONE.sub(b"=0", info), self._header.info, alternates)
            and sample_fits(
                each[1:],
                values,
                self._header.format,
                alternates=alternates,
                ploidy=call.count(b"/") + call.count(b"|") + 1,
            )
        )


def _layout(record: bytes, shared: int, header: Header, names: Names) -> tuple[bytes, bytes]:
    """What follows FILTER as a pattern, the genotype in it as a group; and the bytes of this genotype."""
    fields, alleles, per_sample = _COUNTS.unpack_from(record, _COUNTED)
    at = _TYPED
    for _ in range(alleles + 2):  # ID, alleles, FILTER
        at = _typed(record, at).end
    pattern = b""
    for _ in range(fields):
        key, name, at = _key(record, at, names)
        pattern += key + _values(record[at], header.info.get(name))
        at = _typed(record, at).end
    key, _, at = _key(record, at, names)
    genotype = _typed(record, at)
    call = record[at + 1 : genotype.end]
    if at != shared + _GENOTYPE_HEAD - 1 or genotype.kind != 1 or genotype.values not in (1, 2):
        raise _Unlike
    pattern += key + re.escape(record[at : at + 1]) + b"(" + _VALUE[1] * len(call) + b")"
    at = genotype.end
    for _ in range((per_sample >> 24) - 1):
        key, name, at = _key(record, at, names)
        pattern += key + _values(record[at], header.format.get(name) or RESERVED_FORMAT.get(name))
        at = _typed(record, at).end
    return pattern, call


def _key(record: bytes, at: int, names: Names) -> tuple[bytes, bytes, int]:
    """A field's key as a pattern, its name, and where its value stands."""
    typed = _typed(record, at)
    if typed.kind not in _INTEGERS or typed.values != 1:
        raise _Unlike
    index = int.from_bytes(record[at + 1 : typed.end], "little", signed=True)
    return re.escape(record[at : typed.end]), names[index], typed.end


def _values(written: int, field: Declared | None) -> bytes:
    """All values that fit where these do, as a pattern; `written` is their type and count."""
    kind, count = written & 15, written >> 4
    if field is not None and field.type == b"Character":
        raise _Unlike
    if kind in _INTEGERS and count:
        widths = (re.escape(bytes((count << 4 | one,))) + _VALUE[one] * count for one in _INTEGERS)
        return b"(?:" + b"|".join(widths) + b")"
    if kind == _FLOAT and count and (field is None or field.type == b"Float"):
        return re.escape(bytes((written,))) + _VALUE[kind] * count
    if kind == _STRING and count and (field is None or field.type == b"String"):
        return _string(_WORDS)
    if not written:  # a flag
        return rb"\0"
    raise _Unlike


def _string(letter: bytes) -> bytes:
    """A short text of such letters, with its type."""
    sizes = (re.escape(bytes((size << 4 | _STRING,))) + letter + b"{%d}" % size for size in range(1, _LONG))
    return b"(?:" + b"|".join(sizes) + b")"


@lru_cache(maxsize=1 << 14)
def _alleles(typed: bytes) -> bytes:
    """REF and ALT of short alleles that stand one after another."""
    found, at = [], 0
    while at < len(typed):
        end = at + 1 + (typed[at] >> 4)
        found.append(typed[at + 1 : end])
        at = end
    return found[0] + b"\t" + (b",".join(found[1:]) or b".")


def _typed(record: bytes, at: int) -> _Typed:
    """The value whose type stands there. Raises _Unlike for a long one."""
    kind, count = record[at] & 15, record[at] >> 4
    if kind not in _WIDTHS or count == _LONG:
        raise _Unlike
    return _Typed(kind, count, at + 1 + count * _WIDTHS[kind])
