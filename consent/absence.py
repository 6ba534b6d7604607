"""Whether anything that was said is missing: the record of whoever is read, held against the file of heads.

    heads = absence.vouched()        # what the newest published checkpoint binds, and what came since
    heads.holds(ordinal, ...)        # whether the rows of this person are all that was recorded of her
    changed_since(position)          # at the release: who changed after this position; no change is gone

A head that is lower, missing or unequal raises HeadMissing: nothing is released, and auditors are told.
What has no place in the tree yet is taken from the events themselves: SECURITY.md says how long that may be.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from consent import fence
from consent.errors import HeadMissing
from consent.heads import KINDS, NOTHING, Head, further, of_subject
from consent.ledger import checkpoints, heads, moves
from consent.ledger.heads import Heads
from consent.models import LedgerLeaf, LedgerOpening
from consent.terms import File, Subject

LOOKBACK = 20_000  # event ids before the newest bound one among which one without a place may hide

_read: dict[str, Heads] = {}
_reading = threading.RLock()


@dataclass(frozen=True, slots=True)
class Vouched:
    """The heads of this moment: bound ones, and what moved since."""

    bound: Heads
    moved: dict[int, Head] = field(default_factory=dict)

    def of(self, ordinal: int) -> Head | None:
        return self.moved.get(ordinal) or self.bound.of(ordinal)

    def holds(
        self, ordinal: int, subject: Subject, files: Iterable[File], said: Iterable[tuple[int, bytes]]
    ) -> bool:
        """Whether this is all that was recorded of her: her facts, her files, and her statements, each by its
        place and commitment, in order."""
        if subject.erased_at is not None:
            return True  # nothing of hers is read, and what was said of her is gone
        record = NOTHING
        for seq, commitment in said:
            record = further(record, seq, commitment)
        head = self.of(ordinal)
        return head is not None and head.record == record and head.facts in of_subject(subject, files)


def changed_since(position: int) -> set[int]:
    """The ordinals of everybody who changed after a consent position: costs by changes, not by people. Raises
    HeadMissing unless the database knows of every such change that is bound, LedgerBroken as vouched does."""
    bound = _bound()[0].changed_since(position)  # first: what comes after it is in the database, too
    known = fence.changed_since(position)
    if bound - known:
        raise HeadMissing(
            "A change of consent that was recorded is gone from the database. Nothing may be released; "
            "tell an auditor."
        )
    return known


def vouched() -> Vouched:
    """What may be relied on now. Raises LedgerBroken when the file is not the one that was signed."""
    with _reading:
        ours, size = _bound()
        # Before the first file was begun all that is known comes from the events.
        return Vouched(ours, _moved_since(size if ours.exists else 0, ours))


def _bound() -> tuple[Heads, int]:
    """The file as the newest published checkpoint binds it, and the ledger's size there."""
    newest = checkpoints.newest_published()
    size = newest.size if newest else 0
    with _reading:
        path = heads.path()
        ours = _read.setdefault(str(path), Heads(path))
        if newest is None:
            _read[str(path)] = ours = Heads(path)  # nothing is bound: whatever the file holds, nobody signed
        else:
            ours.read(Heads.bound_by(newest), size)
        return ours, size


def _moved_since(size: int, ours: Heads) -> dict[int, Head]:
    """The heads of those about whom something was recorded behind the newest published checkpoint."""
    waiting = LedgerOpening.objects.filter(event__kind__in=KINDS).order_by("event_id")
    last = (
        LedgerLeaf.objects.filter(position=size - 1).values_list("event_id", flat=True).first() if size else 0
    )
    rows = waiting.filter(event_id__gt=(last or 0) - LOOKBACK)
    rows = rows.filter(event__leaf__isnull=True) | rows.filter(event__leaf__position__gte=size)
    return {ordinal: head for ordinal, (_, head) in moves.moves(rows, ours).items()}
