"""What one person read on a paper form: an answer to every clause, the lists beside them, and who signed.

    Reading(answers={"QC": Answer.YES, "HOM": Answer.BOTH}, signature=Signature(present=True, ...))

Pure. A clause left blank says nothing. Both boxes crossed say what narrows: no to a use, yes to a condition.
What becomes of a reading is in paper.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Self

from consent.clauses import Clause
from consent.errors import PaperRefused
from consent.terms import Capacity, Modifier

SIGNATURE = "signature"  # the part of a reading that is no clause
WIDENS = "CC"  # the one condition that allows more


class Answer(StrEnum):
    """What stands beside a clause. UNREADABLE is said by the third person alone."""

    YES = "yes"
    NO = "no"
    BLANK = "blank"
    BOTH = "both"
    UNREADABLE = "unreadable"


class Side(StrEnum):
    """Which reader the third person sides with, clause by clause."""

    FIRST = "first"
    SECOND = "second"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who signed, in whose name, on which day; `signer` is how an upper floor names one who acts for her."""

    present: bool
    capacity: Capacity = Capacity.SELF
    signer: str = ""
    on: date | None = None

    @property
    def is_whole(self) -> bool:
        return self.present and self.on is not None

    def as_json(self) -> dict[str, Any]:
        return {
            "present": self.present,
            "capacity": str(self.capacity),
            "signer": self.signer,
            "on": self.on.isoformat() if self.on else None,
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        return cls(
            present=said["present"] is True,
            capacity=Capacity(said["capacity"]),
            signer=said["signer"],
            on=date.fromisoformat(said["on"]) if said["on"] else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All that one person saw on one form."""

    answers: Mapping[str, Answer]
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)  # what an asking clause names
    signature: Signature

    def as_json(self) -> dict[str, Any]:
        """Answer and list by clause: how a reading is kept, and how two are compared."""
        return {
            id: {"answer": str(answer), "named": sorted(set(self.lists.get(id, ())))}
            for id, answer in self.answers.items()
        }

    @classmethod
    def from_json(cls, answers: Mapping[str, Any], signature: Mapping[str, Any]) -> Self:
        return cls(
            answers={id: Answer(said["answer"]) for id, said in answers.items()},
            lists={id: tuple(said["named"]) for id, said in answers.items() if said["named"]},
            signature=Signature.from_json(signature),
        )

    def parts(self) -> dict[str, Any]:
        return {**self.as_json(), SIGNATURE: self.signature.as_json()}


def check(reading: Reading, clauses: Sequence[Clause]) -> None:
    """Raise PaperRefused for a reading that is not one of this form."""
    ids = {clause.id for clause in clauses}
    if foreign := sorted(reading.answers.keys() - ids):
        raise PaperRefused(f"This form does not ask about {', '.join(foreign)}. Nothing was recorded.")
    if missing := [clause.id for clause in clauses if clause.id not in reading.answers]:
        raise PaperRefused(f"Nothing was keyed for {', '.join(missing)}. Nothing was recorded.")
    if Answer.UNREADABLE in reading.answers.values():
        raise PaperRefused("A reader says what she sees; a blank is a blank. Nothing was recorded.")
    asking = {clause.id for clause in clauses if clause.asks and reading.answers[clause.id] is Answer.YES}
    if idle := sorted(id for id, named in reading.lists.items() if named and id not in asking):
        raise PaperRefused(
            f"A list was keyed for {', '.join(idle)}, where the form asks for none or is not ticked. "
            "Nothing was recorded."
        )


def differences(first: Reading, second: Reading) -> list[str]:
    """The parts that two readers saw differently: clauses in the order of the form, the signature last."""
    one, other = first.parts(), second.parts()
    return [part for part in one if one[part] != other[part]]


def settled(first: Reading, second: Reading, sides: Mapping[str, Side]) -> Reading:
    """What the form says once somebody has sided, part by part, where the two differ. An unreadable signature
    is none."""
    differing = differences(first, second)
    if set(sides) != set(differing):
        raise PaperRefused("Every difference has to be settled, and nothing else. Nothing was recorded.")
    answers, lists = dict(first.answers), dict(first.lists)
    signature = first.signature
    for part, side in sides.items():
        chosen = second if side is Side.SECOND else first
        if part == SIGNATURE:
            signature = Signature(present=False) if side is Side.UNREADABLE else chosen.signature
            continue
        lists.pop(part, None)
        if side is Side.UNREADABLE:
            answers[part] = Answer.UNREADABLE
        else:
            answers[part] = chosen.answers[part]
            lists |= {part: chosen.lists[part]} if part in chosen.lists else {}
    return Reading(answers=answers, lists=lists, signature=signature)


def ticked(reading: Reading, clauses: Iterable[Clause]) -> dict[str, object]:
    """The ticks of a reading as consent.clauses.said takes them. A tick that names nothing where the form
    asks for a list says nothing."""
    ticks: dict[str, object] = {}
    for clause in clauses:
        answer, named = reading.answers[clause.id], reading.lists.get(clause.id, ())
        crossed = answer is Answer.BOTH and _narrows(clause) and not clause.asks
        if (answer is Answer.YES or crossed) and (named or not clause.asks):
            ticks[clause.id] = list(named) if clause.asks else True
    return ticks


def refused(reading: Reading, clauses: Iterable[Clause]) -> set[str]:
    """The families in which some use was crossed out."""
    noes = (Answer.NO, Answer.BOTH)
    return {clause.family for clause in clauses if clause.allows and reading.answers[clause.id] in noes}


def conditions(reading: Reading, clauses: Iterable[Clause]) -> dict[str, set[Modifier]]:
    """The conditions that take, by family, as somebody set them. One whose list was not filled in is like no
    other, so no yes that stands has it."""
    found: dict[str, set[Modifier]] = {}
    for clause in clauses:
        answer, modifier = reading.answers[clause.id], clause.modifier
        crossed = answer is Answer.BOTH and not clause.allows
        if modifier is not None and modifier.code != WIDENS and (answer is Answer.YES or crossed):
            named = tuple(sorted(set(reading.lists.get(clause.id, ()))))
            whole = Modifier.of(modifier.code, **{clause.asks: named}) if clause.asks and named else modifier
            found.setdefault(clause.family, set()).add(whole)
    return found


def unsettled(reading: Reading, clauses: Iterable[Clause]) -> set[str]:
    """The families in which a condition cannot be told: whether she set it, or what it names. A yes without
    its condition would be wider than hers, so there is none."""
    return {
        clause.family
        for clause in clauses
        if not clause.allows
        and (
            reading.answers[clause.id] is Answer.UNREADABLE
            or (
                (clause.asks and reading.answers[clause.id] in (Answer.YES, Answer.BOTH))
                and not reading.lists.get(clause.id)
            )
        )
    }


def _narrows(clause: Clause) -> bool:
    return not clause.allows and clause.modifier is not None and clause.modifier.code != WIDENS
