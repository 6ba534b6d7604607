"""What kind of file it is, told from its content, never from its name.

Gives the Kind we read, or refuses with the name of what it seems to be. Nothing is parsed here.
"""

import re

from genomics.errors import FileReason, FileRefused
from genomics.formats import dialects
from genomics.formats.source import Kind

_READ_BINARY = ((b"BAM\x01", Kind.BAM), (b"CRAM", Kind.CRAM), (b"BCF", Kind.BCF))
_BINARY: tuple[tuple[bytes, str], ...] = (
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
_TAR, _TAR_AT = b"ustar", 257
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_HTML = re.compile(rb"\s*<(?:!doctype\s+html|html|head|body|\?xml)", re.IGNORECASE)
_SAM = re.compile(rb"@(?:HD|SQ|RG|PG|CO)\t")
_READ = re.compile(
    rb"[^\t\n]*\t[0-9]+\t[^\t\n]+\t[0-9]+\t[0-9]+\t(?:\*|[0-9][0-9MIDNSHPX=]*)\t[^\t\n]+\t[0-9]+\t-?[0-9]+\t"
)
_SPOKEN_OF: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"\[Header\]"), "a genotyping report from a laboratory"),
    (re.compile(rb"[^\n]*\brsid[\t ,]", re.IGNORECASE), "raw data with columns we do not know"),
)


def kind(head: bytes) -> Kind:
    """The kind of a text from its first lines; FileRefused for everything that is not ours to read."""
    if head.startswith(b"##fileformat=VCF") or head.startswith(b"#CHROM\tPOS\t"):
        return Kind.VCF
    if _HTML.match(head):
        raise FileRefused(FileReason.HTML, "This is a web page, not the file it was to lead to.", 1)
    if _SAM.match(head) or _READ.match(head):
        return Kind.SAM
    if head.startswith(b"##"):
        for line in head.split(b"\n"):
            if line.startswith(b"#CHROM\tPOS\t"):
                return Kind.VCF
    return _consumer(head)


def binary_kind(head: bytes) -> Kind | None:
    """The kind of a binary file we read, None for text; `head` is unpacked, else as it came."""
    for magic, which in _READ_BINARY:
        if head.startswith(magic):
            return which
    for magic, name in _BINARY:
        if head.startswith(magic):
            raise FileRefused(FileReason.KIND_NOT_TAKEN, f"This is {name}. We do not take this kind yet.")
    for magic, name in _NOT_TEXT:
        if head.startswith(magic):
            raise FileRefused(FileReason.NOT_TEXT, f"This is {name}, not genotypes as text.")
    if head[_TAR_AT:].startswith(_TAR):
        raise FileRefused(FileReason.ARCHIVE, "This is a tar archive, which holds files within it.")
    if head.startswith(_UTF16):
        raise FileRefused(FileReason.ENCODING, "The text is UTF-16, not UTF-8.")
    return None


def _consumer(head: bytes) -> Kind:
    """A dialect of raw data; or what the text seems to be."""
    comments, data = _parted(head)
    last = comments[-1] if comments else b""
    if data and dialects.find(last, data) is not None:
        return Kind.ARRAY
    number = len(comments) + 1
    if not data.strip() and not any(line.strip() for line in comments):
        raise FileRefused(FileReason.EMPTY, "The file has no text in it.")
    if not data.strip() and dialects.find(b"", last.lstrip(b"# \t")) is not None:
        return Kind.ARRAY
    for pattern, name in _SPOKEN_OF:
        if any(pattern.match(line) for line in (*comments, data)):
            raise FileRefused(FileReason.UNKNOWN_KIND, f"This looks like {name}.", number)
    raise FileRefused(FileReason.UNKNOWN_KIND, "This is no kind of genotype file we know.", number)


def _parted(head: bytes) -> tuple[list[bytes], bytes]:
    """The comment lines at the top, and what follows them."""
    comments = []
    while head.startswith(b"#"):
        comment, _, head = head.partition(b"\n")
        comments.append(comment)
    return comments, head
