"""The words that headers are made of, as a list; whatever else stands in a header may be about somebody.

    strange("Depth of reads, Jane 1971-03-09")   # [(16, 31)]: where the strange words begin and end

No pattern knows every name, so this asks the other way round: a piece of text is nobody's only when every
word of it is in data/header_words.txt, is as short as an initial, or is a number too short to be one's own.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_LIST = Path(__file__).parents[1] / "data" / "header_words.txt"
_ALSO_NAMES = frozenset(("Will", "May", "Mark"))  # words in small letters, people with a capital
_SHORT = 2  # letters of a word; three in capitals
_MOST_DIGITS = 4

# Whatever a reader takes for the name of a build (formats.builds), wherever it stands.
_BUILD = (
    r"(?i:grch_?3[6-8]|hg_?(?:1[6-9]|38)|hs3[78]|g1k_v37|ncbi_?3[5-8]|build\s{0,3}3[5-8]|chm13|t2t"
    r"|(?<![a-z0-9])b3[5-8])"
)
_NOBODYS = "|".join(  # what machines write
    (
        r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?:[A-Z]{3,4} )?\d{4}",
        r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?Z?",
        r"(?<![\w.])rs\d{1,12}(?!\w)",
        r"(?<![\w.])[+-]?\d{0,3}\.\d{1,12}(?:[eE]-?\d{1,3})?(?![\w.])",
        r"(?i:version|v)[ =:]{0,2}\d[\w.+\-]{0,40}",
        r"(?<!\w)\d{1,3}\.\d{1,3}(?:\.\d{1,3})?(?:[+\-](?:htslib|samtools)-\d[\d.]{0,10})?(?![\w.])",
        r"(?i:grch|hg|hs|b|ncbi|human_g1k_v|g1k)_?\d{2}(?:\.?p\d{1,2})?(?![\w.])|(?i:hs37d5|hs38dh)",
        r"(?<!\w)1000G(?:enomes)?",
        _BUILD,
    )
)
# Parts of letters and digits, four digits or more: 5521-AX-90, A7.33.0.18, 3/3/1971.
_CODE = r"(?<![\w.])[A-Z0-9][A-Za-z0-9]{0,11}(?:[/.\-][A-Za-z0-9]{1,11}){1,6}(?![\w/.\-])"
_WORD = (  # also a part of a word that is written like ThisOne
    r"[A-Z]?[a-zß-öø-ÿ'’]+(?![^\W\d_])|[A-Z]+(?=[A-Z][a-z])|[A-Z]+(?![^\W\d_])|[A-Z]?[a-z]+(?=[A-Z])|[^\W\d_]+"
)
_PLAIN = rf"(?P<word>{_WORD})|(?P<number>\d(?:[ ./:,\-]{{0,2}}\d)*)|(?P<at>@)"
_PIECE = re.compile(rf"(?P<nobodys>{_NOBODYS})|(?P<code>{_CODE})|{_PLAIN}")
_PART = re.compile(_PLAIN)
_BUILDS = re.compile(_BUILD)
_ANYTHING = re.compile(r"\w")


def strange(text: str) -> list[tuple[int, int]]:
    """Where the words begin and end that are not of a header's words; those next to each other as one."""
    places: list[tuple[int, int]] = []
    for piece in _strange(text):
        begin, end = piece.span()
        if places and not _ANYTHING.search(text, places[-1][1], begin):
            begin, _ = places.pop()
        places.append((begin, end))
    return places


def builds(text: str) -> list[str]:
    """The very letters that name a build."""
    return _BUILDS.findall(text)


def has_strange_word(text: str) -> bool:
    """Whether any word is strange, whatever its numbers are."""
    return any(piece["word"] for piece in _strange(text))


def _strange(text: str) -> Iterator[re.Match[str]]:
    for piece in _PIECE.finditer(text):
        if piece["code"] is not None and not _is_long(piece[0]):
            yield from filter(_is_strange, _PART.finditer(text, *piece.span()))
        elif _is_strange(piece):
            yield piece


def _is_strange(piece: re.Match[str]) -> bool:
    match piece.lastgroup:
        case "nobodys":
            return False
        case "word":
            return not _is_known(piece[0].strip("'’"))
        case "number":
            return _is_long(piece[0], _MOST_DIGITS + 1)
    return True


def _is_long(number: str, digits: int = _MOST_DIGITS) -> bool:
    return sum(map(str.isdigit, number)) >= digits


def _is_known(word: str) -> bool:
    if not word.isascii():
        return False
    if len(word) <= _SHORT + word.isupper():
        return True
    return word not in _ALSO_NAMES and word.lower().removesuffix("'s") in _known()


@cache
def _known() -> frozenset[str]:
    return frozenset(_LIST.read_text(encoding="ascii").split())
