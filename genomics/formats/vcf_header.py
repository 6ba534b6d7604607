"""The head of a VCF: version, declared fields, contigs, the one sample. What speaks for a build goes to
Evidence.

Header text is screened for identifying details on the way and then dropped. Records are read in
`vcf_record`.
"""

import re
from dataclasses import dataclass
from types import MappingProxyType

from genomics.coordinates import code_or_none
from genomics.errors import FileReason, FileRefused
from genomics.formats.builds import Evidence, named_in, of_length
from genomics.formats.limits import Limits
from genomics.formats.lines import Lines
from genomics.formats.vcf_values import Declared, declaration
from genomics.intake import screen

_VERSION = re.compile(rb"##fileformat=VCFv([0-9]+)\.([0-9]+)")
_VERSIONS = frozenset((4, minor) for minor in range(1, 6))
_FIXED = (b"#CHROM", b"POS", b"ID", b"REF", b"ALT", b"QUAL", b"FILTER", b"INFO")
_COLUMNS = len(_FIXED) + 2
_STRUCTURED = re.compile(rb"##([^=]+)=<(.*)>\s*", re.DOTALL)
# Begins only at a comma and never gives back what it took, so that no header costs more than its length.
_ENTRY = re.compile(rb'(?:^|,)\s{0,8}+([^=,<>"]{1,256}+)=(?:"((?:[^"\\]++|\\.)*+)"|([^,"]*+))', re.DOTALL)
_HG19_MITOCHONDRION = 16571  # UCSC's older chrM: another sequence, whose positions are not MT's
_NO_LENGTH = (0, (1 << 31) - 1)  # written by tools that know none
_MOST_DECLARED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the records are read by."""

    version: tuple[int, int]
    info: MappingProxyType[bytes, Declared]
    format: MappingProxyType[bytes, Declared]
    lines: int
    not_comparable: frozenset[bytes] = (
        frozenset()
    )  # contigs that bear a chromosome's name but are another sequence
    findings: tuple[screen.Finding, ...] = ()


def read_header(lines: Lines, evidence: Evidence, *, limits: Limits) -> Header:
    """Read up to and with the #CHROM line; what follows stays in `lines`."""
    raw = lines.take_leading(b"#", limit=limits.header).split(b"\n")
    version = _version(raw[0])
    if not raw[-1].startswith(b"#CHROM"):
        if not lines.peek(1):
            raise FileRefused(
                FileReason.NO_SAMPLE, "The file is the head of a VCF and nothing else.", len(raw)
            )
        raise FileRefused(FileReason.HEADER, "The #CHROM line is missing above the first record.", len(raw))
    columns = _columns(raw[-1])
    declared: dict[bytes, dict[bytes, Declared]] = {b"INFO": {}, b"FORMAT": {}}
    not_comparable: set[bytes] = set()
    contigs = 0
    for number, line in enumerate(raw[1:-1], start=2):
        if not line.startswith(b"##"):
            raise FileRefused(FileReason.HEADER, "A header line does not begin with ##.", number)
        structured = _STRUCTURED.fullmatch(line)
        key = structured[1] if structured else line[2:].partition(b"=")[0]
        if key in declared:
            _declare(declared[key], structured, version, key, number)
        elif structured and key == b"contig":
            contigs += 1
            if contigs > limits.contigs:
                raise FileRefused(
                    FileReason.HEADER_TOO_LONG, f"It lists more than {limits.contigs:,} contigs.", number
                )
            _hear_contig(_entries(structured[2]), evidence, not_comparable, number)
        elif key in (b"reference", b"assembly"):
            for build in named_in(line.decode("utf-8")):
                evidence.say(build, f"{key.decode()} in the header", number)
        elif key == b"fileformat":
            raise FileRefused(FileReason.HEADER, "The file format is stated a second time.", number)
    _check_columns(columns, len(raw))
    found = screen.look((number, line.decode("utf-8")) for number, line in enumerate(raw[:-1], start=1))
    return Header(
        version=version,
        info=MappingProxyType(declared[b"INFO"]),
        format=MappingProxyType(declared[b"FORMAT"]),
        lines=len(raw),
        not_comparable=frozenset(not_comparable),
        findings=(*found, screen.sample_name(len(raw), columns[-1].decode("utf-8"))),
    )


