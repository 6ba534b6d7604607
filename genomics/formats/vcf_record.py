"""One line of a VCF, strictly: what the specification asks, as far as it concerns a person's genotypes.

This is the truth about a record. `vcf_bulk` reads the plainest lines many at a time and must agree with
it. What becomes of a record: one row for each alternate allele that can be compared, trimmed, with its
copies. Symbolic alleles and breakends cannot be compared; where the person has one beside comparable
alleles, a MISSING row without alt says that something else is there. A reference block of a genomic VCF
becomes no row: `block` says how far it reaches and whether it is to be believed.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, NoReturn

from genomics.columns import MISSING
from genomics.coordinates import X, code_or_none
from genomics.errors import FileReason, FileRefused
from genomics.formats.limits import Limits
from genomics.formats.vcf_blocks import end_of_block, is_believed
from genomics.formats.vcf_header import Header
from genomics.formats.vcf_values import are_format_keys, info_fits, sample_fits
from genomics.variants import trim

COLUMNS = 10
_NAME = re.compile(rb"[0-9A-Za-z!#$%&+./:;?@^_|~<-][0-9A-Za-z!#$%&*+./:;=?@^_|~<>-]*")
_POSITION = re.compile(rb"[0-9]{1,9}")
_SEQUENCE = re.compile(rb"[ACGTNacgtn]+")
_SYMBOLIC = re.compile(rb"<[^\s,<>]+>")
_BREAKEND = re.compile(
    rb"[ACGTNacgtn]+[\[\]][^\s,\[\]]+:[0-9]+[\[\]]|[\[\]][^\s,\[\]]+:[0-9]+[\[\]][ACGTNacgtn]+"
    rb"|\.[ACGTNacgtn]+|[ACGTNacgtn]+\."
)
_QUALITY = re.compile(
    rb"\.|[+-]?(?:(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:e[+-]?[0-9]++)?|inf(?:inity)?|nan)", re.IGNORECASE
)
_GENOTYPE = re.compile(rb"[/|]?(?:\.|[0-9]+)(?:[/|](?:\.|[0-9]+))*")
_PREFIXED_FROM = (4, 4)  # a leading phase sign, as in |0|1
_MOST_ALLELES_IN_GENOTYPE = 2
_SHORT = 16  # a genotype of so many letters is met again
_UNSTATED = -1


class Row(NamedTuple):
    """One alternate allele of a record: 0-based start after trimming, alleles as text ("" not stated)."""

    start: int
    ref: str
    alt: str
    copies: int
    ploidy: int


@dataclass(frozen=True, slots=True)
class Record:
    """A line read: its contig and 1-based position, how far its ref reaches, and its rows.

    `code` is 0 on contigs we do not compare; `rows` are empty there and where no allele can be compared.
    `block` is the last position of a reference block, 0 for all else.
    """

    name: bytes
    code: int
    position: int
    last: int
    ids: bytes
    rows: tuple[Row, ...] = ()
    block: int = 0
    is_sure: bool = False


def read_record(line: bytes, number: int, header: Header, *, limits: Limits) -> Record:
    """Read one line without its line feed; FileRefused with its number when it is not as it must be."""
    fields = line.split(b"\t")
    if len(fields) != COLUMNS:
        if not line:
            _refuse(FileReason.BLANK_LINE, "The line is empty.", number)
        what = f"The line has {len(fields):,} columns separated by tabs instead of {COLUMNS}."
        _refuse(FileReason.COLUMNS, what, number)
    name, written, ids, ref, alt, quality, passed, info, keys, sample = fields
    each = _format(keys, number)  # first, for without GT nothing else matters
    code = _contig(name, header, number)
    position = _position(written, number)
    _check_ids(ids, number)
    if ref == b".":
        _refuse(FileReason.REF_NOT_STATED, "REF is a dot, so nothing says what ALT differs from.", number)
    if not _SEQUENCE.fullmatch(ref):
        _refuse(FileReason.REF, "REF is written with A, C, G, T and N only.", number)
    alts = _alternates(alt, ref, number, limits)
    if not is_quality(quality):
        _refuse(FileReason.QUALITY, "QUAL is neither a number nor a dot.", number)
    if not is_filter(passed):
        _refuse(
            FileReason.FILTER, "FILTER is neither PASS, a dot, nor names separated by semicolons.", number
        )
    if not info_fits(info, header.info, len(alts)):
        _refuse(
            FileReason.INFO, "An INFO value is not what the header declares, or stands there twice.", number
        )
    called = _called(sample, each, alts, header, number)

    block = end_of_block(position, alts, info, number)
    if block:
        is_sure = called == (0,) * len(called) and is_believed(passed, keys, sample)
        return Record(name, code, position, block, ids, block=block, is_sure=is_sure and position > 0)
    comparable = [_text(allele) for allele in alts]
    last = position + len(ref) - 1
    if position == 0 or (alts and not any(comparable)):
        return Record(
            name, code, position, position - 1 if position else 0, ids
        )  # telomeres, structural variants
    if not code:
        return Record(name, 0, position, last, ids)
    if len(called) == 1 and code < X and called[0] != _UNSTATED:
        _refuse(
            FileReason.HAPLOID_AUTOSOME, "A single allele stands where a person has two chromosomes.", number
        )
    return Record(
        name, code, position, last, ids, tuple(_rows(position - 1, ref.decode().upper(), comparable, called))
    )


def _rows(start: int, ref: str, alternates: list[str], called: tuple[int, ...]) -> list[Row]:
    ploidy = len(called)
    if _UNSTATED in called:
        unknown = [trim(ref, alt) for alt in alternates if alt] or [(0, ref, "")]
        ploidy = 2 if ploidy == 1 else ploidy
        return [Row(start + skipped, less, alt, MISSING, ploidy) for skipped, less, alt in unknown]
    if not alternates:
        return [Row(start, ref, "", 0, ploidy)]
    rows = []
    for index, alt in enumerate(alternates, start=1):
        if alt:
            skipped, less, more = trim(ref, alt)
            rows.append(Row(start + skipped, less, more, called.count(index), ploidy))
    if any(index and not alternates[index - 1] for index in called):
        rows.append(Row(start, ref, "", MISSING, ploidy))
    return rows


def contig_code(name: bytes, header: Header) -> int | None:
    """The chromosome's code, 0 for a contig we do not compare, None for what can be no name."""
    if not _NAME.fullmatch(name):
        return None
    return 0 if name in header.not_comparable else code_or_none(name.decode("ascii")) or 0


