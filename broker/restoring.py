"""After a restore: what was said since the backup is said again, and only then do the doors open.

What has to be said again is kept outside the database (consent.afterwards). An erasure is done again whole, a
no, a hold and the end of a power by the ordinary verbs; yeses and powers are not, for widening waits for
people. What each kind of event needs stands in restored_kinds; the top floor's own is in redoing.
"""

import contextlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from broker import erasing, events, notices, people, redoing
from broker.models import FormerCertificate
from broker.redoing import WHO
from broker.restored_kinds import NAMELESS
from broker.roles import Role
from consent import afterwards, form_steps, forms, holdings, homes, kin, participants, records, twins
from consent import events as kinds
from consent.canonical import instant, instant_or_none
from consent.errors import RegistrationRefused
from consent.giving import Wording
from consent.kept_lines import Line
from consent.ledger import checkpoints, log
from consent.models import FormDraft, Holding, KinLink, LedgerCheckpoint, Participant, TwinLink
from consent.models.kin import OVER, Why
from consent.terms import Capacity
from genomics.intake import upkeep
from genomics.models import GenomicFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """How many of each kind were done again, or ended; and what is lost, by kind: the name of each, in the
    order of the ledger, and no name of a person."""

    done: Counter[str]
    lost: dict[str, list[str]]


def replay(*, by: str, at: datetime) -> Replayed:
    """Say again what the database does not remember, note in the ledger that it was put back, what was done
    and what is lost, and set the files outside it aside. May be cut off and begun again."""
    # What lies on the shelf is of a later day than the rows that speak of it.
    upkeep.empty_slabs()
    upkeep.forget_lost_rows()
    vouched, ours = checkpoints.newest_published(), LedgerCheckpoint.newest()
    done: Counter[str] = Counter()
    lost: dict[str, list[str]] = {}
    for line in afterwards.missing():
        if line.kind in afterwards.TOLD:
            lost.setdefault(line.kind, []).append("" if line.kind in NAMELESS else line.said["subject"])
            continue
        AGAIN[line.kind](line, at)
        done[line.kind] += 1
    with transaction.atomic():
        done += redoing.sign_everybody_out()
        notices.tell([*people.holding(Role.STEWARD), *people.holding(Role.AUDITOR)], "restored", at=at)
        log.append(
            events.RESTORED,
            at=at,
            by=by,
            done=dict(done),
            lost=lost,
            vouched=vouched.size if vouched else 0,
            root=vouched.root.hex() if vouched else "",
            remembered=ours.size if ours else 0,
        )
    afterwards.set_aside(at=at)
    return Replayed(done=done, lost=lost)


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


def _move(person: Participant, line: Line, at: datetime) -> None:
    """A home where she is of age no earlier: it moves at once. The other way waits for two people."""
    home = homes.Home(line.said["fields"]["home_zone"], line.said["fields"]["home_region"])
    if home != homes.of(person) and not homes.takes_two(person, home, at=at):
        with contextlib.suppress(RegistrationRefused):  # where it would give her a guardian again
            homes.move(person, home, by=WHO, at=at)


def _limit(person: Participant, line: Line, at: datetime) -> None:
    for link in _links(person, line):
        kin.limit(link, line.said["fields"]["families"], by=WHO, at=at)


def _reject(person: Participant, line: Line, at: datetime) -> None:
    for link in _links(person, line):
        kin.reject(link, by=WHO, at=at)


def _end(person: Participant, line: Line, at: datetime) -> None:
    said = {why.label: why for why in Why}
    for link in _links(person, line):
        kin.end(link, why=said[line.said["fields"]["why"]], by=WHO, at=at)


def _links(person: Participant, line: Line) -> list[KinLink]:
    """What the older database still has of whoever the line says acted for her."""
    said = line.said["fields"]
    living = KinLink.objects.filter(person=person, claimant=said["actor"]).exclude(state__in=OVER)
    return list(living.filter(capacity=said.get("capacity", Capacity.GUARDIAN)))


def _pair(person: Participant, line: Line, at: datetime) -> None:
    """From then on the police need both of them."""
    other = Participant.objects.filter(pseudonym=line.said["fields"]["twin"], erased_at__isnull=True).first()
    if other is None:
        return
    both = Q(first=person, second=other) | Q(first=other, second=person)
    link = TwinLink.objects.filter(both, dissolved_at__isnull=True).first()
    if link is None:
        twins.register(person, other, by=WHO, second=line.said["by"], at=at)
    elif not link.confirmed_by:
        twins.confirm(link, by=WHO, at=at)


def _retire(line: Line, at: datetime) -> None:
    """A form that takes no yes any more; the older database may still put it to people."""
    for draft in FormDraft.objects.filter(digest=line.said["fields"]["digest"]):
        state = forms.state_of(draft.form, draft.version)
        if str(draft) != line.said["subject"] or state in (None, forms.State.RETIRED):
            continue
        with transaction.atomic():
            if state is forms.State.ACTIVE:
                form_steps.take(draft, forms.State.SUPERSEDED, by=WHO, at=at)
            forms.retire(draft, by=WHO, at=at)


def _of_her(again: Callable[[Participant, Line, datetime], None]) -> Callable[[Line, datetime], None]:
    """Of a participant who is in the older database: who came after it is lost with it, or erased already."""

    def of_her(line: Line, at: datetime) -> None:
        person = Participant.objects.filter(pseudonym=line.said["subject"], erased_at__isnull=True).first()
        if person is not None:
            again(person, line, at)

    return of_her


AGAIN: dict[str, Callable[[Line, datetime], None]] = {
    kinds.ERASED.tag: _of_her(_erase),
    kinds.DENIED.tag: _of_her(_narrow),
    kinds.WITHDRAWN.tag: _of_her(_narrow),
    kinds.FROZEN.tag: _of_her(_freeze),
    kinds.DISSENT.tag: _of_her(_dissent),
    kinds.DIED.tag: _of_her(_die),
    kinds.HOLDING_CHANGED.tag: _of_her(_hold),
    kinds.MOVED.tag: _of_her(_move),
    kinds.KIN_LIMITED.tag: _of_her(_limit),
    kinds.KIN_REJECTED.tag: _of_her(_reject),
    kinds.KIN_ENDED.tag: _of_her(_end),
    kinds.TWINS_REGISTERED.tag: _of_her(_pair),
    kinds.FORM_RETIRED.tag: _retire,
    **redoing.AGAIN,
}
