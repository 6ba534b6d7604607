"""Bending a file: a few random changes to its bytes, its lines, its fields or what it is wrapped in.

The same seed and round always make the same file.
"""

import random
from collections.abc import Callable

from tests.builders import bgzipped, gzipped, zipped
from tests.fuzz.seeds import BAM, SEEDS

_WORDS = (
    *(b"\t", b"\n", b"\r\n", b" ", b",", b";", b":", b"=", b"#", b"##", b'"', b"<", b">", b"|", b"/"),
    *(b".", b"-", b"-1", b"0", b"1", b"4294967296", b"99999999999999999999", b"1e309", b"nan"),
    *(b"GT", b"0/1", b"./.", b"1|1|1", b"<DEL>", b"*", b"N" * 300, b"A,T,G,C" * 40, b"END=1"),
    *(b"chr", b"MT", b"X", b"build 38", b"\xe5\x90\x8d", b"@SQ\tSN:1\tLN:1\n"),
    *(b"##contig=<ID=1,length=1>\n", b"##fileformat=VCFv4.3\n"),
)
_TOKENS = (
    *_WORDS,
    *(b"\0", b"\r", b"\xff", b"\xc3\x28", b"\xef\xbb\xbf"),
    *(b"\x1f\x8b\x08\x04", b"PK\x03\x04", b"BAM\x01", b"CRAM\x03\x00", b"BCF\x02\x02"),
)
_BYTES = bytes((0, 1, 0x7F, 0x80, 0xFE, 0xFF))
_MOST = 1 << 18
_INSIDE = {
    **{name: data for name, data in SEEDS.items() if "," not in name and data[:2] != b"\x1f\x8b"},
    "BAM": BAM,
}

Change = Callable[[random.Random, bytes], bytes]


def bent(seed: int, number: int) -> bytes:
    """The file of one round."""
    chance = random.Random(f"{seed}:{number}")  # noqa: S311 (no secret)
    if chance.random() < 0.5:
        return _changed(chance, chance.choice(list(SEEDS.values())))
    inside = _changed(chance, chance.choice(list(_INSIDE.values())))
    wrap = chance.choice((bgzipped, gzipped, _zipped, _in_two, bytes))
    packed = wrap(inside)
    return _changed(chance, packed) if chance.random() < 0.2 else packed


def _changed(chance: random.Random, data: bytes) -> bytes:
    changes = chance.choice((GENTLE, CHANGES))
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        data = chance.choice(changes)(chance, data)
    return data[:_MOST]


def _zipped(data: bytes) -> bytes:
    return zipped(("a.txt", data))


def _in_two(data: bytes) -> bytes:
    return gzipped(data[: len(data) // 2]) + gzipped(data[len(data) // 2 :])


def _flip(chance: random.Random, data: bytes) -> bytes:
    if not data:
        return data
    at = chance.randrange(len(data))
    return data[:at] + bytes((data[at] ^ 1 << chance.randrange(8),)) + data[at + 1 :]


def _set(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + bytes((chance.choice(_BYTES),)) + data[at + 1 :]


def _insert(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(_TOKENS) + data[at:]


def _insert_word(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(_WORDS) + data[at:]


def _cut(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + data[at + chance.choice((1, 2, 4, 16, 100)) :]


def _shorten(chance: random.Random, data: bytes) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _repeat(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data) + 1)
    piece = data[at : at + chance.choice((1, 8, 64, 400))]
    return data[:at] + piece * chance.choice((2, 3, 50)) + data[at:]


def _splice(chance: random.Random, data: bytes) -> bytes:
    other = chance.choice(list(SEEDS.values()))
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1) :]


def _swap_lines(chance: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def _change_field(chance: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    at = chance.randrange(len(lines))
    fields = lines[at].split(b"\t")
    fields[chance.randrange(len(fields))] = chance.choice(_WORDS)
    lines[at] = b"\t".join(fields)
    return b"\n".join(lines)


def _change_number(chance: random.Random, data: bytes) -> bytes:
    """Four bytes somewhere as a number that sizes are mistaken for."""
    at = chance.randrange(len(data) + 1)
    number = chance.choice((0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 20, len(data)))
    return data[:at] + number.to_bytes(4, "little") + data[at + 4 :]


GENTLE: tuple[Change, ...] = (_change_field, _insert_word, _swap_lines, _repeat, _cut)  # text stays text
CHANGES: tuple[Change, ...] = (
    *(_flip, _set, _insert, _cut, _shorten, _repeat, _splice, _swap_lines),
    *(_change_field, _change_number),
)
