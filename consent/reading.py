"""How hard a text is to read: the Flesch-Kincaid grade for English, the length of sentences for any language.

The grade is about the school year in which a text is understood; we aim at 8 or less. Syllables are counted
by a rule of thumb that is right for nine words in ten, which is enough for an average. Pure.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

AIM = 8.0  # the grade of an English text
WORDS_ON_AVERAGE, WORDS_AT_MOST = 15, 25  # of a sentence, in any language

_SENTENCE = re.compile(r"[.!?]+[\s\"”’)]+|\n+")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_LEFT_OVER = frozenset(("s", "t", "re", "ve", "ll", "d", "m", ""))  # by an apostrophe
_NOT = re.compile(r"[^aeiouyr]n['’]t$")  # isn't
_VOWELS = re.compile(r"[aeiouy]+")
# Where two vowels in a row are said apart, and where a written e is not said.
_APART = re.compile(
    r"(?<![cgst])ia|(?<![cgtx])iou|iet|io[dl]|eo(?![pnu])|(?<![gq])ua|(?<=[a-z])yo|[aeiou]ing$"
    r"|^sci|creat(?!ure)|eally$|[aeiouy].*ea$|opean$|eality"
)
_SILENT = re.compile(
    r"(?<=[aeiouy])[^aeiouyl]+e$|[aeiouy]le$|[aeiou]e$(?<!ee)|[^aeioudty]ed$|[^aeiouycgszxh]es$|[^c]hes$(?<!shes)"
    r"|^some(?=[a-z])|[^aeiouyl]e(?:ly|ment|ful|less)$"
)


@dataclass(frozen=True, slots=True)
class Ease:
    """What was measured. `grade` means something for English only."""

    words: int
    sentences: int
    longest: int  # words in the longest sentence
    grade: float

    @property
    def average(self) -> float:
        return self.words / max(self.sentences, 1)


def measure(text: str) -> Ease:
    """A text of any number of paragraphs. A line ends a sentence, as a full stop does."""
    counted = [(len(words), sum(map(syllables, words))) for words in map(_words, sentences(text)) if words]
    words = sum(many for many, _ in counted)
    said = sum(many for _, many in counted)
    grade = 0.39 * words / len(counted) + 11.8 * said / words - 15.59 if words else 0.0
    return Ease(words, len(counted), max((many for many, _ in counted), default=0), round(grade, 1))


def sentences(text: str) -> list[str]:
    return [one.strip() for one in _SENTENCE.split(text + "\n") if one.strip()]


def longest(text: str) -> str:
    """The sentence with the most words."""
    return max(sentences(text), key=lambda one: len(_words(one)), default="")


def syllables(word: str) -> int:
    """How many syllables an English word has. Capitals and digits are spelt out: DNA has three."""
    if word.isupper() or word.isdigit():
        return len(word)
    parts = re.split(r"['’-]", word.lower())
    heard = sum(_in_part(part) for part in parts if part not in _LEFT_OVER)
    return max(heard + bool(_NOT.search(word)), 1)


def _in_part(part: str) -> int:
    many = len(_VOWELS.findall(part)) + len(_APART.findall(part))
    return max(many - len(_SILENT.findall(part)), 1)


def jargon(text: str, words: Iterable[str]) -> list[str]:
    """Which of these words a text uses."""
    used = {word.lower() for word in _words(text)}
    return sorted(word for word in words if word in used)


def _words(text: str) -> list[str]:
    return _WORD.findall(text)