def _contig(name: bytes, header: Header, number: int) -> int:
    code = contig_code(name, header)
    if code is None:
        _refuse(FileReason.CHROMOSOME, "The chromosome's name has characters that no name may have.", number)
    return code


def _position(written: bytes, number: int) -> int:
    if not _POSITION.fullmatch(written):
        _refuse(
            FileReason.POSITION, "The position is not a whole number in the range of a chromosome.", number
        )
    return int(written)


def _check_ids(ids: bytes, number: int) -> None:
    if ids == b".":
        return
    each = ids.split(b";")
    if b" " in ids or b"" in each or (len(each) > 1 and len(set(each)) < len(each)):
        _refuse(
            FileReason.ID, "The ID is empty, has white space in it, or names the same marker twice.", number
        )


def is_sequence(allele: bytes) -> bool:
    """Whether it is written in letters."""
    return _SEQUENCE.fullmatch(allele) is not None


def biallelic(ref: bytes, alt: bytes) -> tuple[int, str, str] | None:
    """Two different alleles in letters, trimmed; None for all else. `_alternates` asks the same of them."""
    if not (_SEQUENCE.fullmatch(ref) and _SEQUENCE.fullmatch(alt)) or ref.upper() == alt.upper():
        return None
    return trim(ref.decode().upper(), alt.decode().upper())


