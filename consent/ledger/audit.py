"""Auditing the ledger where it lies: verify it from its rows, or export it to be verified elsewhere.

What must hold is written once, in consent.ledger.counting; here the rows are read for it.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO

from django.db.models import Exists, Max, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from consent.canonical import canonical
from consent.ledger import checkpoints
from consent.ledger.counting import Audit, Verification
from consent.ledger.leaves import Entry, Leaf, Sealed, commit
from consent.ledger.recount import FORMAT
from consent.models.ledger import LedgerCheckpoint, LedgerEvent, LedgerLeaf, LedgerOpening

CHUNK = 5_000


def verify(*, also: Iterable[Callable[[], Iterable[str]]] = ()) -> Verification:
    """Recompute everything. `also` are checks of other rooms; each returns a sentence for every problem."""
    audit = Audit(checkpoints.signer(), in_house=True)
    upto = _newest_size()  # what is appended during the audit belongs to the next one
    for record in _history(upto):
        audit.see(record)
    if audit.edge.size != upto:
        audit.say(f"{audit.edge.size} events are placed, the newest checkpoint vouches for {upto}.")
    published = checkpoints.published()
    audit.hold_against(published, newest=_newest_size())
    for problem in (*_strays(), *_misfiled(), *(problem for check in also for problem in check())):
        audit.say(problem)
    return audit.verification(events=LedgerEvent.objects.count())


def export(stream: TextIO, *, openings: bool = True) -> LedgerCheckpoint | None:
    """Write the ledger as JSON Lines for consent.ledger.verifier. Without `openings` it says nothing about
    anybody, and the tree can still be verified. Returns the newest checkpoint in it."""
    newest = LedgerCheckpoint.newest()
    upto = newest.size if newest else 0
    counts = {Leaf: 0, Sealed: 0, Entry: 0}
    _write(stream, {"ledger": str(checkpoints.signer()), "format": FORMAT, "openings": openings})
    for record in _history(upto, openings=openings):
        counts[type(record)] += 1
        place = {"position": None} if isinstance(record, Entry) else {}
        _write(stream, place | record.as_json())
    _write(
        stream, {"end": {"leaves": counts[Leaf], "checkpoints": counts[Sealed], "unplaced": counts[Entry]}}
    )
    return newest


def _write(stream: TextIO, line: dict[str, Any]) -> None:
    stream.write(canonical(line).decode() + "\n")


def _newest_size() -> int:
    return LedgerCheckpoint.objects.aggregate(newest=Max("size"))["newest"] or 0


def _history(upto: int, *, openings: bool = True) -> Iterator[Leaf | Sealed | Entry]:
    """Leaves by position, each checkpoint after its last leaf, then entries without a place."""
    seals = _checkpoints(upto)
    seal = next(seals, None)
    leaves = LedgerLeaf.objects.filter(position__lt=upto).order_by("position")
    columns = ["position", "leaf_hash", "subtrees", *_entry_columns("event__", openings)]
    for position, leaf_hash, subtrees, *entry in leaves.values_list(*columns).iterator(CHUNK):
        while seal is not None and seal.size <= position:
            yield seal
            seal = next(seals, None)
        yield Leaf(
            position=position, entry=_entry(*entry), leaf_hash=bytes(leaf_hash), subtrees=bytes(subtrees)
        )
    if seal is not None:
        yield seal
    yield from seals
    waiting = LedgerEvent.objects.filter(leaf__isnull=True).order_by("id")
    for row in waiting.values_list(*_entry_columns("", openings)).iterator(CHUNK):
        yield _entry(*row)


def _checkpoints(upto: int) -> Iterator[Sealed]:
    for row in LedgerCheckpoint.objects.filter(size__lte=upto).order_by("size").iterator(CHUNK):
        yield Sealed(
            size=row.size, root=bytes(row.root), note=row.note, at=row.at, frontier=bytes(row.frontier)
        )


def _entry_columns(prefix: str, openings: bool) -> list[str]:
    opening = ["opening__salt", "opening__body"] if openings else []
    return [prefix + column for column in ("uid", "kind", "at", "commitment", *opening)]


def _entry(uid: Any, kind: str, at: Any, commitment: Any, salt: Any = None, body: str | None = None) -> Entry:
    return Entry(
        uid=str(uid),
        kind=kind,
        at=at,
        commitment=bytes(commitment),
        salt=None if salt is None else bytes(salt),
        body=body,
    )


def _strays() -> Iterator[str]:
    """Rows that hang on nothing. Each is one query, so that what is appended meanwhile is no alarm."""
    newest = LedgerCheckpoint.objects.order_by("-size").values("size")[:1]
    behind = LedgerLeaf.objects.filter(position__gte=Coalesce(Subquery(newest), Value(0))).count()
    if behind:
        yield f"{behind} events stand behind the newest checkpoint: the sequencer did not place them."
    event = LedgerEvent.objects.filter(id=OuterRef("event_id"))
    for model, what in ((LedgerOpening, "openings"), (LedgerLeaf, "leaves")):
        lost = model.objects.filter(~Exists(event)).count()
        if lost:
            yield f"{lost} {what} belong to no event: the events were removed."


def _misfiled() -> Iterator[str]:
    """Openings that are kept under another subject than the one they name: nobody would find them there."""
    columns = ("event__uid", "subject", "body", "salt", "event__commitment")
    rows = LedgerOpening.objects.order_by("event_id").values_list(*columns)
    for uid, subject, body, salt, commitment in rows.iterator(CHUNK):
        # The subject is the last word of an opening, for its keys are sorted.
        if body.endswith(f'"subject":{canonical(subject).decode()}}}'):
            continue
        if commit(bytes(salt), body) == bytes(commitment):  # one that was changed is told of already
            yield f"Event {uid} is kept under {subject!r}, and that is not whom it is about."
