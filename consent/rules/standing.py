"""How the person and the file stand: gates that hold before anything is asked of the record.

A freeze and a quarantine are holds for safety; they widen nothing.
"""

from collections.abc import Iterator
from datetime import datetime

from consent.reasons import Reason
from consent.terms import File, FileState, Subject

ACTIVE = FileState.ACTIVE  # see precedence


def of_subject(subject: Subject, at: datetime) -> Iterator[Reason]:
    """Erased, not verified, or frozen."""
    if subject.erased_at is not None and subject.erased_at <= at:
        yield Reason.SUBJ_ERASED
    if subject.identity_verified is not True:
        yield Reason.SUBJ_IDENTITY_UNVERIFIED
    if subject.freezes and is_frozen(subject, at):
        yield Reason.SUBJ_FROZEN


def is_frozen(subject: Subject, at: datetime) -> bool:
    """Whether a hold is on at this instant: from its start, up to but not including its end."""
    return any(hold.since <= at and (hold.until is None or at < hold.until) for hold in subject.freezes)


def of_file(file: File) -> Iterator[Reason]:
    """Anything but an active file is not read."""
    if file.state is not ACTIVE:
        yield Reason.FILE_ERASED if file.state is FileState.ERASED else Reason.FILE_QUARANTINED
