"""Which statement of a record speaks: the head of a family, for the participant and for one file.

A no is in force from the instant it was recorded, whoever gave it and however it came. A yes is in force when
its time has come and, on paper, two people read it alike. The newest in force displaces the older ones.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from consent.reasons import Reason
from consent.terms import Level, Source, Statement, Verb

EVERYTHING = "*"  # the family that can only narrow

# Taken from their enums once: to ask an enum for one of its own takes longer than to compare with it.
GRANT, CONTINUE, OF_FILE, PORTAL = Verb.GRANT, Verb.CONTINUE, Level.FILE, Source.PORTAL


class Heads(NamedTuple):
    """What speaks for a family: the head of the participant, of the file, or both, and every one must permit;
    only where there is neither, why the newest pending grant does not speak yet."""

    all: tuple[Statement, ...]
    pending: Reason | None


def heads(statements: Iterable[Statement], family: str, file: str | None, at: datetime) -> Heads:
    """The heads of one family at an instant. Without a file, only what was said for the whole participant."""
    newest: list[Statement | None] = [None, None]  # that is in force, of the participant and of the file
    waiting: list[Statement | None] = [None, None]
    for statement in statements:
        if statement.family != family and statement.family != EVERYTHING:
            continue
        decision = statement.decision
        if statement.recorded_at > at or decision is CONTINUE:
            continue
        of_file = statement.level is OF_FILE
        if of_file and (file is None or statement.file != file):
            continue
        among = newest
        if decision is GRANT:
            if statement.family == EVERYTHING:
                continue
            if pending(statement, at) is not None:
                among = waiting
        other = among[of_file]
        if other is None or other.seq < statement.seq:
            among[of_file] = statement
    spoken = tuple([one for one in newest if one is not None])
    waits = waiting[True] or waiting[False]
    return Heads(spoken, pending(waits, at) if waits is not None and not spoken else None)


def pending(grant: Statement, at: datetime) -> Reason | None:
    """Why a recorded grant is not in force yet; None when it is."""
    if grant.effective_at > at:
        return Reason.CONSENT_NOT_YET_EFFECTIVE
    if not is_read_alike(grant):
        return Reason.AUTH_PAPER_NOT_VERIFIED
    return None


def is_read_alike(statement: Statement) -> bool:
    """On paper, two different people keyed the same answers; in the portal there is nothing to read."""
    if statement.source is PORTAL:
        return True
    return statement.paper is not None and statement.paper.is_verified
