"""After a restore: what was said since the backup is said again, and only then do the doors open.

What has to be said again is kept outside the database (consent.afterwards). An erasure is done again whole, a
no and a hold by the ordinary verbs; yeses are not, for widening waits for the person herself.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from broker import erasing, events
from broker.models import FormerCertificate
from consent import afterwards, holdings, participants, records
from consent import events as kinds
from consent.canonical import instant, instant_or_none
from consent.giving import Wording
from consent.kept_lines import Line
from consent.ledger import checkpoints, log
from consent.models import Holding, LedgerCheckpoint, Participant
from genomics.intake import upkeep
from genomics.models import GenomicFile

WHO = "restore"  # by whom what is said again is said: nobody pressed anything


def replay(*, by: str, at: datetime) -> Counter[str]:
    """Say again what the database does not remember, note in the ledger that it was put back, and set the
    files outside it aside. Returns how many of each kind were done. May be cut off and begun again."""
    upkeep.empty_slabs()  # what lies on the shelf is of a later day than the rows that speak of it
    vouched, ours = checkpoints.newest_published(), LedgerCheckpoint.newest()
    done: Counter[str] = Counter()
    for line in afterwards.missing():
        person = Participant.objects.filter(pseudonym=line.said["subject"], erased_at__isnull=True).first()
        if person is None:
            continue  # she came after the backup, and is lost with it; or is erased already
        AGAIN[line.kind](person, line, at)
        done[line.kind] += 1
    with transaction.atomic():
        log.append(
            events.RESTORED,
            at=at,
            by=by,
            done=dict(done),
            vouched=vouched.size if vouched else 0,
            root=vouched.root.hex() if vouched else "",
            remembered=ours.size if ours else 0,
        )
    afterwards.set_aside(at=at)
    return done


def _erase(person: Participant, line: Line, at: datetime) -> None:
    """The certificate that she was told to keep is kept, too: it lies at its address as it did."""
    said = line.said["fields"]
    with transaction.atomic():
        FormerCertificate.objects.create(
            event=line.event,
            again=erasing.erase(person, by=WHO, at=at),
            at=instant(line.said["at"]),
            destroyed=said["destroyed"],
            gone_from_backups_at=instant(said["gone_from_backups"]),
        )


def _narrow(person: Participant, line: Line, at: datetime) -> None:
    """For one file where it was about one; a file that came after the backup is lost with it."""
    said = line.said["fields"]
    file = line.said.get("file")
    if file is not None and not Holding.objects.filter(file=file, participant=person).exists():
        return
    verb = records.deny if line.kind == kinds.DENIED.tag else records.withdraw
    wording = Wording(file=None if file is None else UUID(file))
    verb(person, said["family"], by=WHO, at=at, wording=wording)


def _freeze(person: Participant, line: Line, at: datetime) -> None:
    until = instant_or_none(line.said["fields"]["until"])
    if until is None or until > at:
        participants.freeze(person, until=until, by=WHO, at=at)


def _dissent(person: Participant, line: Line, at: datetime) -> None:
    participants.record_dissent(person, dissents=line.said["fields"]["dissents"], by=WHO, at=at)


def _die(person: Participant, line: Line, at: datetime) -> None:
    said = line.said["fields"]
    if person.died_at is None:
        died_at, papers = instant(said["died_at"]), said["papers"]
        participants.record_death(
            person, died_at=died_at, papers=papers, second=said["second"], by=line.said["by"], at=at
        )


def _hold(person: Participant, line: Line, at: datetime) -> None:
    said = line.said["fields"]
    holding = Holding.objects.filter(file=UUID(said["file"]), participant=person).first()
    if holding is None:
        return
    if said["state"] != Holding.State.ERASED:
        holdings.set_state(holding, Holding.State(said["state"]), by=WHO, at=at)
        return
    for file in GenomicFile.objects.filter(id=holding.file).select_related("participant"):
        erasing.erase_file(file, by=WHO, at=at)


AGAIN: dict[str, Callable[[Participant, Line, datetime], None]] = {
    kinds.ERASED.tag: _erase,
    kinds.DENIED.tag: _narrow,
    kinds.WITHDRAWN.tag: _narrow,
    kinds.FROZEN.tag: _freeze,
    kinds.DISSENT.tag: _dissent,
    kinds.DIED.tag: _die,
    kinds.HOLDING_CHANGED.tag: _hold,
}
