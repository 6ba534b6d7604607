"""Identifying details in what a file carries beside its genotypes: found, shown masked, taken out of what is
kept.

Looks through header and comment lines. A Finding carries no more of the text than helps its owner to
recognise it; `redacted` is the same line without them, still readable as the format it is of. How details
look is in `details`, how a whole file is rewritten in `walled.cleaning`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from genomics.intake import header_grammar
from genomics.intake.details import PATTERNS, Detail
from genomics.intake.header_grammar import REMOVED, Names
from genomics.intake.header_words import strange
from genomics.intake.read_names import is_strange

__all__ = ["MOST_FINDINGS", "REMOVED", "Detail", "Finding", "look", "redacted", "told"]

MOST_FINDINGS = 100
_MOST_LINES = 5  # named in a sentence
_BY_RULE = (Detail.SAMPLE_NAME, Detail.COMMAND, Detail.WORDS)  # told whatever they say

# Lines of a VCF whose every value is about samples, and those that repeat a command.
_SAMPLES = re.compile(r"##(?:SAMPLE|PEDIGREE|pedigree|sample)=<(?P<found>.{1,100000})>\s*")
_VALUE = re.compile(r"[^=,<>]{1,256}=(?P<found>\"[^\"]{1,4096}\"|[^,<>\"]{1,4096})")
_COMMAND = re.compile(
    r"##(?i:[\w.\- ]{0,64}(?:command(?:[\s_.-]?line)?|cmd(?:[\s_.-]?line)?|options|args)[\w.]{0,40})"
    r"\s{0,4}=\s{0,4}(?P<found>.{1,1000000})"
    r"|##(?!INFO|FORMAT|FILTER|ALT|contig)[\w.\- ]{1,64}="
    r"(?P<found_too>.{0,200}(?:\s-{1,2}[A-Za-z][\w\-]{0,40}[\s=]|analysis_type=|\w=/\w).{0,1000000})"
)
_READ_GROUP, _PROGRAM = re.compile(r"@RG\t"), re.compile(r"@PG\t")
_GROUP_NAMES = re.compile(r"\t(?:SM|LB|PU|DS):(?P<found>[^\t\n]{1,4096})")
_GROUP_WORDS = re.compile(
    r"\t(?!(?:ID|SM|LB|PU|DS|PL|PI|FO|DT):)[A-Za-z][A-Za-z0-9]:(?P<found>[^\t\n]{1,4096})"
)
GROUP_ID = re.compile(r"\tID:(?P<found>[^\t\n]{1,4096})")
_PROGRAM_COMMAND = re.compile(r"\t(?:CL|DS):(?P<found>[^\t\n]{1,1000000})")
_COLUMNS = re.compile(r"#CHROM\t(?:[^\t]*\t){8}(?P<found>[^\n]+)")
_DECLARED = re.compile(r"##(?:INFO|FORMAT|ALT)=")
_SOURCE = re.compile(r"##source=(?P<found>.{1,4096})")
_FREE = re.compile(
    r"(?:#(?!#|CHROM\t)|##(?!INFO|FORMAT|FILTER|ALT|contig=|file|phasing=|reference=|assembly=)|@CO\t)"
)
# Of the many declarations only those are gone through whose words could be anybody's.
_WORTH_A_LOOK = re.compile(
    r"[^\x00-\x7f]|[@/\\~+:#]|\d{2}|[\s_-][A-Z][a-z]|Description=\"[A-Za-z]{1,9}\.? [A-Z]"
)
_PLAIN = re.compile(r"##(?:contig|FILTER|fileDate|fileformat)=|@(?:HD|SQ|RG|PG)\t")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One detail: its kind, its line (1-based), and its first letter."""

    detail: Detail
    line: int
    masked: str

    def __str__(self) -> str:
        what = f"{self.detail.sentence} ({self.masked})"
        return f"Line {self.line:,} carries {what}. It was left out of what is kept."


class _Found(NamedTuple):
    start: int
    end: int
    detail: Detail


def look(lines: Iterable[tuple[int, str]]) -> tuple[Finding, ...]:
    """Every detail in numbered header or comment lines, in order; at most MOST_FINDINGS."""
    details: list[Finding] = []
    words: list[Finding] = []  # told where nothing else is, and never instead of it
    for number, text in lines:
        found = [
            Finding(detail=one.detail, line=number, masked=_mask(text[one.start : one.end]))
            for one in _apart(_in_line(text))
        ]
        details += found
        free = next(_words(text), None) if not found and len(words) < MOST_FINDINGS else None
        if free is not None:
            words.append(Finding(detail=free.detail, line=number, masked=_mask(text[free.start : free.end])))
        if len(details) >= MOST_FINDINGS:
            break
    details = details[:MOST_FINDINGS]
    return tuple(sorted([*details, *words[: MOST_FINDINGS - len(details)]], key=lambda one: one.line))


def sample_name(line: int, name: str) -> Finding:
    """A VCF's sample name: always worth telling, for it may be somebody's name."""
    return Finding(detail=Detail.SAMPLE_NAME, line=line, masked=_mask(name))


def record_text(line: int, said: bytes) -> Finding:
    """What a record says beside genotypes: the first of the file."""
    return Finding(detail=Detail.RECORD_TEXT, line=line, masked=_mask(said.decode("utf-8", "replace")))


def file_name(name: str) -> Finding:
    """What a CRAM says it was called when it was made, or where it lay."""
    return Finding(detail=Detail.FILE_NAME, line=1, masked=_mask(name))