def _version(line: bytes) -> tuple[int, int]:
    match = _VERSION.fullmatch(line.rstrip())
    if match is None:
        raise FileRefused(
            FileReason.VERSION, "The first line of a VCF states its version (##fileformat=VCFv4.2).", 1
        )
    version = int(match[1]), int(match[2])
    if version not in _VERSIONS:
        raise FileRefused(FileReason.VERSION, "We read VCF 4.1 to 4.5; this file is of another version.", 1)
    return version


def _entries(text: bytes) -> dict[bytes, bytes]:
    """What stands between < and >."""
    return {
        match[1].strip(): match[2] if match[2] is not None else match[3].strip()
        for match in _ENTRY.finditer(text)
    }


def _declare(
    declared: dict[bytes, Declared],
    structured: re.Match[bytes] | None,
    version: tuple[int, int],
    key: bytes,
    number: int,
) -> None:
    entries = _entries(structured[2]) if structured else {}
    name = entries.get(b"ID", b"")
    made = declaration(
        entries.get(b"Number", b""), entries.get(b"Type", b""), version, is_format=key == b"FORMAT"
    )
    if not name or made is None:
        what = f"The declaration of the {key.decode()} field lacks a valid ID, Number or Type."
        raise FileRefused(FileReason.HEADER, what, number)
    if len(declared) >= _MOST_DECLARED:
        what = f"The header declares more than {_MOST_DECLARED:,} fields."
        raise FileRefused(FileReason.HEADER_TOO_LONG, what, number)
    declared.setdefault(name, made)


def _hear_contig(
    contig: dict[bytes, bytes], evidence: Evidence, not_comparable: set[bytes], number: int
) -> None:
    """A contig's length and assembly speak for a build when it is one of our chromosomes."""
    name, length = contig.get(b"ID", b""), contig.get(b"length", b"")
    if not name:
        raise FileRefused(FileReason.HEADER, "A contig is declared without an ID.", number)
    code = code_or_none(name.decode("utf-8"))
    if code is None:
        return
    if length.isdigit() and len(length) < 12:
        if int(length) == _HG19_MITOCHONDRION:
            not_comparable.add(name)
        elif int(length) not in _NO_LENGTH and (build := of_length(code, int(length))) is not None:
            evidence.say(build, "contig lengths in the header", number)
    for build in named_in(contig.get(b"assembly", b"").decode("utf-8")):
        evidence.say(build, "assembly of the contigs in the header", number)


def _columns(line: bytes) -> list[bytes]:
    """What the #CHROM line names. Spaces around a name are forgiven, and around all of them where there are
    no tabs, for then it names no sample; so is a last tab with nothing after it."""
    names = [name.strip(b" ") for name in line.split(b"\t")]
    if line.split() == list(_FIXED):
        return list(_FIXED)
    return names


def _check_columns(columns: list[bytes], number: int) -> None:
    if tuple(columns[: len(_FIXED)]) != _FIXED:
        raise FileRefused(
            FileReason.HEADER, "The #CHROM line does not name the eight fixed columns in order.", number
        )
    if columns[len(_FIXED) :] in ([], [b""], [b"FORMAT"]):
        raise FileRefused(FileReason.NO_SAMPLE, "The file lists variants but nobody's genotypes.", number)
    if columns[len(_FIXED)] != b"FORMAT" or len(columns) < _COLUMNS:
        raise FileRefused(
            FileReason.HEADER, "After INFO the #CHROM line names FORMAT and then the sample.", number
        )
    if len(columns) > _COLUMNS:
        what = f"The file holds {len(columns) - _COLUMNS + 1:,} samples; we take the file of one person."
        raise FileRefused(FileReason.MULTI_SAMPLE, what, number)
    if not columns[-1].strip():
        raise FileRefused(FileReason.HEADER, "The sample has no name.", number)
