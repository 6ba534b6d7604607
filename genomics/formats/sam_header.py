"""The head of an alignment: contigs, read groups, programs; strictly, as the specification asks.

Contig lengths and names speak for a build. Header text is screened for identifying details and then dropped.
The same text heads SAM, BAM and CRAM. How reads are written is in `sam`.
"""

import re
from dataclasses import dataclass

from genomics.coordinates import code_or_none
from genomics.errors import FileReason, FileRefused
from genomics.formats.builds import Evidence, named_in, of_length
from genomics.formats.limits import Limits
from genomics.intake import screen

NAME = re.compile(rb"[0-9A-Za-z!#$%&+./:;?@^_|~-][0-9A-Za-z!#$%&*+./:;=?@^_|~-]*")
_ALIAS = re.compile(rb"[0-9A-Za-z][0-9A-Za-z*+.@_|-]*")
_KIND = re.compile(rb"@[A-Za-z][A-Za-z]")
_FIELD = re.compile(rb"([A-Za-z][A-Za-z0-9]):([^\t]+)")
_MD5 = re.compile(rb"[0-9a-f]{32}")
_LONGEST = (1 << 31) - 1

Tags = dict[bytes, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contig:
    """A sequence reads are aligned to; `code` is 0 for those we do not compare."""

    name: bytes
    length: int
    code: int
    md5: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SamHeader:
    """What reads are read by."""

    contigs: dict[bytes, Contig]
    lines: int
    findings: tuple[screen.Finding, ...] = ()

    @property
    def is_comparable(self) -> bool:
        """Whether any contig is one of ours."""
        return any(contig.code for contig in self.contigs.values())


def read_header(text: bytes, evidence: Evidence, *, limits: Limits) -> SamHeader:
    """Read the lines that begin with @. FileRefused at the first that is not as it must be."""
    lines = text.split(b"\n") if text else []
    kinds: dict[bytes, list[tuple[int, Tags]]] = {}
    samples: dict[bytes, int] = {}
    for number, line in enumerate(lines, start=1):
        kind, *fields = line.split(b"\t")
        if not _KIND.fullmatch(kind):
            raise FileRefused(FileReason.HEADER, "A header line has no @ and two letters.", number)
        if kind == b"@CO":
            continue
        tags = _tags(fields, number)
        if kind == b"@HD" and number > 1:
            raise FileRefused(FileReason.HEADER, "@HD is not the first line.", number)
        kinds.setdefault(kind, []).append((number, tags))
        if kind == b"@RG" and b"SM" in tags:
            samples.setdefault(tags[b"SM"], number)
    contigs = _contigs(kinds.get(b"@SQ", []), evidence, limits)
    _check_names(kinds.get(b"@RG", []))
    _check_names(kinds.get(b"@PG", []))
    programs = {tags[b"ID"] for _, tags in kinds.get(b"@PG", [])}
    for number, tags in kinds.get(b"@PG", []):
        if b"PP" in tags and tags[b"PP"] not in programs:
            raise FileRefused(FileReason.HEADER, "@PG names a program before it that is not there.", number)
    if len(samples) > 1:
        what = f"Its read groups are of {len(samples):,} samples; we take the file of one person."
        raise FileRefused(FileReason.MULTI_SAMPLE, what, max(samples.values()))
    found = screen.look((number, line.decode("utf-8")) for number, line in enumerate(lines, start=1))
    named = tuple(screen.sample_name(number, name.decode("utf-8")) for name, number in samples.items())
    return SamHeader(contigs=contigs, lines=len(lines), findings=(*found, *named))


def _tags(fields: list[bytes], number: int) -> Tags:
    tags: Tags = {}
    for field in fields:
        match = _FIELD.fullmatch(field)
        if match is None or match[1] in tags:
            what = "A field of the header is not two letters, a colon and a value, or stands there twice."
            raise FileRefused(FileReason.HEADER, what, number)
        tags[match[1]] = match[2]
    return tags


def _contigs(listed: list[tuple[int, Tags]], evidence: Evidence, limits: Limits) -> dict[bytes, Contig]:
    contigs: dict[bytes, Contig] = {}
    names: dict[bytes, bytes] = {}  # every name and alias: whose it is
    if len(listed) > limits.contigs:
        what = f"It lists more than {limits.contigs:,} contigs."
        raise FileRefused(FileReason.HEADER_TOO_LONG, what, listed[limits.contigs][0])
    for number, tags in listed:
        name, length = tags.get(b"SN", b""), tags.get(b"LN", b"")
        if not NAME.fullmatch(name):
            raise FileRefused(FileReason.HEADER, "A contig has no name, or an impossible one.", number)
        if name in contigs:
            raise FileRefused(FileReason.HEADER, "A contig is listed twice.", number)
        if not length.isdigit() or len(length) > 10 or not 1 <= int(length) <= _LONGEST:
            raise FileRefused(FileReason.HEADER, "A contig has no length, or an impossible one.", number)
        if b"M5" in tags and not _MD5.fullmatch(tags[b"M5"]):
            raise FileRefused(FileReason.HEADER, "A contig's M5 is not an MD5 in small letters.", number)
        contigs[name] = _hear(name, int(length), tags, evidence, number)
        names[name] = name
    for number, tags in listed:
        for alias in tags[b"AN"].split(b",") if b"AN" in tags else ():
            if not _ALIAS.fullmatch(alias) or names.setdefault(alias, tags[b"SN"]) != tags[b"SN"]:
                what = "Another name of a contig is none, or belongs to a second contig."
                raise FileRefused(FileReason.HEADER, what, number)
    return contigs


def _hear(name: bytes, length: int, tags: Tags, evidence: Evidence, number: int) -> Contig:
    code = code_or_none(name.decode("ascii")) or 0
    if code:
        build = of_length(code, length)
        if build is not None:
            evidence.say(build, "contig lengths in the header", number)
        for named in named_in(tags.get(b"AS", b"").decode("utf-8")):
            evidence.say(named, "assembly of the contigs in the header", number)
    return Contig(name=name, length=length, code=code, md5=tags.get(b"M5", b"").decode())


def _check_names(listed: list[tuple[int, Tags]]) -> None:
    seen: set[bytes] = set()
    for number, tags in listed:
        if b"ID" not in tags or tags[b"ID"] in seen:
            what = "A read group or program has no ID, or one that stands there twice."
            raise FileRefused(FileReason.HEADER, what, number)
        seen.add(tags[b"ID"])
