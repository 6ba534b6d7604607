"""Names of reads and read groups, where they may be somebody's: replaced alike wherever they stand; and tags.

    renaming = Renaming.of(head, is_binary=True)   # None where no reads follow
    if renaming.is_needed(first_records, found): pieces = renaming.renamed(chunks)

A read group's strange ID becomes "removed" and its number, in the header (`cleaning`) and in every read. If
one read has a strange name, every read gets the digest of its own under a key that is then forgotten: mates
stay mates, and no name can be tried out. Tags of text that the specification does not know go. In a CRAM a
read knows its group by number alone; names and tags of its reads are packed with them and stay.
"""

import hashlib
import re
import secrets
import struct
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from genomics.errors import FileRefused
from genomics.formats.bam import Content, tags_of
from genomics.intake.details import Detail
from genomics.intake.header_grammar import REMOVED
from genomics.intake.read_names import is_strange
from genomics.intake.records import is_odd_tag
from genomics.intake.screen import GROUP_ID
from genomics.intake.walled.rewriting import by_line

_JUDGED = 1_000
_INT = struct.Struct("<i")
_FIXED = 32
_NAME_SIZE, _STEPS, _BASES = 8, struct.Struct("<H"), struct.Struct("<i")
_GROUP = b"RG:Z:"
_COLUMNS = 10  # behind a read's name, before its tags


@dataclass(slots=True)
class Renaming:
    """How the reads of one file are named in the copy that is kept."""

    groups: dict[bytes, bytes]
    is_binary: bool
    names: bool = False
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    @classmethod
    def of(cls, head: bytes, *, is_binary: bool) -> "Renaming | None":
        """From the header's text; None where it is none of reads."""
        if not re.match(rb"@[A-Z]{2}\t", head) and not is_binary:
            return None
        groups: dict[bytes, bytes] = {}
        for line in head.splitlines():
            found = GROUP_ID.search(line.decode("utf-8", "replace")) if line.startswith(b"@RG\t") else None
            if found is not None and is_strange(found["found"]):
                groups[found["found"].encode()] = b"%s%d" % (REMOVED.encode(), len(groups) + 1)
        return cls(groups, is_binary)

    def is_needed(self, first: bytes, found: Collection[Detail] = ()) -> bool:
        """Whether a group or one of the first reads has a strange name, or something was `found` when all of
        them were read."""
        names = _binary_names(first) if self.is_binary else _text_names(first)
        self.names = Detail.READ_NAME in found or any(
            is_strange(name.decode("ascii", "replace")) for name in islice(names, _JUDGED)
        )
        return self.names or bool(self.groups) or Detail.RECORD_TEXT in found

    def renamed(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """All that stands behind the header's text, with other names."""
        return self._binary(Content(iter(chunks))) if self.is_binary else self._text(chunks)

    def _name(self, name: bytes) -> bytes:
        if not self.names or name == b"*":
            return name
        return hashlib.blake2b(name, key=self.key, digest_size=12).hexdigest().encode()

    def _text(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        return by_line(chunks, self._line)

    def _line(self, line: bytes) -> bytes:
        name, *fields = line.split(b"\t")
        kept = fields[:_COLUMNS]
        for said in fields[_COLUMNS:]:
            if said.startswith(_GROUP):
                kept.append(_GROUP + self._group(said.removeprefix(_GROUP)))
            elif not is_odd_tag(said[:2], said[3:4], said[5:]):
                kept.append(said)
        return b"\t".join((self._name(name) if fields else name, *kept))

    def _group(self, group: bytes) -> bytes:
        return self.groups.get(group, group)

    def _binary(self, content: Content) -> Iterator[bytes]:
        yield b"".join(_contigs(content))
        while size := content.take(_INT.size, may_end=True):
            yield self._record(content.take(_INT.unpack(size)[0]))

    def _record(self, data: bytes) -> bytes:
        begins = _FIXED + data[_NAME_SIZE]
        name = self._name(data[_FIXED : begins - 1]) + b"\0"
        fixed = data[:_NAME_SIZE] + bytes((len(name),)) + data[_NAME_SIZE + 1 : _FIXED]
        bases = _BASES.unpack_from(data, 16)[0]
        tags = begins + 4 * _STEPS.unpack_from(data, 12)[0] + (bases + 1) // 2 + bases
        record = fixed + name + data[begins:tags] + b"".join(self._tags(data, tags))
        return _INT.pack(len(record)) + record

    def _tags(self, data: bytes, at: int) -> Iterator[bytes]:
        """Those that are no text nobody needs to know."""
        for tag, kind, value in tags_of(data, at):
            end = b"\0" if kind in (b"Z", b"H") else b""
            if tag == b"RG" and kind == b"Z":
                yield b"RGZ" + self._group(value) + b"\0"
            elif not is_odd_tag(tag, kind, value):
                yield tag + kind + value + end


def _contigs(content: Content) -> Iterator[bytes]:
    """The list of contigs that stands between a BAM's text and its reads."""
    count = content.take(_INT.size, may_end=True)
    yield count
    for _ in range(_INT.unpack(count)[0] if count else 0):
        size = content.take(_INT.size)
        yield size + content.take(_INT.unpack(size)[0] + _INT.size)


def _text_names(first: bytes) -> Iterator[bytes]:
    return (line.partition(b"\t")[0] for line in first.split(b"\n") if line)


def _binary_names(first: bytes) -> Iterator[bytes]:
    content = Content(iter((first,)))
    try:
        list(_contigs(content))
        while size := content.take(_INT.size, may_end=True):
            record = content.take(_INT.unpack(size)[0])
            yield record[_FIXED : _FIXED + record[_NAME_SIZE] - 1]
    except FileRefused:  # what is at hand ends within a record
        return
