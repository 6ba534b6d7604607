"""Whatever a file is wrapped in comes out whole; what is damaged, cut, odd or a bomb does not."""

import contextlib
import gzip
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genomics import formats
from genomics.coordinates import Build
from genomics.errors import FileReason, FileRefused
from genomics.formats import blocks
from genomics.formats.limits import DEFAULT, Limits
from genomics.formats.lines import Lines
from genomics.formats.unpack import unpack
from tests.builders import array, bgzipped, gzipped, vcf, zipped

TEXT = vcf([("20", 100 + at, "A", "T", "0/1") for at in range(3000)])


def unpacked(data: bytes, limits: Limits = DEFAULT) -> bytes:
    return b"".join(unpack(io.BytesIO(data), limits=limits))


def refusal(data: bytes, limits: Limits = DEFAULT) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        unpacked(data, limits)
    return caught.value


@pytest.mark.parametrize(
    "packed",
    [
        TEXT,
        gzipped(TEXT),
        gzipped(TEXT[:500]) + gzipped(TEXT[500:]),
        bgzipped(TEXT),
        bgzipped(TEXT, block=1000),
        zipped(("genome.txt", TEXT)),
        zipped(("folder/", b""), ("folder/genome.txt", TEXT), ("__MACOSX/._genome.txt", b"\0")),
    ],
    ids=["plain", "gzip", "two gzips", "bgzip", "small bgzip", "zip", "zip from a Mac"],
)
def test_the_same_text_comes_out_of_every_wrapping(packed: bytes) -> None:
    assert unpacked(packed) == TEXT
    assert formats.read(packed).column.to_bytes() == formats.read(TEXT).column.to_bytes()
    assert formats.read(io.BytesIO(packed)).quality.sites == 3000


