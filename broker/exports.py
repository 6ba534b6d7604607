"""What an auditor takes home: the ledger, the events that she searched for, or a job, in one zip with a
manifest that the ledger's key signs (consent.ledger.parcel). Each is an event with that manifest's hash.
"""

import csv
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from broker import events, oversight, rights
from broker.errors import Refused
from broker.ledger_search import Search
from broker.models import Job, User
from broker.roles import Right
from consent.canonical import canonical, written
from consent.ledger import audit, log, tree
from consent.ledger.excerpt import Proved
from consent.ledger.leaves import Entry
from consent.ledger.parcel import Packing
from consent.models import LedgerCheckpoint, LedgerEvent

MOST = 10_000  # events in one excerpt
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would reckon instead of show
COLUMNS = ("when", "kind", "by", "about", "position", "event", "what")


@dataclass(frozen=True, slots=True)
class Taken:
    """What was packed, and the manifest that vouches for it."""

    manifest: str
    files: tuple[str, ...]


def ledger(out: BinaryIO, *, openings: bool, by: User, at: datetime) -> Taken:
    """The whole ledger. Without openings it says nothing about anybody."""
    rights.require(by, Right.READ_LEDGER)
    packing = Packing(out)
    with packing.file("ledger.jsonl") as stream:
        newest = audit.export(stream, openings=openings)
    what = "the ledger" if openings else "the tree of the ledger alone"
    return _sealed(packing, what, under=newest, by=by, at=at)


def job(out: BinaryIO, taken: Job, *, by: User, at: datetime) -> Taken:
    """One job with everything its decisions rest on. Raises as oversight.take_job does."""
    text = oversight.take_job(taken, by=by, at=at)
    packing = Packing(out)
    with packing.file(f"job-{taken.pk}.json") as stream:
        stream.write(text)
    return _sealed(packing, f"job {taken.pk}", under=LedgerCheckpoint.newest(), by=by, at=at)


def found(
    out: BinaryIO, search: Search, *, tell: Callable[[LedgerEvent], str], by: User, at: datetime
) -> Taken:
    """The events that fit a search and lie under the newest checkpoint: as lines that can be checked, and as
    a table to be read. `tell` is the sentence of an event. Raises Refused when there are too many."""
    rows = oversight.found(search, by=by, at=at)
    newest = LedgerCheckpoint.newest()
    if newest is None:
        raise Refused(_("There is no checkpoint yet, so nothing could be proved. Ask again in a moment."))
    sealed = rows.filter(leaf__position__lt=newest.size)
    some = list(_with_all(sealed).order_by("pk")[: MOST + 1])
    if len(some) > MOST:
        raise Refused(
            _("More than %(most)d events fit. Nothing was taken; narrow the search, for example by days, or "
              "take the whole ledger.") % {"most": MOST}
        )  # fmt: skip
    packing = Packing(out)
    with packing.file("checkpoint.txt") as stream:
        stream.write(newest.note)
    with packing.file("events.jsonl") as stream:
        for one in _proved(some, newest.size):
            stream.write(canonical(one).decode() + "\n")
    with packing.file("events.csv") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows(_row(event, tell(event)) for event in some)
    what = f"the events that fit {search.text}" if search.terms else "events without auditors' own steps"
    return _sealed(packing, what, under=newest, by=by, at=at)


def _sealed(packing: Packing, what: str, *, under: LedgerCheckpoint | None, by: User, at: datetime) -> Taken:
    """`under` is the newest checkpoint in it: the ledger may have grown while it was packed."""
    text = packing.seal(
        seed=settings.LEDGER_KEY.bytes,
        name=settings.LEDGER_ORIGIN,
        what=what,
        by=by.reference,
        at=at,
        size=under.size if under else 0,
        root=bytes(under.root) if under else tree.EMPTY_ROOT,
    )
    names = tuple(one.name for one in packing.files)
    with transaction.atomic():
        log.append(
            events.EXPORTED,
            at=at,
            by=by.reference,
            what=what,
            files=list(names),
            sha256=hashlib.sha256(text.encode()).hexdigest(),
        )
    return Taken(text, names)


def _with_all(rows: QuerySet[LedgerEvent]) -> QuerySet[LedgerEvent]:
    return rows.select_related("opening", "leaf")


def _proved(some: list[LedgerEvent], size: int) -> Iterable[Proved]:
    places = [event.leaf.position for event in some]
    for event, position, path in zip(some, places, log.paths(places, size), strict=True):
        opening = getattr(event, "opening", None)
        entry = Entry(
            uid=str(event.uid),
            kind=event.kind,
            at=event.at,
            commitment=bytes(event.commitment),
            salt=None if opening is None else bytes(opening.salt),
            body=None if opening is None else opening.body,
        )
        yield Proved(position, path, entry, None)


def _row(event: LedgerEvent, told: str) -> list[str]:
    opening = getattr(event, "opening", None)
    said = {} if opening is None else opening.said
    cells = [written(event.at), event.kind, said.get("by", ""), said.get("subject", "")]
    cells += [str(event.leaf.position), str(event.uid), told]
    return [f"'{cell}" if cell.startswith(FORMULA) else cell for cell in cells]