def redacted(text: str, names: Names | None = None, *, is_title: bool = False) -> str:
    """The line with every detail and every strange word replaced, and nothing that its format does not
    foresee, so that looking through it again finds none. The words of a title of columns stay: a reader goes
    by them. `names` are those that were given anew in the same header."""
    names = {} if names is None else names
    # First, for what others go by is not only taken out, but named anew.
    text = text if is_title else header_grammar.only(text, names) or text
    for _ in range(3):  # what stood behind a detail may be one itself
        found = list(_apart(_in_line(text, with_columns=True)))
        if not found:
            break
        text = _without(text, found)
    if is_title:
        return text
    clean = header_grammar.only(text, names)
    return _without(text, list(_words(text))) if clean is None else clean


def _without(text: str, found: list[_Found]) -> str:
    for one in reversed(found):
        text = text[: one.start] + REMOVED + text[one.end :]
    return text


def read_name(name: str) -> Finding:
    """A read's name that may be somebody's."""
    return Finding(detail=Detail.READ_NAME, line=1, masked=_mask(name))


def has_strange_words(text: str) -> bool:
    """Whether a line says more than headers say."""
    return next(_words(text), None) is not None


def told(findings: Iterable[Finding]) -> tuple[str, ...]:
    """A sentence for each kind of detail that was found, for the file's owner."""
    kinds: dict[Detail, list[Finding]] = {}
    for finding in findings:
        kinds.setdefault(finding.detail, []).append(finding)
    return tuple(_sentence(detail, found) for detail, found in kinds.items())


def _sentence(detail: Detail, found: list[Finding]) -> str:
    lines = sorted({finding.line for finding in found})
    named = ", ".join(f"{line:,}" for line in lines[:_MOST_LINES])
    masked = ", ".join(dict.fromkeys(finding.masked for finding in found[:_MOST_LINES]))
    what, more = detail.sentence, len(lines) - _MOST_LINES
    if len(lines) == 1:
        return f"Line {named} carries {what} ({masked}). It was left out of what is kept."
    if more <= 0:
        return f"Lines {named} carry {what} ({masked}). It was left out of what is kept."
    return f"Lines {named} and {more:,} more carry {what} ({masked}). It was left out of what is kept."


def _in_line(text: str, *, with_columns: bool = False) -> Iterator[_Found]:
    """Every detail of a line; they may overlap."""
    yield from _by_format(text, with_columns=with_columns)
    if _DECLARED.match(text) and not _WORTH_A_LOOK.search(text, len("##INFO=")):
        return
    plain = _PLAIN.match(text) is not None
    for detail, pattern in PATTERNS:
        if plain and detail not in (Detail.EMAIL, Detail.PATH):
            continue
        for match in pattern.finditer(text):
            if match["found"].strip(" .\"'") not in ("", REMOVED):
                start, end = match.span("found")
                yield _Found(start, start + len(text[start:end].rstrip(" ")), detail)


def _words(text: str) -> Iterator[_Found]:
    """What is said in words that headers are not made of."""
    clean = header_grammar.only(text, {})
    if clean is not None:
        if clean != text:
            same = next(
                (at for at, (a, b) in enumerate(zip(clean, text, strict=False)) if a != b), len(clean)
            )
            yield _Found(same, len(text), Detail.WORDS)
        return
    source = _SOURCE.match(text)
    if source is not None:
        if strange(source["found"]):
            yield _Found(*source.span("found"), Detail.WORDS)
        return
    free = _FREE.match(text)
    if free is not None:
        for start, end in strange(text[free.end() :]):
            yield _Found(free.end() + start, free.end() + end, Detail.WORDS)


def _by_format(text: str, *, with_columns: bool) -> Iterator[_Found]:
    """What a line of that kind carries by its format: names of samples, commands."""
    if text.startswith("@"):
        if _READ_GROUP.match(text):
            yield from _groups(_GROUP_NAMES, text, Detail.SAMPLE_NAME)
            for one in _groups(GROUP_ID, text, Detail.READ_NAME):
                if is_strange(text[one.start : one.end]):
                    yield one
            for one in _groups(_GROUP_WORDS, text, Detail.READ_NAME):
                if strange(text[one.start : one.end]):
                    yield one
        elif _PROGRAM.match(text):
            yield from _groups(_PROGRAM_COMMAND, text, Detail.COMMAND)
        return
    samples = _SAMPLES.match(text)
    if samples is not None:
        begin = samples.start("found")
        for match in _VALUE.finditer(samples["found"]):
            start, end = match.span("found")
            quoted = match["found"].startswith('"')
            if match["found"].strip('"') not in ("", REMOVED):
                yield _Found(begin + start + quoted, begin + end - quoted, Detail.SAMPLE_NAME)
        return
    command = _COMMAND.match(text)
    if command is not None:
        group = "found" if command["found"] is not None else "found_too"
        if command[group] != REMOVED:
            yield _Found(*command.span(group), Detail.COMMAND)
    if with_columns:
        columns = _COLUMNS.match(text)
        if columns is not None and columns["found"] != REMOVED:
            yield _Found(*columns.span("found"), Detail.SAMPLE_NAME)


def _groups(pattern: re.Pattern[str], text: str, detail: Detail) -> Iterator[_Found]:
    for match in pattern.finditer(text):
        if match["found"] != REMOVED:
            yield _Found(*match.span("found"), detail)


def _apart(found: Iterable[_Found]) -> Iterator[_Found]:
    """Details from left to right; of those that overlap one, of the widest reach."""
    widest: _Found | None = None
    for one in sorted(found, key=lambda each: (each.start, -each.end, each.detail in _BY_RULE)):
        if widest is None or one.start >= widest.end:
            if widest is not None:
                yield widest
            widest = one
        elif one.end > widest.end:
            widest = widest._replace(end=one.end)
    if widest is not None:
        yield widest


def _mask(found: str) -> str:
    """The first letter, and dots."""
    return found[:1] + "…" if found[:1].isalnum() else "…"
