"""Which statement of a record speaks: the head of a family, for the participant and for one file.

A no is in force from the instant it was recorded, whoever gave it and however it came. A yes is in force when
its time has come and, on paper, two people read it alike. The newest in force displaces the older ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from consent.reasons import Reason
from consent.terms import Level, Source, Statement, Verb

EVERYTHING = "*"  # the family that can only narrow


@dataclass(frozen=True, slots=True)
class Heads:
    """What speaks for a family: the head of the participant, of the file, or both, and every one must permit;
    only where there is neither, why the newest pending grant does not speak yet."""

    all: tuple[Statement, ...]
    pending: Reason | None


def heads(statements: Iterable[Statement], family: str, file: str | None, at: datetime) -> Heads:
    """The heads of one family at an instant. Without a file, only what was said for the whole participant."""
    head: dict[Level, Statement] = {}
    waiting: dict[Level, tuple[Statement, Reason]] = {}
    for statement in statements:
        if statement.family != family and statement.family != EVERYTHING:
            continue
        if statement.recorded_at > at or statement.decision is Verb.CONTINUE:
            continue
        level = statement.level
        if level is Level.FILE and (file is None or statement.file != file):
            continue
        if statement.decision is Verb.GRANT:
            if statement.family == EVERYTHING:
                continue
            why = pending(statement, at)
            if why is not None:
                if level not in waiting or waiting[level][0].seq < statement.seq:
                    waiting[level] = statement, why
                continue
        if level not in head or head[level].seq < statement.seq:
            head[level] = statement
    spoken = tuple(head[level] for level in Level if level in head)
    return Heads(spoken, _why(waiting) if waiting and not head else None)


def pending(grant: Statement, at: datetime) -> Reason | None:
    """Why a recorded grant is not in force yet; None when it is."""
    if grant.effective_at > at:
        return Reason.CONSENT_NOT_YET_EFFECTIVE
    if not is_read_alike(grant):
        return Reason.AUTH_PAPER_NOT_VERIFIED
    return None


def is_read_alike(statement: Statement) -> bool:
    """On paper, two different people keyed the same answers; in the portal there is nothing to read."""
    if statement.source is Source.PORTAL:
        return True
    return statement.paper is not None and statement.paper.is_verified


def _why(waiting: dict[Level, tuple[Statement, Reason]]) -> Reason:
    _, reason = waiting.get(Level.FILE) or waiting[Level.PARTICIPANT]
    return reason
