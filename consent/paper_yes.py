"""Which yes of a paper form may still be given on the day it is applied, and why another may not.

A paper is older than the day it is read. What she has said since stands; who could not sign then cannot now.
"""

from collections.abc import Mapping, Sequence, Set
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.db import transaction

from consent import forms, policies, powers, readings, records, remembered
from consent.errors import KinRefused, StatementRefused
from consent.models import PaperImport, Participant
from consent.participants import of_age_at
from consent.powers import Power
from consent.readings import Reading, Signature
from consent.records import Wording
from consent.terms import Authority, Capacity, Paper, Verb


class Left(StrEnum):
    """Why a yes that was read is not given."""

    MINOR = "She was not of age when she signed."
    DEAD = "The form was signed after the day of her death."
    NEXT_OF_KIN = "A next of kin can stop a use, and cannot start one."
    BEYOND = "Whoever signed for her cannot say yes to this."
    UNVERIFIED = "Whoever signed for her was not verified on that day, or is not any more."
    RETIRED = "The form takes no yes any more."
    UNREADABLE = "A condition on this yes cannot be read."
    SPOKEN_SINCE = "Something newer was said about this after the form was signed."


def give(
    paper: PaperImport,
    reading: Reading,
    *,
    readers: Mapping[str, Paper],
    own: Set[int],
    by: str,
    at: datetime,
) -> tuple[list[int], dict[str, str]]:
    """Give what may be given; `own` are the statements that the noes of this very paper made. Returns the
    statements, and a sentence for every family that was left."""
    clauses = forms.clauses(paper.form)
    wanted = forms.said(paper.form, readings.ticked(reading, clauses))
    unsettled = readings.unsettled(reading, clauses)
    for_all = _why_none(paper, reading.signature, at)
    power = _power(paper.participant, reading.signature, at)
    authority = Authority(reading.signature.capacity, verified=True)
    actor = reading.signature.signer if power else by  # whoever signs for another acts; the clerk only reads
    given: list[int] = []
    left: dict[str, str] = {}
    for family, said in wanted.items():
        why = for_all or (Left.UNREADABLE if family in unsettled else None)
        if why is None and power is not None and family not in power.grants:
            why = Left.BEYOND
        if why is None and _spoken_since(paper.participant, family, reading.signature, own):
            why = Left.SPOKEN_SINCE
        if why is not None:
            left[family] = str(why)
            continue
        wording = Wording(
            permissions=said.permissions,
            modifiers=said.modifiers,
            valid_to=power.ends_at if power and authority.capacity is Capacity.PROXY else None,
            authority=authority,
            paper=readers[family],
        )
        try:
            with transaction.atomic():
                row = records.give(
                    paper.participant, family, form=paper.form, by=actor, at=at, wording=wording
                )
        except (KinRefused, StatementRefused) as refused:
            left[family] = str(refused)
        else:
            given.append(row.seq)
    return given, left


def _why_none(paper: PaperImport, signature: Signature, at: datetime) -> Left | None:
    """Why nothing of the whole form may be given."""
    if not forms.takes_yes(paper.form):
        return Left.RETIRED
    her, signed = paper.participant, _signed(signature)
    died = her.died_at
    match signature.capacity:
        case Capacity.SELF if _end(signed, her) <= of_age_at(her, policies.in_force(at=at)):
            return Left.MINOR
        case Capacity.SELF if died is not None and _days(died, _homes(her))[0] < signed:
            return Left.DEAD
        case Capacity.SELF:
            return None
        case Capacity.NEXT_OF_KIN:
            return Left.NEXT_OF_KIN
        case _:
            return None if _power(her, signature, at) else Left.UNVERIFIED


def _power(person: Participant, signature: Signature, at: datetime) -> Power | None:
    """What somebody who signed for another may say yes to, if she was verified on the day she signed, and
    still is. The widest, where she has several."""
    policy, homes = policies.in_force(at=at), _homes(person)
    found = [
        power
        for link, power in powers.held(signature.signer, at=at, policy=policy, person=person)
        if power.authority.capacity is signature.capacity
        and link.verified_at is not None
        and _days(link.verified_at, homes)[-1] <= _signed(signature)
    ]
    return max(found, key=lambda one: len(one.grants), default=None)


def _spoken_since(participant: Participant, family: str, signature: Signature, own: Set[int]) -> bool:
    """Whether a newer word stands: a yes of a later day, or a no of that day or later. A day is that of any
    place where she has been at home: to move takes no word back."""
    signed, homes = _signed(signature), _homes(participant)
    return any(
        (day := _days(one.recorded_at, homes)[-1]) > signed
        or (day == signed and one.decision is not Verb.GRANT)
        for one in records.of(participant)
        if one.family in (family, records.EVERYTHING) and one.seq not in own
    )


def _signed(signature: Signature) -> date:
    assert signature.on is not None  # an unsigned form is rejected before
    return signature.on


def _homes(participant: Participant) -> list[ZoneInfo]:
    """The time zone where she is at home, and those where she was."""
    told = {said["fields"].get("home_zone") for said in remembered.trail(participant)}
    return [ZoneInfo(zone) for zone in {participant.home_zone} | {zone for zone in told if zone}]


def _days(at: datetime, homes: Sequence[ZoneInfo]) -> list[date]:
    """The days that it was in these places, the earliest first."""
    return sorted({at.astimezone(zone).date() for zone in homes})


def _end(day: date, participant: Participant) -> datetime:
    """The first instant after a day, where she is at home."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=ZoneInfo(participant.home_zone))
