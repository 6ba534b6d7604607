"""What a header's line may say, by the format it is of: each value with its grammar, and nothing else.

    only("##contig=<ID=20,length=9,owner=Jane>", {})   # "##contig=<ID=20,length=9>"

A date is a date, a length digits, a digest one; a name that records go by is one that programs give, or gets
another; whatever else is said is held against the words of headers. What is not foreseen is left out. Lines
of other kinds, for which no grammar is known, are `walled.cleaning`'s: None here.
"""

import re
from collections.abc import Callable, Mapping

from genomics.intake.header_words import builds, strange

REMOVED = "removed"
Names = dict[str, str]  # what is named anew in one header: what instead
_Rule = Callable[[str, Names], str | None]  # the value as it may stand; None: left out

# No file of these formats is older than they are: an older date is somebody's.
_YEAR = r"20(?:0[5-9]|[1-9]\d)"
_TIME = r"(?:[T ]\d{1,2}:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)?"
_DATE = re.compile(
    rf"{_YEAR}(?:0[1-9]|1[0-2])[0-3]\d|{_YEAR}-[01]?\d-[0-3]?\d{_TIME}|[0-3]?\d[./-][0-3]?\d[./-]{_YEAR}"
    r"|(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?[A-Z][a-z]{2} [ \d]?\d"
    rf"(?: \d\d:\d\d:\d\d)?(?: [A-Z]{{3,4}})? {_YEAR}"
)
_CONTIG = re.compile(  # chromosomes, accessions, decoys, HLA alleles
    r"(?i:chr)?(?:\d{1,3}|[A-Za-z]{1,2}|EBV)"
    r"|(?:chr(?:Un|\d{1,2}|[XYM])_)?[A-Z]{1,4}_?\d{5,12}(?:[.v]\d{1,2})?(?:_(?:random|alt|decoy|fix))?"
    r"|chr(?:\d{1,2}|[XY])_(?:gl|ctg)\w{4,20}|HLA-[A-Z]{1,4}\d?\*\d[\d:]{1,20}[A-Z]?"
    r"|(?:gi\|\d{1,12}\|)?(?:ref|gb|emb|dbj)\|[A-Z]{1,4}_?\d{5,12}\.\d{1,2}\|?"
)
_PLAIN_ID = re.compile(r"\*|[0-9A-Za-z_][0-9A-Za-z_.:+\-]{0,63}")
_WORD = re.compile(
    r"[A-Z][a-z]{3,}|[a-z]{4,}|[A-Z]{11,}|\d{5,}"
)  # what may be a name, or a number of one's own
_DATED = re.compile(r"\d{4}[._:\-]\d{1,2}[._:\-]\d{1,2}|\d{1,2}[._:\-]\d{1,2}[._:\-]\d{4}|\d{3}-\d{3}")
_OURS = re.compile(rf"{REMOVED}\d{{0,6}}")
_BASES = re.compile(r"[ACGTUMRWSYKVHDBN*+\-]{1,400}")
_DIGEST, _DIGITS = re.compile(r"[0-9a-fA-F]{32}"), re.compile(r"-?\d{1,10}")
_SIZE = re.compile(r"-?\d{1,5}")
_STATED = re.compile(r"\d{1,2}\.\d{1,2}")
_VERSION = re.compile(
    r"(?!.{0,60}\d-\d{1,4}-\d)[vV]?\d{1,4}"
    r"(?:[.\-+_]?(?:\d{1,4}|g?[0-9a-f]{7,12}|r|p|a|b|rc|beta|alpha|dev|htslib|samtools|dirty|SNAPSHOT)){0,9}"
)
_NUMBER = re.compile(r"\d{1,4}|[ARGPM.]|L[ARG]")
_TYPE = re.compile(r"Integer|Float|Flag|Character|String|Float64|Integer64")
_FORMAT = re.compile(r"(##fileformat=VCFv\d{1,2}\.\d{1,2}\s*).*", re.DOTALL)

_LINE = re.compile(r"##(?P<kind>INFO|FORMAT|FILTER|ALT|contig)=(?P<rest>.*)", re.DOTALL)
_VALUE = re.compile(r"##(?P<kind>fileDate|phasing|reference|assembly)=(?P<value>.*)", re.DOTALL)
# Begins only at a comma and never gives back what it took, so that no line costs more than its length.
_ENTRY = re.compile(r'(?:(?<=<)|,)\s{0,8}+([^=,<>"]{1,256}+)=("(?:[^"\\]++|\\.)*+"|[^,">]*+)', re.DOTALL)
_COMMON = re.compile(  # the many lines that no header is without
    r"##contig=<ID=(?:chr)?(?:\d{1,2}|X|Y|M|MT)(?:,length=\d{1,12})?(?:,assembly=[bB]37)?>|@SQ\tSN:[^\t]+\tLN:\d{1,12}"
)


def only(line: str, names: Names) -> str | None:
    """The line with nothing in it that its format does not foresee; None for a line of another kind. What
    records go by and is named anew is remembered in `names`, and written alike wherever it stands."""
    if _COMMON.fullmatch(line):
        return line
    if line.startswith("@"):
        return _of_reads(line, names)
    declared, valued, version = _LINE.fullmatch(line), _VALUE.fullmatch(line), _FORMAT.fullmatch(line)
    if version is not None:
        return version[1]
    if valued is not None:
        kind, value = valued["kind"], valued["value"]
        said = _date(value, names) if kind == "fileDate" else whole(value)
        return f"##{kind}={REMOVED if said is None else said}"
    return None if declared is None else _declaration(declared["kind"], line, names)


