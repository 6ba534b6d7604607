"""What kind of file it is, told from its content, never from its name.

Gives the Kind we read, or refuses with the name of what it seems to be. Nothing is parsed here.
"""

import re

from genomics.errors import FileReason, FileRefused
from genomics.formats.source import Kind

_BINARY: tuple[tuple[bytes, str], ...] = (
    (b"BAM\x01", "a BAM alignment"),
    (b"CRAM", "a CRAM alignment"),
    (b"BCF", "a BCF"),
    (b"crypt4gh", "a Crypt4GH file"),
    (b"TBI\x01", "an index, not the file it belongs to"),
    (b"CSI\x01", "an index, not the file it belongs to"),
    (b"BAI\x01", "an index, not the file it belongs to"),
    (b"\x6c\x1b\x01", "a PLINK file"),
    (b"SQLite format 3\x00", "a database"),
)
_NOT_TEXT: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"\xd0\xcf\x11\xe0", "an office document"),
    (b"\x7fELF", "a program"),
    (b"PK\x03\x04", "an archive within an archive"),
    (b"\x1f\x8b", "a packed file within a packed file"),
)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_HTML = re.compile(rb"\s*<(?:!doctype\s+html|html|head|body|\?xml)", re.IGNORECASE)
_SAM = re.compile(rb"@(?:HD|SQ|RG|PG|CO)\t")
_ARRAY_HEADER = re.compile(rb"#?\s*rsid\tchromosome\tposition\tgenotype", re.IGNORECASE)
_ARRAY_LINE = re.compile(rb"[^\s,\"]+\t[^\s,\"]+\t[^\s,\"]+\t[A-Z-]{1,2}", re.IGNORECASE)
_DIALECTS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"#\s*AncestryDNA", re.IGNORECASE), "an AncestryDNA export"),
    (re.compile(rb"#\s*MyHeritage", re.IGNORECASE), "a MyHeritage export"),
    (
        re.compile(rb"\"?RSID\"?,\"?CHROMOSOME\"?,\"?POSITION\"?,\"?RESULT", re.IGNORECASE),
        "a FamilyTreeDNA export",
    ),
    (re.compile(rb"\[Header\]"), "a genotyping report from a laboratory"),
    (re.compile(rb"[^\n]*\brsid[\t ,]", re.IGNORECASE), "raw data with other columns than 23andMe's"),
)


def kind(head: bytes) -> Kind:
    """The kind of a text from its first lines; FileRefused for everything that is not ours to read."""
    if head.startswith(b"##fileformat=VCF") or head.startswith(b"#CHROM\tPOS\t"):
        return Kind.VCF
    if _HTML.match(head):
        raise FileRefused(FileReason.HTML, "This is a web page, not the file it was to lead to.", 1)
    if _SAM.match(head):
        raise FileRefused(
            FileReason.KIND_NOT_TAKEN, "This is a SAM alignment. We do not take this kind yet.", 1
        )
    if head.startswith(b"##"):
        for line in head.split(b"\n"):
            if line.startswith(b"#CHROM\tPOS\t"):
                return Kind.VCF
    return _consumer(head)


def refuse_binary(head: bytes) -> None:
    """FileRefused for what begins as something other than text; `head` is unpacked, else as it came."""
    for magic, name in _BINARY:
        if head.startswith(magic):
            raise FileRefused(FileReason.KIND_NOT_TAKEN, f"This is {name}. We do not take this kind yet.")
    for magic, name in _NOT_TEXT:
        if head.startswith(magic):
            raise FileRefused(FileReason.NOT_TEXT, f"This is {name}, not genotypes as text.")
    if head.startswith(_UTF16):
        raise FileRefused(FileReason.ENCODING, "The text is UTF-16, not UTF-8.")


def _consumer(head: bytes) -> Kind:
    """23andMe's four columns, whoever wrote them; or the name of another dialect."""
    lines = [line for line in head.split(b"\n") if line.strip()]
    comments = [line for line in lines if line.startswith(b"#")]
    data = next((line for line in lines if not line.startswith(b"#")), b"")
    titled = _ARRAY_HEADER.fullmatch(data.rstrip()) or (
        comments and _ARRAY_HEADER.fullmatch(comments[-1].rstrip())
    )
    if titled or _ARRAY_LINE.fullmatch(data):
        return Kind.ARRAY
    number = head.count(b"\n", 0, head.find(data)) + 1 if data else 1
    for pattern, name in _DIALECTS:
        if any(pattern.match(line) for line in (*comments, data)):
            raise FileRefused(
                FileReason.KIND_NOT_TAKEN, f"This looks like {name}. We do not take this kind yet.", number
            )
    if not data and not comments:
        raise FileRefused(FileReason.EMPTY, "The file has no text in it.")
    raise FileRefused(FileReason.UNKNOWN_KIND, "This is no kind of genotype file we know.", number)
