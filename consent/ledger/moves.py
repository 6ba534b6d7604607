"""What the events of a batch make of the heads of those whom they tell of, in the order of the tree.

The sequencer asks for it before it commits a batch; whoever releases, for what has no place in the tree yet
(consent.absence). The file itself is in consent.ledger.heads.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from django.db.models import QuerySet

from consent.errors import HeadMissing
from consent.heads import KINDS, NOTHING, STATEMENTS, Head, happened, stated, trailed
from consent.history import TAGS, facts
from consent.ledger import checkpoints, heads
from consent.ledger.heads import CHUNK, Heads
from consent.ledger.kinds import ERASED
from consent.ledger.leaves import from_text
from consent.models.ledger import LedgerCheckpoint, LedgerOpening
from consent.models.people import Participant

COLUMNS = ("event_id", "event__leaf__position", "body", "event__commitment")  # of an opening: see _Told


def extend(ours: Heads, end: int) -> str:
    """Take up what was placed in the tree behind the newest checkpoint, up to `end`, and return the line that
    binds it. Called by the sequencer, in its transaction and before that commits."""
    newest = LedgerCheckpoint.newest()
    size, signed = (newest.size, checkpoints.opened(newest.note)) if newest else (0, None)
    bound = Heads.bound_by(signed)
    if not ours.exists and bound is None:
        begin(size)
    ours.read(bound, size)
    _take_up(ours, size, end)
    return ours.line()


def begin(size: int) -> None:
    """Make the file of a ledger of this size from what the database remembers: the first one of a house, or
    after a restore, when the old one was set aside."""
    fresh = Heads(heads.path().with_name("heads.new"))
    fresh.path.unlink(missing_ok=True)  # one that a crash left half made
    fresh.begin(size)
    _take_up(fresh, 0, size)
    fresh.path.replace(heads.path())


def _take_up(ours: Heads, first: int, end: int, step: int = 20_000) -> None:
    for start in range(first, end, step):
        rows = LedgerOpening.objects.filter(
            event__kind__in=KINDS,
            event__leaf__position__gte=start,
            event__leaf__position__lt=min(start + step, end),
        )
        if moved := moves(rows.order_by("event__leaf__position"), ours, end=min(start + step, end)):
            ours.append(dict(sorted(moved.items(), key=lambda one: one[1][0])))


def moves(
    rows: QuerySet[LedgerOpening], ours: Heads, *, end: int | None = None
) -> dict[int, tuple[int, Head]]:
    """The new heads of everybody whom these openings tell of, by ordinal, each with the place in the tree of
    its last event. `end` leaves out of their trails what is placed later; None takes all there is."""
    told: dict[str, list[_Told]] = {}
    for subject, *row in rows.values_list("subject", *COLUMNS):
        told.setdefault(subject, []).append(_Told.of(*row))
    trails = _trails([who for who, said in told.items() if any(one.kind in TAGS for one in said)], end)
    moved = {}
    for who, ordinal in _ordinals(list(told)).items():
        head = ours.of(ordinal) or Head()
        if who in trails:
            _require_whole(who, head, trails[who], told[who])
        for one in told[who]:
            if one.kind in STATEMENTS:
                head = stated(head, one.fields["seq"], bytes.fromhex(one.fields["commitment"]))
            else:
                known = facts([other.said for other in trails[who]])
                head = happened(head, one.kind, one.fields.get("position"), one.commitment, known)
        moved[ordinal] = (told[who][-1].place, head)
    return moved


@dataclass(frozen=True, slots=True)
class _Told:
    """An event about somebody: what it said, and where it stands."""

    event: int
    place: int  # in the tree; 0 for one that has no place yet
    said: dict[str, Any]
    commitment: bytes

    @property
    def kind(self) -> str:
        return str(self.said["kind"])

    @property
    def fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = self.said["fields"]
        return fields

    @classmethod
    def of(cls, event: int, place: int | None, body: str, commitment: Any) -> Self:
        return cls(event, place or 0, from_text(body), bytes(commitment))


def _require_whole(who: str, head: Head, trail: Iterable[_Told], new: Iterable[_Told]) -> None:
    """What is remembered of her facts from before is all that the head was made of: no event has gone."""
    fresh = {one.event for one in new}
    if any(one.kind == ERASED for one in new):
        return  # what was said before went with her data
    before = NOTHING
    for one in trail:
        if one.event not in fresh:
            before = trailed(before, one.kind, one.commitment)
    if before != head.trail:
        raise HeadMissing(
            f"Something that the ledger said of {who} is gone from it. Nothing may be released or added; "
            "tell an auditor."
        )


def _ordinals(pseudonyms: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for first in range(0, len(pseudonyms), CHUNK):
        some = Participant.objects.filter(pseudonym__in=pseudonyms[first : first + CHUNK])
        found |= dict(some.values_list("pseudonym", "ordinal"))
    return found


def _trails(pseudonyms: Sequence[str], end: int | None) -> dict[str, list[_Told]]:
    """What the ledger says of the facts of each, oldest first."""
    found: dict[str, list[_Told]] = {who: [] for who in pseudonyms}
    for first in range(0, len(pseudonyms), CHUNK):
        some = LedgerOpening.objects.filter(
            subject__in=pseudonyms[first : first + CHUNK], event__kind__in=TAGS
        )
        if end is not None:
            some = some.filter(event__leaf__position__lt=end)
        for subject, *row in some.order_by("event_id").values_list("subject", *COLUMNS):
            found[subject].append(_Told.of(*row))
    return found