def is_odd_id(name: str) -> bool:
    """Whether the name of a field, filter or symbol is none that programs give."""
    if _OURS.fullmatch(name):
        return False
    if _PLAIN_ID.fullmatch(name) is None or _DATED.search(name):
        return True
    return any(strange(word) or word.isdigit() for word in _WORD.findall(name))


def is_odd_contig(name: str) -> bool:
    """The same of a sequence's name."""
    if _CONTIG.fullmatch(name) or _OURS.fullmatch(name):
        return False
    return bool(strange(name) or _DATED.search(name))


def whole(value: str, _names: Names | None = None) -> str:
    """The value if it is made of words of headers; else the builds that it names, for readers go by them."""
    if REMOVED not in value and not strange(value):
        return value
    return " ".join(dict.fromkeys((REMOVED, *builds(value))))


def _declaration(kind: str, line: str, names: Names) -> str:
    if not line.startswith("<", len(kind) + len("##=")):
        return f"##{kind}={REMOVED}"
    rules, others = _RULES[kind]
    entries = []
    for match in _ENTRY.finditer(line, len(kind) + len("##=<")):
        key, value = match[1].strip(), match[2]
        rule = rules.get(key, others)
        inner = value[1:-1] if value.startswith('"') else value
        said = rule(inner, names) if rule is not None and not strange(key) else None
        if said is not None:
            entries.append(f'{match[1]}="{said}"' if value.startswith('"') else f"{match[1]}={said}")
    clean = f"##{kind}=<{','.join(entries)}>"
    return line if line.rstrip() == clean else clean


def _of_reads(line: str, names: Names) -> str | None:
    kind, *fields = line.split("\t")
    if kind == "@CO":
        return None
    rules = _TAGS.get(kind)
    if rules is None:
        return f"@CO\t{REMOVED}"
    others = whole if kind == "@RG" else None
    said = [kind]
    for field in fields:
        key, _, value = field.partition(":")
        rule = rules.get(key, others)
        clean = rule(value, names) if rule is not None else None
        if clean is not None:
            said.append(f"{key}:{clean}")
    return "\t".join(said)


def _like(*forms: re.Pattern[str]) -> _Rule:
    return lambda value, _names: value if any(form.fullmatch(value) for form in forms) else None


def _whole_or(*forms: re.Pattern[str]) -> _Rule:
    return lambda value, _names: value if any(form.fullmatch(value) for form in forms) else whole(value)


def _anew(is_odd: Callable[[str], bool]) -> _Rule:
    """A name that others go by: another instead of an odd one."""

    def rule(value: str, names: Names) -> str:
        return names.setdefault(value, f"{REMOVED}{len(names) + 1}") if is_odd(value) else value

    return rule


def _aliases(value: str, _names: Names) -> str | None:
    return ",".join(one for one in value.split(",") if not is_odd_contig(one)) or None


def _as_it_is(value: str, _names: Names) -> str:
    return value


_date = _like(_DATE)
_fields: Mapping[str, _Rule] = {
    "ID": _anew(is_odd_id),
    "Number": _like(_NUMBER),
    "Type": _like(_TYPE),
    "Length": _like(_DIGITS),
    "IDX": _like(_DIGITS),
}
_contigs: Mapping[str, _Rule] = {
    "ID": _anew(is_odd_contig),
    **dict.fromkeys(("length", "IDX"), _like(_DIGITS)),
    **dict.fromkeys(("md5", "MD5", "M5"), _like(_DIGEST)),
    **dict.fromkeys(("assembly", "species", "taxonomy"), whole),
}
_RULES: Mapping[str, tuple[Mapping[str, _Rule], _Rule | None]] = {
    **dict.fromkeys(("INFO", "FORMAT", "FILTER", "ALT"), (_fields, whole)),
    "contig": (_contigs, None),
}
_TAGS: Mapping[str, Mapping[str, _Rule]] = {
    "@HD": {"VN": _like(_STATED), **dict.fromkeys(("SO", "GO", "SS"), whole)},
    # Reads go by SN, and a BAM's list of contigs must be the same: it stays.
    "@SQ": {
        "SN": _as_it_is,
        "LN": _like(_DIGITS),
        "M5": _like(_DIGEST),
        "AN": _aliases,
        **dict.fromkeys(("AS", "SP", "DS", "UR", "TP", "AH"), whole),
    },
    "@RG": {  # names and other text of a group are taken out by rule (`screen`)
        **dict.fromkeys(("ID", "SM", "LB", "PU", "DS"), _as_it_is),
        "DT": _like(_DATE),
        "PI": _like(_SIZE),
        **dict.fromkeys(("FO", "KS"), _whole_or(_BASES)),
    },
    "@PG": {
        **dict.fromkeys(("ID", "PP"), _anew(is_odd_id)),
        "PN": whole,
        "VN": _whole_or(_VERSION),
        **dict.fromkeys(("CL", "DS"), _as_it_is),  # commands are taken out by rule (`screen`)
    },
}
