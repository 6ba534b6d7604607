"""The copy that is kept says the same of the genotypes, and names nobody."""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pysam
import pysam.bcftools
import pytest

from genomics import formats
from genomics.coordinates import Build
from genomics.errors import FileReason, FileRefused
from genomics.intake import sandbox
from genomics.intake.walled import cleaning, wire
from genomics.intake.walled.alike import Tally
from tests.builders import array, bgzipped, gzipped, vcf_text, zipped
from tests.fuzz.bending import bent
from tests.fuzz.seeds import SAM

META = (
    "##reference=file:///Users/janedoe/hs37d5.fa",
    "##SAMPLE=<ID=JaneDoe,Description=secret>",
    "##bcftools_viewCommand=view JaneDoe.bcf",
    "##note=some words about JaneDoe",
    '##INFO=<ID=DP,Number=1,Type=Integer,Description="Depth">',
)
VCF = vcf_text(
    (f"20\t{1000 + at}\t.\tA\tT\t.\tPASS\tDP=9\tGT\t0/1" for at in range(4000)), meta=META, sample="JaneDoe"
)
RAW = array(
    [("rs1", "1", 100, "AG"), ("rs2", "X", 200, "A")],
    comments=("raw data of Jane Doe from 23andMe", "born 1980-03-12", "janedoe@example.org", "build 37"),
)
SECRETS = (b"JaneDoe", b"janedoe", b"Jane", b"1980-03", b"secret", b"Doe")


def named(content: bytes, name: str) -> bytes:
    """A gzip that carries the name of the file it was made of."""
    out = io.BytesIO()
    with gzip.GzipFile(name, "wb", fileobj=out, mtime=0) as packed:
        packed.write(content)
    return out.getvalue()


def clean(data: bytes) -> bytes:
    return b"".join(cleaning.cleaned(io.BytesIO(data)))


def content(data: bytes) -> bytes:
    if data.startswith(b"\x1f\x8b"):
        return gzip.decompress(data)
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            (member,) = archive.infolist()
            return member.filename.encode() + b"\n" + archive.read(member)
    return data


@pytest.mark.parametrize(
    "data",
    [
        *(
            VCF,
            gzipped(VCF),
            named(VCF, "JaneDoe.vcf"),
            bgzipped(VCF),
            bgzipped(VCF, block=100),
            bgzipped(VCF, block=7),
        ),
        *(zipped(("genome_Jane_Doe_v5.vcf", VCF)), gzipped(VCF[:700]) + gzipped(VCF[700:])),
        *(RAW, gzipped(RAW), named(RAW, "genome_Jane_Doe.txt"), zipped(("genome_Jane_Doe_Full.txt", RAW))),
        *(b"\xef\xbb\xbf" + RAW, RAW.replace(b"\n", b"\r\n"), RAW.replace(b"\n", b"\r")),
    ],
)
def test_the_same_genotypes_are_kept_and_no_name(data: bytes) -> None:
    kept = clean(data)
    before, after = formats.read(data), formats.read(kept)
    assert after.column.to_bytes() == before.column.to_bytes()
    assert (after.build, after.kind, after.quality) == (before.build, before.kind, before.quality)
    assert not [secret for secret in SECRETS if secret in kept or secret in content(kept)]
    assert kept[:2] == data[:2] or data.startswith(b"\x1f\x8b") == kept.startswith(b"\x1f\x8b")
    assert content(clean(kept)) == content(kept)


def test_lines_keep_their_numbers_and_records_their_bytes() -> None:
    kept = clean(VCF)
    assert kept.count(b"\n") == VCF.count(b"\n")
    assert kept[kept.index(b"\n20\t") :] == VCF[VCF.index(b"\n20\t") :]


