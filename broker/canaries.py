"""Canaries: participants who are made up, have a file like anybody else's and say no to everything.

Nothing that goes by the law ever reaches one, so whatever does is not going by the law: the job is stopped
and auditors are told. Who they are is sealed; the rest of the house meets them as it meets everybody. How
one ends is in broker.retiring.

    person = plant(file, login="maria-k", born_on=..., by=auditor, at=at)
    guard("job:...", clearance, at=at)        # raises CanaryTouched
"""

import json
import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO
from uuid import UUID, uuid4

from django.db import transaction

from broker import erasing, events, notices, people, rights, staging
from broker.models import Canary, OwnRecord, User
from broker.roles import Right, Role
from consent import participants, records
from consent.clearance import Clearance
from consent.errors import LedgerBroken
from consent.ledger import log
from consent.models import Participant
from consent.purposes import FAMILIES
from genomics.errors import FileRefused
from genomics.intake.receive import receive


class CanaryTouched(LedgerBroken):
    """Something reached a canary. Nothing was released; the job waits for an auditor."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A canary as auditors and the guard know her."""

    id: UUID
    ordinal: int
    pseudonym: str
    file: UUID | None
    at: datetime


def plant(
    data: bytes | BinaryIO,
    *,
    login: str,
    born_on: date,
    home_region: str = "",
    home_zone: str = "UTC",
    by: User,
    at: datetime,
) -> Participant:
    """A new canary with this file, made by the verbs that make everybody. Her login is like others, and
    nobody knows its password. Raises NotAllowed for who is no auditor, FileRefused for a file that is not
    taken, with nothing left of her then."""
    rights.require(by, Right.READ_LEDGER)
    with transaction.atomic():
        user = people.sign_up(
            login,
            secrets.token_urlsafe(24),
            born_on=born_on,
            home_region=home_region,
            home_zone=home_zone,
            at=at,
        )
        person = OwnRecord.objects.get(user=user).participant
        # Verified, for of somebody unverified nothing is read anyway, and she would watch over nothing.
        participants.verify_identity(person, by=by.reference, at=at)
        for family in FAMILIES:
            records.deny(person, family, by=user.reference, at=at)
    try:
        file = receive(person, data, by=user.reference, at=at)
    except FileRefused:
        erasing.erase(person, by=by.reference, at=at)
        raise
    _mark(Planted(uuid4(), person.ordinal, person.pseudonym, file.id, at))
    return person


def _mark(planted: Planted) -> None:
    row = Canary(id=planted.id, planted_at=planted.at)
    said = {"ordinal": planted.ordinal, "pseudonym": planted.pseudonym, "file": str(planted.file)}
    row.sealed = staging.seal(json.dumps(said).encode(), _place(row))
    with transaction.atomic():
        row.save()
        # By nobody: whoever planted her is told apart from nobody else who looks at the ledger.
        log.append(
            events.CANARY_PLANTED, at=planted.at, by="operator", commitment=staging.commitment(row.sealed)
        )


def planted() -> Iterator[Planted]:
    """Every canary that was not erased. Raises StagedBroken for a mark that was changed."""
    for row in Canary.objects.order_by("planted_at", "id"):
        said = json.loads(staging.unseal(bytes(row.sealed), _place(row)))
        if Participant.objects.filter(ordinal=said["ordinal"], erased_at__isnull=True).exists():
            yield Planted(row.id, said["ordinal"], said["pseudonym"], UUID(said["file"]), row.planted_at)


def missing() -> int:
    """How many marks the ledger tells of that are gone or changed: somebody would rather have no canary."""
    kept = {staging.commitment(bytes(row.sealed)) for row in Canary.objects.all()}
    told = log.openings([events.CANARY_PLANTED.tag]).values()
    return sum(said["fields"]["commitment"] not in kept for said in told)


def guard(subject: str, clearance: Clearance, *, opened: Collection[UUID] = (), at: datetime) -> None:
    """Raises CanaryTouched, auditors being told, if a canary is permitted or a file of one was opened."""
    all_ = list(planted())
    if not all_:
        return
    permitted = {one.ordinal for one in clearance.permitted}
    for where, touched in (
        ("permitted", [one for one in all_ if one.ordinal in permitted]),
        ("opened", [one for one in all_ if one.file in opened]),
    ):
        if touched:
            _ring(subject, where, len(touched), at=at)
            raise CanaryTouched(
                f"{subject} reached somebody who allows nothing. Nothing was released; an auditor has to "
                "look at it before it goes on."
            )


def _ring(subject: str, where: str, canaries: int, *, at: datetime) -> None:
    with transaction.atomic():
        log.append(events.CANARY_TOUCHED, at=at, by="canary", subject=subject, where=where, canaries=canaries)
        notices.tell(people.holding(Role.AUDITOR), "canary", at=at)


def _place(row: Canary) -> str:
    return f"canary/{row.id}"
