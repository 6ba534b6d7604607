"""BCF: a VCF in binary, written out as the text it stands for, which `vcf` then reads as strictly as any.

No size in the file is believed before it is checked, and dictionaries are as large as what is in them,
whatever indices (IDX) the header claims. Lines count as they would in the text.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from struct import Struct
from typing import NoReturn

from genomics.coordinates import Build
from genomics.errors import FileReason, FileRefused
from genomics.formats import vcf
from genomics.formats.bam import Content
from genomics.formats.bcf_layouts import Layouts, Names
from genomics.formats.builds import Evidence
from genomics.formats.limits import Limits
from genomics.formats.lines import Lines
from genomics.formats.source import NOTHING, Loaded, Reading
from genomics.formats.vcf_header import read_header
from genomics.intake.details import Detail

_MAGIC = frozenset((b"BCF\x02\x01", b"BCF\x02\x02"))
_SIZES, _FIXED = Struct("<II"), Struct("<iiifII")
_INTEGERS = {1: (Struct("<b"), -(1 << 7)), 2: (Struct("<h"), -(1 << 15)), 3: (Struct("<i"), -(1 << 31))}
_FLOAT, _FLOAT_BITS, _STRING, _MISSING_FLOAT, _END_FLOAT = 5, Struct("<I"), 7, 0x7F800001, 0x7F800002
_SINGLE = Struct("<f")
_DEFINED = re.compile(rb"##(contig|INFO|FORMAT|FILTER)=<(.*)>\s*", re.DOTALL)
_ID = re.compile(rb"(?:^|,)\s*ID=([^,>\"]+)")
_INDEX = re.compile(rb",IDX=([0-9]{1,9})\s*(?=[,>]|$)")
_CHUNK = 1 << 18
_MISSING = b"."
AS_PACKED = "What the records of a BCF say beside genotypes is kept as it came."


def read(
    chunks: Iterator[bytes], *, limits: Limits, assume: Build | None = None, loaded: Loaded = NOTHING
) -> Reading:
    """Read the content of a BCF, from its magic on."""
    lines = Lines(as_text(Content(chunks), limits, by_layout=True), limits=limits)
    reading = vcf.read(lines, limits=limits)
    found = tuple(one for one in reading.findings if one.detail is not Detail.RECORD_TEXT)
    return replace(reading, notes=(*reading.notes, AS_PACKED), findings=found)


def as_text(content: Content, limits: Limits, *, by_layout: bool = False) -> Iterator[bytes]:
    """The VCF it stands for, in chunks. With `by_layout` what has no bearing on genotypes is left out of
    records that are known to be good: the same to its reader, sooner."""
    if content.take(5) not in _MAGIC:
        raise FileRefused(FileReason.VERSION, "We read BCF 2.1 and 2.2; this is another version.")
    size = int.from_bytes(content.take(4), "little")
    if size > limits.header:
        raise FileRefused(FileReason.HEADER_TOO_LONG, f"The header is longer than {limits.header:,} bytes.")
    text = content.take(size).rstrip(b"\0").rstrip(b"\n")
    yield text + b"\n"
    contigs, names = _dictionaries(text)
    layouts = _layouts(text, contigs, names, limits) if by_layout else None
    line = text.count(b"\n") + 1
    held, holding = [], 0
    while sizes := content.take(_SIZES.size, may_end=True):
        shared, individual = _SIZES.unpack(sizes)
        line += 1
        if max(shared, individual) > 8 * limits.line or shared < _FIXED.size:
            _damaged("The record says it is impossibly long or short.", line)
        record = content.take(shared + individual)
        written = layouts.text(record, shared) if layouts is not None else None
        if written is None:
            individual_half = _Record(record[shared:], line)
            written = _Record(record[:shared], line).text(contigs, names, individual_half)
            if layouts is not None:
                layouts.learn(record, shared, written)
        held.append(written)
        holding += len(held[-1])
        if holding > _CHUNK:
            yield b"".join(held)
            held, holding = [], 0
    yield b"".join(held)


def _layouts(text: bytes, contigs: Names, names: Names, limits: Limits) -> Layouts | None:
    try:
        header = read_header(Lines(iter((text + b"\n",)), limits=limits), Evidence(), limits=limits)
    except FileRefused:  # whoever reads the text will say so, unless a record is at fault before
        return None
    return Layouts(header, contigs, names)


def _dictionaries(text: bytes) -> tuple[Names, Names]:
    """Contigs, and fields and filters, by the numbers that records use for them."""
    contigs: Names = {}
    names: Names = {0: b"PASS"}
    known = {b"PASS"}
    for line in text.split(b"\n"):
        defined = _DEFINED.fullmatch(line)
        named = _ID.search(defined[2]) if defined else None
        if defined is None or named is None:
            continue
        given = _INDEX.search(defined[2])
        table = contigs if defined[1] == b"contig" else names
        if table is names and named[1] in known:  # a field of INFO and of FORMAT, a filter: one number
            continue
        index = int(given[1]) if given else max(table, default=-1) + 1
        table[index] = named[1]
        if table is names:
            known.add(named[1])
    return contigs, names


class _Record:
    """One half of a record, read from its beginning on."""

    def __init__(self, data: bytes, line: int) -> None:
        self._data, self._at, self._line = data, 0, line

    def text(self, contigs: Names, names: Names, individual: "_Record") -> bytes:
        """The line it stands for, of one sample; the other half holds the sample's values."""
        contig, position, _, _, counts, samples = _FIXED.unpack(self._take(_FIXED.size))
        if samples & 0xFFFFFF > 1:
            what = f"The file holds {samples & 0xFFFFFF:,} samples; we take the file of one person."
            raise FileRefused(FileReason.MULTI_SAMPLE, what)
        quality = _FLOAT_BITS.unpack_from(self._data, 12)[0]
        ids = self._string()
        alleles = [self._string() for _ in range(counts >> 16)]
        filters = [self._named(names, index) for index in self._integers()]
        info = [self._info(names) for _ in range(counts & 0xFFFF)]
        fields = [individual._field(names, samples & 0xFFFFFF) for _ in range(samples >> 24)]
        if self._at != len(self._data) or individual._at != len(individual._data) or not alleles:
            _damaged("The record's parts do not add up to its length.", self._line)
        columns = (
            self._named(contigs, contig),
            b"%d" % (position + 1),
            ids or _MISSING,
            alleles[0],
            b",".join(alleles[1:]) or _MISSING,
            _float(quality),
            b";".join(filters) or _MISSING,
            b";".join(info) or _MISSING,
            b":".join(name for name, _ in fields),
            b":".join(value for _, value in fields),
        )
        return b"\t".join(columns) + b"\n"

    def _info(self, names: Names) -> bytes:
        name = self._named(names, self._integer())
        kind, count = self._type()
        if not count:
            return name
        return name + b"=" + self._values(kind, count)

    def _field(self, names: Names, samples: int) -> tuple[bytes, bytes]:
        name = self._named(names, self._integer())
        kind, count = self._type()
        if samples != 1:
            _damaged("The record holds another number of samples than the header names.", self._line)
        if name == b"GT" and kind in _INTEGERS:
            return name, self._genotype(kind, count)
        return name, self._values(kind, count) if count else _MISSING

    def _genotype(self, kind: int, count: int) -> bytes:
        calls = [call or 0 for call in self._vector(kind, count)]
        text = b""
        for call in calls:
            text += (b"|" if call & 1 else b"/") if text else b""
            text += b"%d" % ((call >> 1) - 1) if call >> 1 else _MISSING
        return text or _MISSING

    def _values(self, kind: int, count: int) -> bytes:
        if kind == _STRING:
            return self._take(count).rstrip(b"\0") or _MISSING
        if kind == _FLOAT:
            words = [word for (word,) in _FLOAT_BITS.iter_unpack(self._take(4 * count)) if word != _END_FLOAT]
            return b",".join(map(_float, words)) or _MISSING
        values = [_MISSING if value is None else b"%d" % value for value in self._vector(kind, count)]
        return b",".join(values) or _MISSING

    def _vector(self, kind: int, count: int) -> list[int | None]:
        """Whole numbers, None for a missing one, up to the end of the vector."""
        if kind not in _INTEGERS:
            _damaged("A value is of no type that BCF knows.", self._line)
        form, least = _INTEGERS[kind]
        values: list[int | None] = []
        for (value,) in form.iter_unpack(self._take(form.size * count)):
            if value == least + 1:
                continue
            values.append(None if value == least else value)
        return values

    def _integers(self) -> list[int]:
        kind, count = self._type()
        return [value for value in self._vector(kind, count) if value is not None] if count else []

    def _integer(self) -> int:
        values = self._integers()
        if len(values) != 1:
            _damaged("A number stands where there is none.", self._line)
        return values[0]

    def _string(self) -> bytes:
        kind, count = self._type()
        if count and kind != _STRING:
            _damaged("A text is of another type.", self._line)
        return self._take(count).rstrip(b"\0")

    def _type(self) -> tuple[int, int]:
        byte = self._take(1)[0]
        kind, count = byte & 15, byte >> 4
        if count == 15:
            kind_of_count, one = self._type()
            if one != 1 or kind_of_count not in _INTEGERS:
                _damaged("A value does not say how long it is.", self._line)
            count = self._vector(kind_of_count, 1)[0] or 0
        if count < 0:
            _damaged("A value says it is shorter than nothing.", self._line)
        return kind, count

    def _named(self, names: Names, index: int) -> bytes:
        name = names.get(index)
        if name is None:
            _damaged("The record uses a name that the header does not define.", self._line)
        return name

    def _take(self, size: int) -> bytes:
        if size > len(self._data) - self._at:
            _damaged("The record ends within a value.", self._line)
        self._at += size
        return self._data[self._at - size : self._at]


def _float(bits: int) -> bytes:
    if bits == _MISSING_FLOAT:
        return _MISSING
    value: float = _SINGLE.unpack(_FLOAT_BITS.pack(bits))[0]
    return b"%.6g" % value


def _damaged(what: str, line: int) -> NoReturn:
    raise FileRefused(FileReason.DAMAGED, what, line)
