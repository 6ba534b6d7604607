"""Identifying details in what a file carries beside its genotypes: found, shown masked, never kept.

Looks through header and comment lines: e-mail addresses, the VCF's sample name, paths with a user's name,
dates of birth, names and record numbers that are labelled as such. A Finding carries no more of the text
than helps its owner to recognise it. What happens then is intake's to decide.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

MOST_FINDINGS = 100


class Detail(StrEnum):
    """What kind of detail was found, each with its sentence."""

    EMAIL = "email"
    SAMPLE_NAME = "sample_name"
    PATH = "path"
    BIRTH = "birth"
    NAME = "name"
    RECORD_NUMBER = "record_number"

    @property
    def sentence(self) -> str:
        return _SENTENCES[self]


_SENTENCES = {
    Detail.EMAIL: "an e-mail address",
    Detail.SAMPLE_NAME: "the name the laboratory gave the sample",
    Detail.PATH: "a folder on somebody's computer that carries a user's name",
    Detail.BIRTH: "a date of birth",
    Detail.NAME: "a person's name",
    Detail.RECORD_NUMBER: "a patient or record number",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One detail: its kind, its line (1-based), and its first letters."""

    detail: Detail
    line: int
    masked: str

    def __str__(self) -> str:
        what = f"{self.detail.sentence} ({self.masked})"
        return f"Line {self.line:,} carries {what}. It was left out of what is kept."


# Every repetition is bounded: a hostile header must not cost more than its length.
_LABEL = r"(?<![a-z])(?:{})[\s_]{{0,4}}[\"']?\s{{0,4}}[:=]\s{{0,4}}[\"']?\s{{0,4}}"
_PATTERNS: tuple[tuple[Detail, re.Pattern[str]], ...] = (
    (Detail.EMAIL, re.compile(r"(?P<found>[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5})")),
    (
        Detail.PATH,
        re.compile(
            r"(?:/home|/users|/export/home|\b[a-z]:\\users|\b[a-z]:/users)[/\\](?P<found>[^/\\\s,;\"'>]{1,64})",
            re.I,
        ),
    ),
    (
        Detail.BIRTH,
        re.compile(
            _LABEL.format(r"dob|d\.o\.b\.?|date[\s_-]?of[\s_-]?birth|birth[\s_-]?(?:date|day)|born(?:[\s_]on)?|geboren")
            + r"(?P<found>[0-9]{1,4}[./-][0-9a-z]{1,9}[./-][0-9]{1,4}|[0-9]{8}|[0-9]{4})",
            re.I,
        ),
    ),
    (
        Detail.NAME,
        re.compile(
            _LABEL.format(
                r"(?:patient|participant|donor|customer|client|subject|individual|full|first|last|sur|family|given)"
                r"[\s_-]?name|patient|customer|surname"
            )
            + r"(?P<found>[^\W\d_][^\s,;<>\"']{0,63}(?: [^\W\d_][^\s,;<>\"']{0,63}){0,3})",
            re.I,
        ),
    ),
    (
        Detail.RECORD_NUMBER,
        re.compile(
            _LABEL.format(r"mrn|nhs(?:[\s_-]?(?:no|number))?|ssn|(?:medical[\s_-]?)?record[\s_-]?(?:no|number|id)|patient[\s_-]?id")
            + r"(?P<found>[0-9A-Z][0-9A-Z -]{2,31})",
            re.I,
        ),
    ),
)  # fmt: skip
_WORTH_A_LOOK = re.compile(
    r"[@\\]|/home|/users|birth|dob|d\.o\.b|born|geboren|name|patient|customer|mrn|nhs|ssn|record", re.I
)


def look(lines: Iterable[tuple[int, str]]) -> tuple[Finding, ...]:
    """Every detail in numbered header or comment lines, in order; at most MOST_FINDINGS."""
    findings: list[Finding] = []
    for number, text in lines:
        if _WORTH_A_LOOK.search(text):
            findings.extend(_in_line(number, text))
        if len(findings) >= MOST_FINDINGS:
            break
    return tuple(findings[:MOST_FINDINGS])


def sample_name(line: int, name: str) -> Finding:
    """A VCF's sample name: always worth telling, for it may be somebody's name."""
    return Finding(detail=Detail.SAMPLE_NAME, line=line, masked=_mask(name))


def _in_line(number: int, text: str) -> Iterator[Finding]:
    for detail, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            yield Finding(detail=detail, line=number, masked=_mask(match["found"]))


def _mask(found: str) -> str:
    """The first letter, and dots."""
    return found[:1] + "…" if found[:1].isalnum() else "…"
