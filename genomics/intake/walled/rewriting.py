"""Records of text written anew, where what they say beside genotypes may be about somebody (intake.records).

Done only for a file in which something of the kind was found when it was read; its copy is then read again
as a whole (`sandbox`). Lines keep their numbers and their ends, and fields their places. Reads are
`read_names`'. The records of a BCF and of a CRAM are not written anew.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from genomics.formats.dialects import Between, Dialect, find, names
from genomics.intake.header_grammar import REMOVED, Names, is_odd_contig
from genomics.intake.records import has_address, is_odd_entry, is_odd_key, is_odd_marker, is_odd_value

_LINE = re.compile(rb"[^\r\n]+")
_COLUMNS = 10
_SPACES = re.compile(rb"([ \t]+)")
_SYMBOL = re.compile(rb"<([^<>,:]+)")
_OF_SAMPLES = frozenset((b"sample id", b"sample name", b"sample group", b"sample"))
_GONE = REMOVED.encode()


def by_line(chunks: Iterable[bytes], anew: Callable[[bytes], bytes]) -> Iterator[bytes]:
    """Each line written anew, whatever they end with."""
    held = b""
    for chunk in chunks:
        held += chunk
        end = max(held.rfind(b"\n"), held.rfind(b"\r", 0, len(held) - 1)) + 1
        yield _LINE.sub(lambda line: anew(line[0]), held[:end])
        held = held[end:]
    yield _LINE.sub(lambda line: anew(line[0]), held)


class OfVcf:
    """Lines of a VCF. What its head has named anew is named so here."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def line(self, line: bytes) -> bytes:
        fields = line.split(b"\t")
        if len(fields) != _COLUMNS:
            return line
        contig, _, ids, _, alt, _, passed, info, keys, sample = fields
        if is_odd_contig(contig.decode("utf-8", "replace")):
            fields[0] = self._anew(contig)
        fields[2] = b";".join(one for one in ids.split(b";") if not is_odd_marker(one)) or b"."
        fields[4] = _SYMBOL.sub(lambda symbol: b"<" + self._key(symbol[1]), alt)
        fields[6] = b";".join(map(self._key, passed.split(b";")))
        fields[7] = info if info == b"." else b";".join(map(self._entry, info.split(b";")))
        fields[8] = b":".join(map(self._key, keys.split(b":")))
        fields[9] = b":".join(self._value(*one) for one in _paired(keys.split(b":"), sample.split(b":")))
        return b"\t".join(fields)

    def _anew(self, name: bytes) -> bytes:
        return self._names.setdefault(
            name.decode("utf-8", "replace"), f"{REMOVED}{len(self._names) + 1}"
        ).encode()

    def _key(self, key: bytes) -> bytes:
        return self._anew(key) if is_odd_key(key) else key

    def _entry(self, entry: bytes) -> bytes:
        key, equals, value = entry.partition(b"=")
        if is_odd_key(key):
            return self._anew(key) + equals + (_GONE if has_address(value) or is_odd_value(value) else value)
        return key + equals + _GONE if is_odd_entry(entry) else entry

    @staticmethod
    def _value(key: bytes, value: bytes) -> bytes:
        return b"." if has_address(value) or is_odd_value(key + b"=" + value) else value


class OfArray:
    """Lines of a consumer's raw data, in the columns of its dialect; `samples` are those that name hers."""

    def __init__(self, dialect: Dialect, samples: tuple[int, ...]) -> None:
        self._dialect, self._samples = dialect, samples
        self._step = 2 if dialect.between is Between.SPACE else 1  # what stands between them is among them

    @classmethod
    def of(cls, head: bytes, records: bytes) -> "OfArray | None":
        """By the last line of the head and the first that follow it; None where no dialect is known."""
        last = head.replace(b"\r", b"\n").rstrip(b"\n").rpartition(b"\n")[2]
        text = records.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        found = find(last, text)
        if found is None:
            return None
        dialect, above = found
        title = names(text.split(b"\n", above)[above - 1], dialect.between) if above else ()
        return cls(dialect, tuple(at for at, name in enumerate(title) if name in _OF_SAMPLES))

    def line(self, line: bytes) -> bytes:
        between = self._dialect.between.value
        fields = _SPACES.split(line) if between is None else line.split(between)
        if len(fields) != (self._dialect.columns - 1) * self._step + 1:
            return line
        if fields[self._dialect.position * self._step].strip(b'" ').isalpha():
            return line  # the title
        at = self._dialect.id * self._step
        if is_odd_marker(fields[at].strip(b'" ')):
            fields[at] = b"."
        for column in self._samples:
            fields[column * self._step] = _GONE
        return (between or b"").join(fields)


def _paired(keys: list[bytes], values: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Values may end before their keys do."""
    yield from zip(keys, values, strict=False)
