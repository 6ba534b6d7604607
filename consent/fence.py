"""The gate lock and the consent position: why a release and a withdrawal never overlap.

Whoever changes anybody's consent calls `advance` first in its transaction; a release calls `hold` first in
its own. On PostgreSQL that is one advisory lock, exclusive for changes and shared for releases; on SQLite
every transaction is IMMEDIATE, which is the same lock taken by the database. What it guards is decided
elsewhere (clearance).
"""

from collections.abc import Iterable

from django.db import connection, transaction
from django.db.models import Max

from consent import afterwards
from consent.errors import OutsideTransaction
from consent.models.kin import TwinLink
from consent.models.people import Change, Participant

LOCK = 0x67656E6F  # "geno": one lock for the whole house


def advance(participants: Iterable[int]) -> int:
    """Take the next consent position for a change that touches these ordinals, and mark them with it; and
    their registered twins, whose consent is asked together with theirs."""
    _lock("pg_advisory_xact_lock")
    change = Change.objects.create(position=position() + 1)
    touched = set(participants)
    touched |= set(TwinLink.objects.standing().twins_of(touched).values()) if touched else set()
    Participant.objects.filter(ordinal__in=touched).update(epoch=change.position)
    # What may not be forgotten by a restore goes outside the database, too, once it is committed.
    transaction.on_commit(afterwards.catch_up, robust=True)
    return change.position


def require_taken(tag: str) -> None:
    """Raises OutsideTransaction unless `advance` was called in this transaction. What a restore may not give
    back is written under the gate lock: so it reaches the file outside, and in the order of the ledger."""
    if not any(waiting is afterwards.catch_up for _, waiting, *_ in connection.run_on_commit):
        raise OutsideTransaction(
            f"{tag} takes something away, and was to be written without the gate lock; nothing was changed. "
            "Let the verb call fence.advance first."
        )


def hold() -> None:
    """Keep every change of consent out until the end of this transaction."""
    _lock("pg_advisory_xact_lock_shared")


def position() -> int:
    """The newest consent position. Read it before anything that it is to vouch for."""
    return Change.objects.aggregate(newest=Max("position"))["newest"] or 0


def newest() -> tuple[int, bytes]:
    """The newest consent position and its mark, to remember a state of the house by."""
    change = Change.objects.order_by("-position").values_list("position", "mark").first()
    return (change[0], bytes(change[1])) if change else (0, b"")


def remembers(position: int, mark: bytes) -> bool:
    """Whether what was remembered by `newest` is a past of this house, and not one that was rolled back."""
    if position == 0:
        return True
    kept = Change.objects.filter(position=position).values_list("mark", flat=True).first()
    return kept is not None and bytes(kept) == mark


def changed_since(position: int) -> set[int]:
    """The ordinals of everybody touched after `position`: costs by changes, not by people."""
    return set(Participant.objects.filter(epoch__gt=position).values_list("ordinal", flat=True))


def _lock(function: str) -> None:
    if not connection.in_atomic_block:
        raise OutsideTransaction(
            "The gate lock was asked for outside a transaction; nothing was changed. Wrap the verb in "
            "transaction.atomic()."
        )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [LOCK])
