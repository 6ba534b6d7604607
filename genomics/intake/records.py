"""What records say beside genotypes, where it may be about somebody: IDs of markers, values of INFO, tags of
reads. Judged alike by readers, who tell of it, and by `walled.rewriting`, which takes it out.

A gene, a disease and a person are words alike, so no list of words is asked here: a value is odd when it has
a detail by its pattern (an address, a date of birth, a labelled name) or a name that no program gives its
field. The tags of reads are those that the specification and the usual programs know, in their grammar.
"""

import re
from functools import lru_cache

from genomics.intake.details import PATTERNS, Detail
from genomics.intake.header_grammar import REMOVED, is_odd_id
from genomics.intake.header_words import has_strange_word

_REMEMBERED = 4096
_SHORT = 3
_AT = re.compile(rb"[\w.+%'\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,5}")
_KEY = re.compile(rb"(?:^|;)([^=;]*)")
_DIGIT = re.compile(rb"[0-9]")
_LABELS = re.compile(  # one of these must stand there before the patterns are asked
    rb"(?i)name|nama|nom|patient|pasien|donor|participant|proband|birth|born|dob|lahir|geb|mrn|record|nik|nhs|ssn"
    rb"|passport|paspor|phone|tel|mobile|hp|address|alamat|street|mail|@|\+\d|/home|users"
)
_PERSONAL = (Detail.EMAIL, Detail.NAME, Detail.BIRTH, Detail.RECORD_NUMBER, Detail.PHONE, Detail.PATH)
_PATTERNS = tuple(pattern for detail, pattern in PATTERNS if detail in _PERSONAL)
_NUMBERS = re.compile(rb"[0-9.,:;|/+\-eE]*|\.")
# What annotators write: words of genes and diseases between bars, by the thousand.
_ANNOTATIONS = re.compile(rb"(?:ANN|CSQ|BCSQ|EFF|LOF|NMD|vep|GENEINFO|Gene|SYMBOL|CLN\w*|dbNSFP_\w*|Func\w*)")

_CIGAR, _PLACES, _BASES = rb"[0-9MIDNSHP=X*]*", rb"[0-9A-Za-z.,;:*+\-_|=/#^]*", rb"[A-Za-z=.*+\-]*"
_QUALITIES = rb"[!-~ ]*"
_TAGS = {  # tags of text, and how their values look; groups are `read_names`'
    **dict.fromkeys((b"MC", b"OC", b"CG"), _CIGAR),
    **dict.fromkeys((b"SA", b"OA", b"XA", b"MD", b"CC"), _PLACES),
    **dict.fromkeys(
        (b"BC", b"RX", b"OX", b"CB", b"CR", b"UB", b"UR", b"E2", b"R2", b"CS"), rb"[ACGTUNacgtun0-3=.*+\-_]*"
    ),
    **dict.fromkeys((b"BQ", b"OQ", b"BZ", b"QX", b"QT", b"CY", b"UY", b"Q2", b"U2", b"CQ"), _QUALITIES),
    **dict.fromkeys((b"MM", b"Mm"), rb"[0-9A-Za-z?.,;+\-]*"),
    b"MI": rb"[0-9]{1,12}(?:/[AB])?",
    b"RG": rb"[^\t\0]*",
}
_TAG = {tag: re.compile(form) for tag, form in _TAGS.items()}
# All the tags of a binary read at once: none of another kind among them, and no array.
_ALL_TAGS = re.compile(
    rb"(?:[A-Za-z][A-Za-z0-9](?:[AcC].|[sS]..|[iIf]....)|(?:"
    + rb"|".join(rb"%sZ%s\0" % (tag, form) for tag, form in _TAGS.items())
    + rb"))*+",
    re.DOTALL,
)


def is_odd_marker(name: bytes) -> bool:
    """Whether the ID of a marker is a word, and none that a database gives: those have numbers."""
    if len(name) <= _SHORT or (_DIGIT.search(name) and b"@" not in name):
        return False
    return _is_odd_word(name)


def is_odd_value(value: bytes) -> bool:
    """Whether a value of INFO or FORMAT has a detail in it, as its key and what it says."""
    if not _LABELS.search(value) or _NUMBERS.fullmatch(value):
        return False
    text = value.decode("utf-8", "replace").replace("_", " ")
    found = (pattern.search(text) for pattern in _PATTERNS)
    return any(match is not None and match["found"].strip(" .") != REMOVED for match in found)


@lru_cache(maxsize=_REMEMBERED)
def is_odd_key(key: bytes) -> bool:
    """Whether no program names a field or filter so."""
    return key not in (b"", b".") and is_odd_id(key.decode("utf-8", "replace"))


def is_odd_entry(entry: bytes) -> bool:
    """The same of one KEY=value of INFO."""
    key, _, value = entry.partition(b"=")
    if is_odd_key(key):
        return True
    return bool(_AT.search(value)) if _ANNOTATIONS.fullmatch(key) else is_odd_value(entry)


def has_odd_entry(info: bytes) -> bool:
    """The same of all of INFO."""
    if info == b"." or not (_has_odd_key(tuple(_KEY.findall(info))) or _LABELS.search(info)):
        return False
    return any(map(is_odd_entry, info.split(b";")))


def has_address(text: bytes) -> bool:
    """Whether an e-mail address stands in it."""
    return b"@" in text and _AT.search(text) is not None


def is_odd_tag(tag: bytes, kind: bytes, value: bytes) -> bool:
    """Whether a read's tag is text that nobody needs to know."""
    if kind != b"Z":
        return False
    form = _TAG.get(tag)
    return form is None or form.fullmatch(value) is None


def are_known_tags(data: bytes, begin: int) -> bool:
    """Whether the tags of a binary read, from there on, are known at a glance; those with arrays are not."""
    return _ALL_TAGS.fullmatch(data, begin) is not None


@lru_cache(maxsize=_REMEMBERED)
def _has_odd_key(keys: tuple[bytes, ...]) -> bool:
    return any(map(is_odd_key, keys))


@lru_cache(maxsize=_REMEMBERED)
def _is_odd_word(name: bytes) -> bool:
    text = name.decode("utf-8", "replace")
    return text != REMOVED and (b"@" in name or has_strange_word(text))
