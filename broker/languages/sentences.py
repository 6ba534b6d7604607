"""A sentence that was written in English, with its values in it, in the language that is spoken now.

`Line 12: This is no genotype. Nothing was stored.` is three sentences to the catalogue, where values are
numbered: `Line {1}:`. What stands in no catalogue is left as it is: a name, or what somebody typed.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polib
from django.utils.translation import get_language, gettext

LOCALE = Path(__file__).parent / "locale"
VALUE = re.compile(r"\{(\d+)\}")
FIRST = re.compile(r"^(\s+|\S+)")
ANY = r"(\S(?:(?!\. ).)*?)"  # what stands for a value: it goes on over no end of a sentence


@dataclass(frozen=True, slots=True)
class Turned:
    """A sentence with numbered values: how it is recognised, and what is said instead."""

    known: re.Pattern[str]
    instead: str
    sure: tuple[bool, int]  # that it is meant: it begins with a word of its own; how many letters are

    @classmethod
    def of(cls, pattern: str, instead: str) -> "Turned":
        own = VALUE.split(pattern)[::2]
        known = ANY.join(map(re.escape, own))
        sure = bool(own[0]), sum(map(len, own))
        return cls(re.compile(known + r"(?=\s|$)", re.DOTALL), instead, sure)

    def filled(self, match: re.Match[str]) -> str:
        return VALUE.sub(lambda place: spoken(match[int(place[1])]), self.instead)


def spoken(text: object) -> str:
    """`text`, an error or a sentence, in the language that is spoken now."""
    sentence = str(text)
    book = _book(get_language() or "en")
    if not book:
        return sentence
    if (whole := gettext(sentence)) != sentence:
        return whole
    told, rest = "", sentence
    while rest:
        found = [(one, match) for one in book if (match := one.known.match(rest))]
        if found:
            one, match = max(found, key=lambda pair: pair[0].sure)
            told, rest = told + one.filled(match), rest[match.end() :]
        else:  # what comes first, a word or a space, is nobody's
            behind = FIRST.sub("", rest, count=1)
            told, rest = told + rest[: len(rest) - len(behind)], behind
    return told


@cache
def _book(language: str) -> tuple[Turned, ...]:
    path = LOCALE / language / "LC_MESSAGES" / "django.mo"
    if not path.exists():
        return ()
    entries = polib.mofile(str(path))
    return tuple(Turned.of(one.msgid, one.msgstr) for one in entries if one.msgstr and " " in one.msgid)
