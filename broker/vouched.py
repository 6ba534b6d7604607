"""Whether what is kept sealed is what the ledger recorded of it, and lies under a signed checkpoint.

Until it does there is nothing to read: not an answer, and not what of it was disclosed.
"""

from broker import staging
from consent.errors import LedgerBroken
from consent.ledger import log
from consent.ledger.kinds import EventKind
from consent.ledger.leaves import commit
from consent.models import LedgerEvent, LedgerOpening


def require(subject: str, kind: EventKind, field: str, kept: bytes) -> None:
    """Raises NotSealed until the event lies under a checkpoint; LedgerBroken or StagedBroken if the event, or
    what is kept, is not as it was recorded. `field` of the event holds the commitment."""
    opening = (
        LedgerOpening.objects.filter(subject=subject, event__kind=kind.tag).select_related("event").first()
    )
    if opening is None:
        raise LedgerBroken(
            "The ledger does not know that this answer was released, so it is not shown. Tell an auditor."
        )
    event: LedgerEvent = opening.event
    log.require_sealed(event)
    fits = commit(bytes(opening.salt), opening.body) == bytes(event.commitment)
    if not fits or opening.said["fields"][field] != staging.commitment(kept):
        raise staging.StagedBroken(
            "This answer is not as it was written when it was released, so it is not shown. Tell an auditor."
        )
