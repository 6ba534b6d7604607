"""What came of everything that was given to the verifier, a line each: it holds, it does not, or it was not
checked, and why. What is checked is in consent.ledger.checking.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from consent.errors import ConsentError, NoteRefused

TOLD = 100  # problems of one thing; the rest are counted
NEEDS_LEDGER = "It can only be held against a ledger: give the export of the ledger beside it."
NEEDS_OPENINGS = (
    "The ledger beside it was exported without what its events say, so nothing can be counted from it: give "
    "the whole ledger."
)
RESTS_ON_NOTHING = "The ledger beside it does not hold, so nothing can rest on it."


class Found(StrEnum):
    """What came of one thing."""

    HOLDS = "HOLDS"
    PROBLEM = "PROBLEM"
    UNREADABLE = "Nothing was verified of"
    ASIDE = ""


@dataclass(frozen=True, slots=True)
class Told:
    """One line: of what, how it stands, and a sentence."""

    found: Found
    name: str
    text: str


@dataclass(slots=True)
class Telling:
    """The lines, in the order in which things were found."""

    lines: list[Told] = field(default_factory=list)

    def say(self, name: str, wrong: Sequence[str], holds: str) -> None:
        """What does not hold of one thing; or that all of it does."""
        if not wrong:
            self.lines.append(Told(Found.HOLDS, name, holds))
            return
        self.lines += [Told(Found.PROBLEM, name, text) for text in wrong[:TOLD]]
        if len(wrong) > TOLD:
            self.lines.append(Told(Found.PROBLEM, name, f"{len(wrong) - TOLD} more of this kind."))

    def refuse(self, name: str, why: str) -> None:
        """It was asked for, and is not checked."""
        self.lines.append(Told(Found.UNREADABLE, name, why))

    def aside(self, text: str) -> None:
        self.lines.append(Told(Found.ASIDE, "", text))

    @contextmanager
    def reading(self, name: str, *, quiet: bool = False) -> Iterator[None]:
        """Whatever a file does to its reader becomes a sentence about that file, and the next one is read."""
        found = Found.UNREADABLE
        try:
            yield
            return
        except NoteRefused as refused:
            found, text = Found.PROBLEM, str(refused)
        except ConsentError as refused:
            text = str(refused)
        except UnicodeDecodeError:
            text = "It is no text, or not all of it."
        except MemoryError:
            text = "It is larger than what this machine can hold."
        except Exception as fault:  # a file of somebody who wants the program to end in silence
            text = f"It is not as it was given ({type(fault).__name__}: {fault})."
        if not quiet:
            self.lines.append(Told(found, name, text))
