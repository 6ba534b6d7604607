"""Sealed bytes: any range opens, and whatever was done to them on the shelf is refused."""

import io
import os
import random
from collections.abc import Iterator

import pytest

from genomics._vault import segments
from genomics._vault.segments import Opened, Sealing
from genomics.errors import VaultSealed

KEY, NAME = b"k" * 32, "files/one/upload"


def sealed(data: bytes, *, key: bytes = KEY, name: str = NAME) -> tuple[bytes, bytes]:
    """The blob, and the hash of its manifest."""
    sealing = Sealing(io.BytesIO(data), key, name, segment=64)
    return b"".join(sealing), sealing.manifest.sha256


def opened(blob: bytes, sha256: bytes, *, key: bytes = KEY, name: str = NAME) -> Opened:
    def get(offset: int, length: int | None) -> bytes:
        return blob[offset:] if length is None else blob[offset : offset + length]

    return Opened(get, key, name, sha256)


@pytest.mark.parametrize("length", [0, 1, 63, 64, 65, 128, 1000])
def test_what_was_sealed_comes_back(length: int):
    data = os.urandom(length)
    assert opened(*sealed(data)).read() == data


def test_a_thousand_random_ranges_equal_a_full_opening():
    draw, data = random.Random(4), os.urandom(5000)  # noqa: S311 - which ranges, no secret
    whole = opened(*sealed(data))
    for _ in range(1000):
        offset, length = draw.randrange(0, 5200), draw.randrange(0, 700)
        assert whole.read(offset, length) == data[offset : offset + length]


def test_a_range_reads_only_the_segments_it_lies_in():
    blob, sha256 = sealed(os.urandom(64 * 100))
    asked: list[int | None] = []

    def get(offset: int, length: int | None) -> bytes:
        asked.append(length)
        return blob[offset:] if length is None else blob[offset : offset + length]

    there = Opened(get, KEY, NAME, sha256)
    asked.clear()
    there.read(64 * 50 + 60, 8)
    assert asked == [64, 64]


DATA = os.urandom(64 * 4 + 10)
GOOD = sealed(DATA)


def attacks() -> Iterator[tuple[str, bytes]]:
    data, (blob, _) = DATA, GOOD
    head, tail = blob[:16], blob[16 + len(data) :]
    parts = [blob[16 + i : 16 + min(len(data), i + 64)] for i in range(0, len(data), 64)]
    entries = [tail[i : i + 28] for i in range(0, len(tail), 28)]
    for at in range(0, len(blob), 7):
        flipped = bytearray(blob)
        flipped[at] ^= 1
        yield f"a bit flipped at {at}", bytes(flipped)
    for order in ([1, 0, 2, 3, 4], [0, 2, 1, 3, 4], [0, 0, 2, 3, 4]):
        yield f"segments {order}", head + b"".join(parts[i] for i in order) + tail
        both = b"".join(parts[i] for i in order) + b"".join(entries[i] for i in order)
        yield f"segments and entries {order}", head + both
    shorter = segments._HEAD.pack(b"GBV2", 64, 64 * 4)
    yield "the last one dropped, and the head to match", shorter + b"".join(parts[:4] + entries[:4])
    first = segments._HEAD.pack(b"GBV2", 64, 64 * 3 + 10)
    yield "the first one dropped, and the head to match", first + b"".join(parts[1:] + entries[1:])
    longer = segments._HEAD.pack(b"GBV2", 64, 64 * 5 + 10)
    yield "one repeated, and the head to match", longer + b"".join([parts[0], *parts, entries[0], *entries])
    for length in (0, 3, 16, 17, len(blob) // 2, len(blob) - 28, len(blob) - 1):
        yield f"cut after {length}", blob[:length]
    yield "something added", blob + b"x"
    yield "another version of the same name, put back", sealed(data)[0]
    yield "an older text of the same name, put back", sealed(os.urandom(len(data)))[0]
    yield "somebody else's", sealed(data, key=b"e" * 32)[0]
    yield "another file of hers", sealed(data, name="files/two/upload")[0]
    yield "a head that claims the world", segments._HEAD.pack(b"GBV2", 1, 2**60) + blob[16:]
    yield "the first format", b"GBV1" + blob[4:]


ATTACKS = dict(attacks())


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_was_done_to_it_on_the_shelf_is_refused(attack: str):
    blob, sha256 = GOOD
    assert opened(blob, sha256).read()
    with pytest.raises(VaultSealed):
        opened(ATTACKS[attack], sha256).read()


def test_each_guard_holds_alone():
    """The manifest's hash, the binding of the name, and the tags: the last two hold without the first."""
    data = os.urandom(300)
    for key, name in ((b"e" * 32, NAME), (KEY, "files/two/upload")):
        blob, sha256 = sealed(data, key=key, name=name)
        with pytest.raises(VaultSealed):
            opened(blob, sha256).read()  # its own manifest, and still not hers
    blob, sha256 = sealed(data)
    parts = [blob[16 + i : 16 + min(300, i + 64)] for i in range(0, 300, 64)]
    entries = [blob[316 + i : 344 + i] for i in range(0, 28 * 5, 28)]
    swapped = [1, 0, 2, 3, 4]
    forged = segments.Manifest(64, 300, b"".join(entries[i] for i in swapped))
    body = forged.head + b"".join(parts[i] for i in swapped) + forged.entries
    with pytest.raises(VaultSealed):
        opened(body, forged.sha256).read()


def test_the_source_may_not_change_its_length_on_the_way():
    class Growing(io.BytesIO):
        def seek(self, offset: int, whence: int = 0) -> int:
            end = super().seek(offset, whence)
            return end - 1 if whence == os.SEEK_END else end

    class Shrinking(Growing):
        def seek(self, offset: int, whence: int = 0) -> int:
            end = io.BytesIO.seek(self, offset, whence)
            return end + 1 if whence == os.SEEK_END else end

    for source in (Growing(b"x" * 100), Shrinking(b"x" * 100)):
        with pytest.raises(VaultSealed, match="send it again"):
            list(Sealing(source, KEY, NAME, segment=64))


def test_a_source_that_gives_little_at_a_time_is_sealed_whole():
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 0, 7) if size != -1 else -1)

    sealing = Sealing(Slow(bytes(range(200))), KEY, NAME, segment=64)
    assert opened(b"".join(sealing), sealing.manifest.sha256).read() == bytes(range(200))


def test_one_segment_at_a_time_is_in_memory():
    sealing = Sealing(io.BytesIO(bytes(64 * 1000)), KEY, NAME, segment=64)
    assert max(len(piece) for piece in sealing if len(piece) != 28 * 1000) <= 64