class _Trickle(io.RawIOBase):
    """A stream that gives a few bytes at a time, as a slow line does."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self._data.read(min(size, 7) if size >= 0 else 7)


@pytest.mark.parametrize("packed", [TEXT, gzipped(TEXT), bgzipped(TEXT), zipped(("a.txt", TEXT))])
def test_a_stream_may_trickle(packed: bytes) -> None:
    assert b"".join(unpack(_Trickle(packed), limits=DEFAULT)) == TEXT  # type: ignore[arg-type]


@pytest.mark.parametrize("cut", [1, 5, 9, 100, -1, -9])
def test_a_gzip_cut_short_is_refused(cut: int) -> None:
    assert refusal(gzipped(TEXT)[: cut + 9 if cut > 0 else cut]).reason is FileReason.TRUNCATED


def test_a_bgzip_cut_between_blocks_is_refused_though_each_block_is_whole() -> None:
    assert unpacked(bgzipped(TEXT, block=1000)) == TEXT
    assert refusal(bgzipped(TEXT, block=1000, whole=False)).reason is FileReason.TRUNCATED


def test_damage_and_leftovers_are_refused() -> None:
    packed = bytearray(gzipped(TEXT))
    packed[-6] ^= 1  # the checksum
    assert refusal(bytes(packed)).reason is FileReason.DAMAGED
    assert refusal(gzipped(TEXT) + b"garbage").reason is FileReason.TRAILING_BYTES
    assert refusal(bgzipped(TEXT) + b"x").reason is FileReason.TRAILING_BYTES
    assert refusal(gzipped(TEXT) + b"\0" * 10).reason is FileReason.TRAILING_BYTES


def test_nothing_at_all_is_refused() -> None:
    assert refusal(b"").reason is FileReason.EMPTY
    for nothing in (gzipped(b""), b"\n\n\n", zipped(("a.txt", b"")), b"\xef\xbb\xbf"):
        with pytest.raises(FileRefused) as caught:
            formats.read(nothing)
        assert caught.value.reason is FileReason.EMPTY


@pytest.mark.parametrize(
    "members",
    [
        (),
        (("a.txt", TEXT), ("b.txt", TEXT)),
        (("../a.txt", TEXT),),
        (("/a.txt", TEXT),),
        (("c:\\a.txt", TEXT),),
        (("a.zip", zipped(("a.txt", TEXT))),),
        (("a.txt.gz", gzipped(TEXT)),),
        tuple((f"{at}.txt", b"") for at in range(200)),
    ],
    ids=[
        "none",
        "two",
        "out of its folder",
        "from the root",
        "a drive",
        "zip in zip",
        "gzip in zip",
        "very many",
    ],
)
def test_a_zip_holds_one_plain_file_and_nothing_else(members: tuple[tuple[str, bytes], ...]) -> None:
    assert refusal(zipped(*members)).reason is FileReason.ARCHIVE


def test_a_zip_that_is_locked_or_packed_otherwise_is_refused() -> None:
    locked = bytearray(zipped(("a.txt", TEXT)))
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(signature) + at] |= 1
    assert refusal(bytes(locked)).reason is FileReason.ARCHIVE
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.txt", TEXT)
    assert refusal(buffer.getvalue()).reason is FileReason.ARCHIVE


def test_a_bomb_is_refused_before_it_has_grown() -> None:
    letters = b"A" * (40 << 20)
    for bomb in (gzipped(letters), zipped(("a.txt", letters)), bgzipped(letters)):
        came_out: list[int] = []
        chunks = unpack(io.BytesIO(bomb), limits=Limits(ratio_from=1 << 20))
        with pytest.raises(FileRefused) as caught:
            came_out.extend(len(chunk) for chunk in chunks)
        assert caught.value.reason is FileReason.BOMB
        assert sum(came_out) < 16 << 20


def test_a_bgzip_tells_its_size_before_anything_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = io.BytesIO(b"before" + bgzipped(TEXT, block=1000))
    packed.seek(6)
    assert blocks.announced(packed) == len(TEXT)
    assert packed.tell() == 6
    monkeypatch.setattr("zlib.decompressobj", None)
    assert refusal(bgzipped(TEXT), Limits(unpacked=len(TEXT) - 1)).reason is FileReason.TOO_LARGE


@pytest.mark.parametrize(
    "data",
    [TEXT, gzipped(TEXT), b"", bgzipped(TEXT)[:-5], bgzipped(TEXT)[:7], bgzipped(TEXT) + gzipped(TEXT)],
)
def test_other_wrappings_announce_nothing(data: bytes) -> None:
    assert blocks.announced(io.BytesIO(data)) is None


@pytest.mark.parametrize("stated", [0, 17, 25, 100, 0xFFFF])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_block_that_is_not_as_long_as_it_states_is_damaged(stated: int, which: int) -> None:
    """Others go from block to block by that number: what they would see is not what was read."""
    packed = bytearray(bgzipped(TEXT, block=len(TEXT) // 2 + 1))
    begins = [at for at in range(len(packed)) if packed[at : at + 4] == b"\x1f\x8b\x08\x04"]
    assert len(begins) == 3
    packed[begins[which] + 16 : begins[which] + 18] = stated.to_bytes(2, "little")
    if which or stated >= 25:
        assert refusal(bytes(packed)).reason is FileReason.DAMAGED
    else:  # a first block that cannot be one: a gzip like any other
        assert unpacked(bytes(packed)) == TEXT


def test_what_is_no_block_among_the_blocks_of_a_bgzip_is_damaged() -> None:
    head, rest = bgzipped(TEXT[:99], whole=False), TEXT[99:]
    assert refusal(head + gzipped(rest) + bgzipped(b"")).reason is FileReason.DAMAGED
    assert unpacked(gzipped(TEXT[:99]) + bgzipped(rest)) == TEXT


def test_a_block_that_lies_about_its_size_is_damaged() -> None:
    packed = bytearray(bgzipped(TEXT, block=len(TEXT)))
    end = len(packed) - len(bgzipped(b""))
    packed[end - 4 : end] = (5).to_bytes(4, "little")
    assert blocks.announced(io.BytesIO(packed)) == 5
    assert refusal(bytes(packed)).reason is FileReason.DAMAGED


def test_honest_genotypes_are_no_bomb() -> None:
    quiet = vcf([("20", 100 + at, "A", "T", "0/0") for at in range(60_000)])
    assert unpacked(gzip.compress(quiet, 9), Limits(ratio_from=0)) == quiet


@pytest.mark.parametrize(
    ("limits", "data", "reason"),
    [
        (Limits(packed=100), TEXT, FileReason.TOO_LARGE),
        (Limits(unpacked=1000), gzipped(TEXT), FileReason.TOO_LARGE),
        (Limits(unpacked=1000), zipped(("a.txt", TEXT)), FileReason.TOO_LARGE),
        (Limits(empty_blocks=5), gzipped(b"") * 7 + gzipped(TEXT), FileReason.BOMB),
        (Limits(line=50), vcf([("20", 5, "A" * 60, "T", "0/1")]), FileReason.LINE_TOO_LONG),
        (Limits(header=100), TEXT, FileReason.HEADER_TOO_LONG),
        (Limits(records=2999), TEXT, FileReason.TOO_MANY_RECORDS),
        (
            Limits(records=1),
            array([("rs1", "1", 5, "AA"), ("rs2", "1", 6, "AA")]),
            FileReason.TOO_MANY_RECORDS,
        ),
        (Limits(alleles=2), vcf([("20", 5, "A", "C,G,T", "0/1")]), FileReason.TOO_MANY_ALLELES),
        (Limits(allele_text=20), vcf([("20", 5, "A", "C" * 30, "0/1")]), FileReason.TOO_MANY_ALLELES),
        (Limits(contigs=3), TEXT, FileReason.HEADER_TOO_LONG),
    ],
)
def test_every_limit_is_kept(limits: Limits, data: bytes, reason: FileReason) -> None:
    with pytest.raises(FileRefused) as caught:
        formats.read(data, limits=limits)
    assert caught.value.reason is reason


# Lines


def lines_of(chunks: list[bytes], limits: Limits = DEFAULT) -> list[tuple[int, bytes]]:
    return [(block.first, block.text) for block in Lines(iter(chunks), limits=limits)]


@given(st.text("ab\r\n", max_size=40), st.integers(1, 5))
@settings(deadline=None)
def test_lines_are_the_same_however_the_bytes_come(text: str, size: int) -> None:
    data = text.encode()
    blocks = lines_of([data[at : at + size] for at in range(0, len(data), size)])
    joined = b"".join(block for _, block in blocks)
    plain = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").encode()
    assert joined == (plain + b"\n" if plain else b"")
    number = 1
    for first, block in blocks:
        assert first == number
        assert block.endswith(b"\n")
        number += block.count(b"\n")


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        (b"a\nb\0\nc\n", FileReason.NUL_BYTES, 2),
        (b"a\nb\nc\x07\n", FileReason.ENCODING, 3),
        (b"a\n\xe4\n", FileReason.ENCODING, 2),
        (b"a\n" + b"x" * 11 + b"\n", FileReason.LINE_TOO_LONG, 2),
        (b"a\nb\n" + b"x" * 11, FileReason.LINE_TOO_LONG, 3),
        (b"a\n" + b"\n" * 20, FileReason.BLANK_LINE, 2),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_what_no_text_file_has_is_found_with_its_line(
    text: bytes, reason: FileReason, line: int, size: int
) -> None:
    with pytest.raises(FileRefused) as caught:
        lines_of([text[at : at + size] for at in range(0, len(text), size)], Limits(line=10))
    assert (caught.value.reason, caught.value.line) == (reason, line)


# Kinds


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<!DOCTYPE html><html>...", FileReason.HTML),
        (b"\n  <html lang=en>", FileReason.HTML),
        (b"CRAM\x03\x00" + b"\0" * 50, FileReason.NO_REFERENCE),
        (b"crypt4gh\x01\0\0\0", FileReason.KIND_NOT_TAKEN),
        (b"@HD\tVN:1.6\n", FileReason.NOTHING_COMPARABLE),
        (b"rsid\tchromosome\tposition\tgenotype_other\nrs1\t1\t5\tA A\n", FileReason.UNKNOWN_KIND),
        (b"[Header]\nContent\tx\n", FileReason.UNKNOWN_KIND),
        (b"%PDF-1.7\n", FileReason.NOT_TEXT),
        (b"\x89PNG\r\n\x1a\n", FileReason.NOT_TEXT),
        (b"BZh91AY&SY", FileReason.NOT_TEXT),
        (gzipped(gzipped(TEXT)), FileReason.NOT_TEXT),
        ("rsid\tchromosome".encode("utf-16"), FileReason.ENCODING),
        (b"Dear Sir or Madam,\n", FileReason.UNKNOWN_KIND),
        (b"\x00\x01\x02", FileReason.NUL_BYTES),
    ],
)
def test_what_is_not_ours_to_read_is_named(data: bytes, reason: FileReason) -> None:
    with pytest.raises(FileRefused) as caught:
        formats.read(data, assume=Build.GRCh37)
    assert caught.value.reason is reason


# Any bytes whatever


@given(st.data())
@settings(deadline=None, max_examples=200)
def test_mutilated_files_are_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([TEXT[:900], array([("rs1", "1", 5, "AG"), ("rs2", "X", 9, "A")])]))
    packed = data.draw(st.sampled_from([text, gzipped(text), bgzipped(text), zipped(("a.txt", text))]))
    bent = bytearray(packed)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(bent)))
        match data.draw(st.integers(0, 2)):
            case 0:
                bent[at : at + 1] = data.draw(st.binary(max_size=3))
            case 1:
                del bent[at : at + data.draw(st.integers(1, 40))]
            case _:
                bent[at:at] = data.draw(
                    st.sampled_from([b"\t", b"\n", b"\r", b"\0", b" ", b"#", b"\xff", b"1"])
                )
    with contextlib.suppress(FileRefused):
        formats.read(bytes(bent), assume=Build.GRCh37)
