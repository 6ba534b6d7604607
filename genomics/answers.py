"""What may be said: granularities, answers, and the suppression of small counts.

Pure. How an answer is found is in matching; who may hear it, upstairs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

THRESHOLD = 10  # fewer people than this are never told apart from none


class Granularity(StrEnum):
    """How much an answer may tell: yes or no, a number, or one record a person (Beacon v2)."""

    BOOLEAN = "boolean"
    COUNT = "count"
    RECORD = "record"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is said. A suppressed answer has no number at all: `fewer_than` stands in its place. `pairs` are
    what two of the people in the records share with each other, `telling` how many and how fine it is."""

    question: str  # the kind of question
    granularity: Granularity  # returned; what was asked stands in the question
    count: int | None = None
    fewer_than: int | None = None
    frequency: float | None = None
    records: tuple[Mapping[str, Any], ...] = ()
    pairs: tuple[Mapping[str, Any], ...] = ()
    telling: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "question": self.question,
            "granularity": str(self.granularity),
            "count": self.count,
            "fewer_than": self.fewer_than,
            "frequency": self.frequency,
            "records": list(self.records),
            "pairs": list(self.pairs),
            "telling": None if self.telling is None else dict(self.telling),
            "notes": list(self.notes),
        }


def only(answer: Mapping[str, Any], stays: Callable[[str], bool]) -> dict[str, Any]:
    """An answer in JSON without those who do not stay: their records, and every pair that one of them is in.
    Nothing else of it is about anybody, so it is what it had been, had they never been here."""
    return {
        **answer,
        "records": [one for one in answer["records"] if stays(one["person"])],
        # Answers of before there were any have none.
        "pairs": [one for one in answer.get("pairs", ()) if all(map(stays, one["people"]))],
    }


def counted(question: str, count: int, *, asked_of: int, frequency: float | None = None) -> Answer:
    """A number of people, among `asked_of` who could have been counted. Suppressed when either number is
    small."""
    small = count < THRESHOLD or asked_of < THRESHOLD
    return Answer(
        question=question,
        granularity=Granularity.COUNT,
        count=None if small else count,
        fewer_than=THRESHOLD if small else None,
        frequency=None if small else frequency,
        notes=(f"Fewer than {THRESHOLD}. Small groups are not shown.",) if small else (),
    )
