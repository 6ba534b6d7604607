"""Tiny files built in memory: a VCF of one person, a consumer's raw data, and what they are wrapped in."""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Iterable

CONTIGS = {"1": 249250621, "2": 243199373, "20": 63025520, "X": 155270560, "Y": 59373566, "MT": 16569}
COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t"

_END_OF_BGZIP = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def vcf(records: Iterable[tuple[str, int, str, str, str]], *, sample: str = "S1") -> bytes:
    """A single-sample VCF in GRCh37 from (chromosome, 1-based position, ref, alt, genotype)."""
    return vcf_text(
        (f"{c}\t{p}\t.\t{r}\t{a}\t.\tPASS\t.\tGT\t{g}" for c, p, r, a, g in records), sample=sample
    )


def vcf_text(
    lines: Iterable[str] = (),
    *,
    version: str = "4.2",
    meta: Iterable[str] = (),
    contigs: bool = True,
    sample: str = "S1",
) -> bytes:
    """A single-sample VCF from whole record lines; `meta` are further header lines."""
    head = [f"##fileformat=VCFv{version}"]
    head += [f"##contig=<ID={name},length={length}>" for name, length in CONTIGS.items()] if contigs else []
    head += ['##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">', *meta, f"{COLUMNS}{sample}"]
    return "".join(f"{line}\n" for line in (*head, *lines)).encode()


def array(
    calls: Iterable[tuple[str, str, int | str, str]], *, comments: Iterable[str] = ("build 37",)
) -> bytes:
    """Raw data as 23andMe writes them from (rsid, chromosome, 1-based position, genotype)."""
    head = [*(f"# {comment}" for comment in comments), "# rsid\tchromosome\tposition\tgenotype"]
    return "".join(f"{line}\n" for line in (*head, *("\t".join(map(str, call)) for call in calls))).encode()


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def bgzipped(content: bytes, *, block: int = 0xFF00, whole: bool = True) -> bytes:
    """As bgzip writes it; without its last, empty block when not `whole`."""
    parts = []
    for start in range(0, len(content), block):
        deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
        piece = content[start : start + block]
        packed = deflate.compress(piece) + deflate.flush()
        parts.append(
            bytes.fromhex("1f8b08040000000000ff060042430200")
            + struct.pack("<H", len(packed) + 25)
            + packed
            + struct.pack("<II", zlib.crc32(piece), len(piece))
        )
    return b"".join(parts) + (_END_OF_BGZIP if whole else b"")


def zipped(*members: tuple[str, bytes]) -> bytes:
    """A zip of these (name, content)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def png(width: int = 1, height: int = 1) -> bytes:
    """A white picture."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = (b"\0" + b"\xff" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


# The smallest that a scanner could send.
PNG = png()
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000") + b"\0" * 20 + bytes.fromhex("ffd9")
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
