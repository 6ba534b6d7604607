"""The end of a canary: one auditor asks for it and says why, another one does it or keeps her. Then she is
erased like anybody who asks for it, and nothing watches over her any more.

How it stands is read from the ledger alone: a row that could be changed would be a way to a quiet house.
Planting, and the watch itself, are in broker.canaries.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from broker import canaries, erasing, events, notices, people, rights
from broker.canaries import Planted
from broker.errors import Refused
from broker.models import User
from broker.roles import Right, Role
from consent.errors import RegistrationRefused
from consent.ledger import log
from consent.models import Participant

LONGEST = 500  # characters of a reason
STEPS = (events.CANARY_END_ASKED.tag, events.CANARY_KEPT.tag, events.CANARY_RETIRED.tag)


@dataclass(frozen=True, slots=True)
class Asked:
    """That an auditor wants a canary retired."""

    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A canary that watches, and whether somebody wants her retired."""

    planted: Planted
    asked: Asked | None

    @property
    def id(self) -> UUID:
        return self.planted.id


def standing() -> Iterator[Standing]:
    """Every canary that watches. Raises StagedBroken for a mark that was changed."""
    asked = _asked()
    for one in canaries.planted():
        yield Standing(one, asked.get(_subject(one.id)))


def retired() -> list[dict[str, Any]]:
    """What the ledger says of those that are no more, the newest first."""
    return [*log.openings([events.CANARY_RETIRED.tag]).values()][::-1]


def ask(id: UUID, *, reason: str, by: User, at: datetime) -> None:
    """She is to be retired, for this reason; other auditors are told. Raises Refused for no reason, for a
    canary that is none, and while another auditor's wish waits."""
    rights.require(by, Right.READ_LEDGER)
    reason = " ".join(reason.split())
    if not reason or len(reason) > LONGEST:
        raise Refused(
            _("Say why, in at most %(most)d characters. Nothing was changed; she watches on.")
            % {"most": LONGEST}
        )
    with transaction.atomic():
        found = _held(id)
        if found.asked is not None:
            raise Refused(_("An auditor has asked for this already. Another one can retire her."))
        log.append(events.CANARY_END_ASKED, at=at, by=by.reference, subject=_subject(id), reason=reason)
        notices.tell(people.holding(Role.AUDITOR), "canary_end", at=at)


def keep(id: UUID, *, by: User, at: datetime) -> None:
    """She watches on, whoever wanted her retired. Raises Refused when nobody does."""
    rights.require(by, Right.READ_LEDGER)
    with transaction.atomic():
        _wished(_held(id))
        log.append(events.CANARY_KEPT, at=at, by=by.reference, subject=_subject(id))


def retire(id: UUID, *, by: User, at: datetime) -> None:
    """She is no canary any more, and erased with her file and her login. Raises Refused for whoever asked for
    it, and when nobody did: it takes two auditors to make the house quieter."""
    rights.require(by, Right.READ_LEDGER)
    with transaction.atomic():
        found = _held(id)
        wish = _wished(found)
        if wish.by == by.reference:
            raise Refused(
                _("You asked for it yourself. Another auditor has to retire her; until then she watches on.")
            )
        told = {"asked_by": wish.by, "reason": wish.reason}
        log.append(events.CANARY_RETIRED, at=at, by=by.reference, subject=_subject(id), **told)
        try:
            person = Participant.objects.get(ordinal=found.planted.ordinal)
            erasing.erase(person, by=by.reference, at=at)
        except RegistrationRefused:
            raise _gone() from None
        notices.tell(people.holding(Role.AUDITOR), "canary_end", at=at)


def _held(id: UUID) -> Standing:
    """The canary, with the wish that waits about her."""
    found = next((one for one in standing() if one.id == id), None)
    if found is None:
        raise _gone()
    return found


def _wished(found: Standing) -> Asked:
    if found.asked is None:
        raise Refused(_("Nobody wants this canary retired, or somebody has kept her. She watches on."))
    return found.asked


def _asked() -> dict[str, Asked]:
    """The wishes that wait, by whom they are about."""
    waiting: dict[str, Asked] = {}
    for said in log.openings(STEPS).values():
        waiting.pop(said["subject"], None)
        if said["kind"] == events.CANARY_END_ASKED.tag:
            at = datetime.fromisoformat(said["at"])
            waiting[said["subject"]] = Asked(said["by"], at, said["fields"]["reason"])
    return waiting


def _subject(id: UUID) -> str:
    return f"canary:{id}"


def _gone() -> Refused:
    return Refused(_("There is no such canary, or she was retired before. Nothing was changed."))
