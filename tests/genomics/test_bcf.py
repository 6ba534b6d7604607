"""BCF: htslib writes it, we read it back, and it is the very column of the VCF it was made from."""

import io
import struct
from pathlib import Path

import pysam
import pytest

from genomics import formats
from genomics.errors import FileReason, FileRefused
from genomics.formats import DEFAULT, Limits
from genomics.formats.bam import Content
from genomics.formats.bcf import as_text
from genomics.formats.unpack import unpack
from tests.builders import COLUMNS, bgzipped, vcf_text

META = (
    '##INFO=<ID=END,Number=1,Type=Integer,Description="htslib writes it beside symbols">',
    '##INFO=<ID=AC,Number=A,Type=Integer,Description="x">',
    '##INFO=<ID=DB,Number=0,Type=Flag,Description="x">',
    '##INFO=<ID=TXT,Number=1,Type=String,Description="x">',
    '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="x">',
    '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="x">',
    '##FORMAT=<ID=GL,Number=G,Type=Float,Description="x">',
    '##FILTER=<ID=q10,Description="x">',
)
LINES = (
    "20\t100\trs1;rs2\tA\tT\t12.5\tPASS\tAC=1;DB;TXT=hello\tGT:DP\t0|1:70000",
    "20\t200\t.\tCAG\tC,CTG\t.\tq10\tAC=1,.\tGT:AD\t1/2:1,300,.",
    "20\t300\t.\tG\t.\t.\t.\t.\tGT\t0/0",
    "20\t400\t.\tG\tA\t.\t.\t.\tGT:GL\t./.:-1.5,.,0",
    "20\t500\t.\tG\t<DEL>,T\t.\t.\t.\tGT\t1/2",
    "X\t70000000\t.\tG\tA\t.\t.\t.\tGT\t1",
    "X\t70000001\t." + "\tG" * 1 + "\t" + "A" * 40 + "\t.\t.\t.\tGT\t0/1",
)  # fmt: skip


@pytest.fixture
def bcf(tmp_path: Path) -> bytes:
    return written(vcf_text(LINES, meta=META), tmp_path)


def written(text: bytes, folder: Path) -> bytes:
    """The BCF of a VCF, as htslib writes it."""
    (folder / "a.vcf").write_bytes(text)
    with (
        pysam.VariantFile(str(folder / "a.vcf")) as source,
        pysam.VariantFile(str(folder / "a.bcf"), "wb", header=source.header) as made,
    ):
        for record in source:
            made.write(record)
    return (folder / "a.bcf").read_bytes()


def unpacked(data: bytes) -> bytes:
    return b"".join(unpack(io.BytesIO(data), limits=DEFAULT))


def refusal(data: bytes, limits: Limits = DEFAULT) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        formats.read(data, limits=limits)
    return caught.value


def test_a_bcf_is_the_column_of_its_vcf(bcf: bytes) -> None:
    usual = formats.read(vcf_text(LINES, meta=META))
    profile = formats.read(bcf)
    assert profile.kind == "bcf"
    assert profile.column.sha256 == usual.column.sha256
    assert len(profile.column) >= 8


def test_it_is_written_out_as_htslib_would(bcf: bytes, tmp_path: Path) -> None:
    text = b"".join(as_text(Content(iter([unpacked(bcf)])), DEFAULT))
    with pysam.VariantFile(str(tmp_path / "a.vcf")) as source:
        theirs = [str(record).encode().rstrip(b"\n") for record in source]
    theirs = [line.replace(b"END=500", b".") for line in theirs]
    text = text.replace(b"END=500", b".")
    ours = [line for line in text.split(b"\n") if line and not line.startswith(b"#")]
    assert ours == theirs


def test_a_record_cut_short_anywhere_is_refused(bcf: bytes) -> None:
    whole = unpacked(bcf)
    for cut in range(len(whole) - 60, len(whole)):
        assert refusal(bgzipped(whole[:cut])).reason is FileReason.TRUNCATED


def test_no_bent_byte_does_worse_than_be_refused(bcf: bytes) -> None:
    whole = unpacked(bcf)
    start = whole.index(b"\0", 9)
    for at in range(start, len(whole)):
        for bent in (0xFF, 0x00, whole[at] ^ 0x80):
            try:
                formats.read(whole[:at] + bytes((bent,)) + whole[at + 1 :])
            except FileRefused:
                continue


def test_indices_cost_no_memory_and_sizes_are_not_believed(bcf: bytes) -> None:
    whole = unpacked(bcf)
    huge = whole.replace(b'Integer,Description="x",IDX=3', b"Integer,IDX=500000000        ", 1)
    assert len(huge) == len(whole)
    assert refusal(huge).reason is FileReason.DAMAGED  # AC is 1 in the records
    assert (
        refusal(b"BCF\x02\x02" + struct.pack("<I", 0xFFFFFFF0) + b"##").reason is FileReason.HEADER_TOO_LONG
    )
    assert refusal(b"BCF\x02\x07" + bytes(20)).reason is FileReason.VERSION


def test_two_samples_are_a_policy(tmp_path: Path) -> None:
    text = f"##fileformat=VCFv4.2\n##contig=<ID=20,length=63025520>\n{META[4]}\n".encode()
    text += b'##FORMAT=<ID=GT,Number=1,Type=String,Description="x">\n' + f"{COLUMNS}A\tB\n".encode()
    text += b"20\t100\t.\tA\tT\t.\t.\t.\tGT\t0/1\t0/0\n"
    assert refusal(written(text, tmp_path)).reason is FileReason.MULTI_SAMPLE