def test_the_blocks_of_a_bgzip_behind_its_head_are_copied() -> None:
    data = bgzipped(VCF, block=2000)
    kept = clean(data)
    assert kept[-len(data) // 4 :] == data[-len(data) // 4 :]
    assert formats.read(kept).quality.sites == 4000


def packed_block(data: bytes, extra: bytes, *, flags: int = 4, name: bytes = b"", time: int = 0) -> bytes:
    """A gzip member with these extra fields, as bgzip writes it but for them."""
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    body = deflate.compress(data) + deflate.flush()
    head = struct.pack("<4sIBBH", b"\x1f\x8b\x08" + bytes([flags]), time, 0, 0xFF, 6 + len(extra))
    size = len(head) + 6 + len(extra) + len(name) + len(body) + 8
    field = struct.pack("<2sHH", b"BC", 2, size - 1)
    return head + field + extra + name + body + struct.pack("<II", zlib.crc32(data), len(data))


LAST = bgzipped(b"")


def test_nothing_that_blocks_carry_beside_their_size_is_kept() -> None:
    half = len(VCF) // 2
    times = b"".join(
        packed_block(VCF[at : at + 9000], b"", time=int.from_bytes(b"Jane", "little"))
        for at in range(0, len(VCF), 9000)
    )
    extra = b"".join(
        packed_block(one, struct.pack("<2sH7s", b"XX", 7, b"JaneDoe")) for one in (VCF[:half], VCF[half:])
    )
    for data in (times + LAST, extra + LAST):
        assert b"Jane" in data
        kept = clean(data)
        assert formats.read(kept).column.to_bytes() == formats.read(data).column.to_bytes()
        assert not [secret for secret in SECRETS if secret in kept or secret in content(kept)]
    named_later = bgzipped(VCF[:9000], whole=False) + packed_block(
        VCF[9000:], b"", flags=0x0C, name=b"JaneDoe\0"
    )
    with pytest.raises(FileRefused) as caught:
        formats.read(named_later + LAST)
    assert caught.value.reason is FileReason.DAMAGED


@pytest.mark.parametrize("stated", [0, 25, 26, 300])
def test_a_bgzip_whose_blocks_are_not_as_long_as_they_state_never_loses_records(stated: int) -> None:
    """It went on from block to block by what they state, and what was kept ended where these led nowhere."""
    data = bytearray(bgzipped(VCF, block=2000))
    begins = [at for at in range(len(data)) if data[at : at + 4] == b"\x1f\x8b\x08\x04"]
    for at in (begins[0], begins[1], begins[len(begins) // 2]):
        bent_one = bytes(data[: at + 16]) + stated.to_bytes(2, "little") + bytes(data[at + 18 :])
        try:
            before = formats.read(bent_one)
        except FileRefused:
            continue
        assert formats.read(clean(bent_one)).column.to_bytes() == before.column.to_bytes()


@pytest.mark.parametrize("form", ["wb", "wc"])
def test_alignments_keep_their_reads_and_lose_their_names(form: str, tmp_path: Path) -> None:
    header = {
        "HD": {"VN": "1.6"},
        "SQ": [{"SN": "20", "LN": 63025520, "UR": "/Users/janedoe/ref.fa"}],
        "RG": [{"ID": "1", "SM": "JaneDoe", "LB": "Doe", "PL": "ILLUMINA"}],
        "PG": [{"ID": "bwa", "PN": "bwa", "CL": "bwa mem JaneDoe_1.fq"}],
        "CO": ["secret words"] * 300,
    }
    path, out = tmp_path / "a", tmp_path / "b"
    options = [b"no_ref=1"] if form == "wc" else []
    with pysam.AlignmentFile(str(path), form, header=header, format_options=options) as file:
        for at in range(3):
            read = pysam.AlignedSegment(file.header)
            read.query_name, read.query_sequence, read.flag = f"r{at}", "ACGT", 0
            read.reference_id, read.reference_start, read.cigarstring = 0, 1000 + at, "4M"
            read.set_tag("RG", "1")
            file.write(read)
    out.write_bytes(clean(path.read_bytes()))
    with pysam.AlignmentFile(str(out), check_sq=False) as file:
        text = str(file.header)
        reads = [
            (read.query_name, read.query_sequence, read.get_tag("RG")) for read in file.fetch(until_eof=True)
        ]
    assert reads == [(f"r{at}", "ACGT", "1") for at in range(3)]
    assert "PL:ILLUMINA" in text
    assert not [secret for secret in SECRETS if secret.decode() in text]


def test_the_head_of_a_bcf_is_cleaned(tmp_path: Path) -> None:
    plain, path, out = tmp_path / "a.vcf", tmp_path / "a.bcf", tmp_path / "b.bcf"
    plain.write_bytes(VCF)
    with (
        pysam.VariantFile(str(plain)) as given,
        pysam.VariantFile(str(path), "wb", header=given.header) as bcf,
    ):
        for record in given:
            bcf.write(record)
    out.write_bytes(clean(path.read_bytes()))
    with pysam.VariantFile(str(out)) as file:
        assert list(file.header.samples) == ["removed"]
        assert not [secret for secret in SECRETS if secret.decode() in str(file.header)]
        assert sum(1 for _ in file) == 4000


def test_the_text_of_a_sam_is_cleaned() -> None:
    kept = clean(SAM.replace(b"SM:S1", b"SM:JaneDoe").replace(b"of somebody", b"of Jane Doe"))
    assert not [secret for secret in SECRETS if secret in kept]
    assert kept[kept.index(b"\nr1\t") :] == SAM[SAM.index(b"\nr1\t") :]


def test_a_copy_is_made_behind_the_walls() -> None:
    data = zipped(("genome_Jane_Doe_Full.txt", RAW))
    assert content(sandbox.cleaned(data).read()) == content(clean(data))
    stream = io.BytesIO(data)
    stream.read()
    assert content(sandbox.cleaned(stream).read()) == content(clean(data))


def test_every_bent_file_that_is_read_can_be_kept() -> None:
    kept = 0
    for number in range(1500):
        data = bent(11, number)
        try:
            before = formats.read(data)
        except FileRefused:
            continue
        tally = Tally(found=tuple({one.detail for one in before.findings}))
        copy = b"".join(cleaning.cleaned(io.BytesIO(data), tally))
        assert formats.read(copy).column.sha256 == before.column.sha256, number
        assert (tally.alike, tally.content) == (True, before.unpacked), number
        kept += 1
    assert kept > 40


def tallied(data: bytes) -> Tally:
    tally = Tally()
    list(cleaning.cleaned(io.BytesIO(data), tally))
    return tally


@pytest.mark.parametrize("data", [VCF, gzipped(VCF), bgzipped(VCF, block=2000), zipped(("a.vcf", VCF)), RAW])
def test_as_much_is_kept_as_was_read_and_it_reads_alike(data: bytes) -> None:
    tally = tallied(data)
    assert (tally.alike, tally.rewritten) == (True, False)
    assert tally.content == formats.read(data).unpacked == len(content(data).removeprefix(b"a.vcf\n"))


@pytest.mark.parametrize("data", [VCF, bgzipped(VCF, block=2000), RAW], ids=["plain", "bgzip", "raw data"])
def test_a_head_that_reads_otherwise_is_not_kept(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the cleaner may do wrong: here it takes the build for somebody's name."""
    spoilt = partial(_spoilt, cleaning.kept)
    monkeypatch.setattr(cleaning, "kept", spoilt)
    assert not tallied(data).alike


def _spoilt(kept: Callable[..., str], line: str, *names: object, **facts: bool) -> str:
    says_build = any(word in line for word in ("contig", "reference", "build"))
    return "#" * (1 + line.startswith("##")) if says_build else kept(line, *names, **facts)


@pytest.mark.parametrize(
    "foot", [(len(VCF) - 1, False, True), (len(VCF), False, False), (len(VCF), True, True)], ids=str
)
def test_a_copy_that_does_not_read_as_the_file_does_is_refused(foot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Less than was read; told to be unlike; written anew with a genotype changed."""
    profile, other = formats.read(VCF), VCF.replace(b"0/1", b"1/1", 1)

    def lying(task: str, data: object, **terms: object) -> tuple[bytes, None]:
        if task == "read":
            return b"".join(wire.tell(formats.read(data, assume=Build.GRCh37))), sandbox_end
        return b"".join(wire.tell_copy(iter((other,)), Tally(*foot))), sandbox_end

    sandbox_end = wire.End(code=0, cpu_seconds=0.0, memory=0)
    monkeypatch.setattr(sandbox, "run", lying)
    with pytest.raises(FileRefused) as caught:
        sandbox.cleaned(VCF, of=profile)
    assert caught.value.reason is FileReason.NOT_KEPT


def test_a_copy_without_its_end_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "run", lambda *_given, **_terms: (VCF, None))
    with pytest.raises(FileRefused) as caught:
        sandbox.cleaned(VCF)
    assert caught.value.reason is FileReason.CRASHED