def _alternates(alt: bytes, ref: bytes, number: int, limits: Limits) -> list[bytes]:
    if alt == b".":
        return []
    alts = alt.split(b",")
    if len(alts) > limits.alleles:
        what = f"The record has more than {limits.alleles:,} alternate alleles."
        _refuse(FileReason.TOO_MANY_ALLELES, what, number)
    for allele in alts:
        if not (
            _SEQUENCE.fullmatch(allele)
            or allele == b"*"
            or _SYMBOLIC.fullmatch(allele)
            or _BREAKEND.fullmatch(allele)
        ):
            _refuse(FileReason.ALT, "ALT is neither bases, nor *, <a symbol>, a breakend or a dot.", number)
    folded = [allele.upper() for allele in alts]
    if ref.upper() in folded:
        _refuse(FileReason.ALT, "An alternate allele is the same as REF.", number)
    if len(set(folded)) < len(folded):
        _refuse(FileReason.ALT, "The same alternate allele is listed twice.", number)
    return alts


def _text(allele: bytes) -> str:
    """An allele that can be compared, in capitals; "" for a symbol or a breakend."""
    return allele.decode().upper() if allele == b"*" or _SEQUENCE.fullmatch(allele) else ""


def is_quality(quality: bytes) -> bool:
    """A number or a dot."""
    return _QUALITY.fullmatch(quality) is not None


def is_filter(passed: bytes) -> bool:
    """PASS, a dot, or names separated by semicolons."""
    if passed in (b"PASS", b"."):
        return True
    each = passed.split(b";")
    return not (b" " in passed or b"," in passed or b"" in each or b"0" in each or len(set(each)) < len(each))


def _format(keys: bytes, number: int) -> tuple[bytes, ...]:
    """The FORMAT keys: GT first, none twice."""
    if keys == b"GT":
        return (b"GT",)
    each = tuple(keys.split(b":"))
    if each[0] != b"GT":
        _refuse(FileReason.NO_GENOTYPES, "GT is not the first FORMAT field.", number)
    if not are_format_keys(each):
        _refuse(FileReason.FORMAT, "FORMAT has an empty field, or names one twice.", number)
    return each


def _called(
    sample: bytes, keys: tuple[bytes, ...], alts: list[bytes], header: Header, number: int
) -> tuple[int, ...]:
    """The genotype as indices of alleles, -1 for a dot; the values beside it are checked on the way."""
    genotype, *values = sample.split(b":")
    parse = _genotype if len(genotype) <= _SHORT else _genotype.__wrapped__
    called = parse(genotype, header.version >= _PREFIXED_FROM)
    if called is None:
        _refuse(
            FileReason.GENOTYPE, "The genotype is not written as allele numbers with / or | between.", number
        )
    if len(called) > _MOST_ALLELES_IN_GENOTYPE:
        _refuse(FileReason.PLOIDY, f"The genotype has {len(called):,} alleles.", number)
    if max(called) > len(alts):
        _refuse(FileReason.GENOTYPE, "The genotype names an allele that the record does not list.", number)
    ploidy = 0 if called == (_UNSTATED,) else len(called)
    if values and not sample_fits(keys[1:], values, header.format, alternates=len(alts), ploidy=ploidy):
        _refuse(FileReason.FORMAT, "A value of the sample is not what FORMAT and the header declare.", number)
    return called


@lru_cache(maxsize=1024)
def _genotype(text: bytes, may_be_prefixed: bool) -> tuple[int, ...] | None:
    if not _GENOTYPE.fullmatch(text) or (text[:1] in b"/|" and not may_be_prefixed):
        return None
    parts = re.split(rb"[/|]", text.lstrip(b"/|"))
    return tuple(_UNSTATED if part == b"." else _index(part) for part in parts)


def _index(digits: bytes) -> int:
    """An allele number; one that no record can list when it is too long to be any."""
    return int(digits) if len(digits) < 10 else 1 << 62


def _refuse(reason: FileReason, what: str, number: int) -> NoReturn:
    raise FileRefused(reason, what, number)
