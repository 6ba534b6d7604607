"""The verbs of a participant's own facts: register, verify, freeze, dissent, death.

Consent itself is in records; whose login may act for a participant is upstairs.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from consent import events, fence, policies
from consent.errors import RegistrationRefused
from consent.ledger import log
from consent.models import Freeze, Participant
from consent.rules import authority
from consent.terms import Freeze as Hold
from consent.terms import Policy, Subject, is_zone

FIRST_BIRTHDAY = date(1880, 1, 1)  # nobody born before lived to give a genome


def register(
    *, born_on: date, home_region: str = "", home_zone: str = "UTC", by: str, at: datetime
) -> Participant:
    """A new participant, under a drawn pseudonym. Nothing is allowed and nothing is verified. Her birthday
    begins at midnight in her home zone; raises RegistrationRefused for a zone that nobody knows, and for a
    day on which nobody was born who could take part."""
    if not is_zone(home_zone):
        raise RegistrationRefused(f"{home_zone!r} is no time zone. Nobody was registered; choose one.")
    if not FIRST_BIRTHDAY <= born_on <= at.astimezone(ZoneInfo(home_zone)).date():
        raise RegistrationRefused(
            f"Nobody who takes part was born on {born_on.isoformat()}: that is before "
            f"{FIRST_BIRTHDAY.year}, or has not come yet. Nobody was registered; correct the day."
        )
    with transaction.atomic():
        position = fence.advance([])
        participant = Participant.objects.create(
            born_on=born_on, home_region=home_region, home_zone=home_zone, epoch=position
        )
        log.append(
            events.REGISTERED,
            at=at,
            by=by,
            subject=participant.pseudonym,
            born_on=born_on.isoformat(),
            home_region=home_region,
            home_zone=home_zone,
            ordinal=participant.ordinal,
            position=position,
        )
        return participant


def verify_identity(participant: Participant, *, by: str, at: datetime) -> None:
    """Somebody has seen that this is who she says she is."""
    with transaction.atomic():
        position = fence.advance([participant.ordinal])
        Participant.objects.filter(ordinal=participant.ordinal).update(identity_verified=True)
        log.append(events.IDENTITY_VERIFIED, at=at, by=by, subject=participant.pseudonym, position=position)
    participant.refresh_from_db()


def freeze(participant: Participant, *, until: datetime | None, by: str, at: datetime) -> Freeze:
    """Stop everything about a participant for a time: all that staff may do, and it only narrows."""
    with transaction.atomic():
        position = fence.advance([participant.ordinal])
        log.append(
            events.FROZEN,
            at=at,
            by=by,
            subject=participant.pseudonym,
            since=at.isoformat(),
            until=until.isoformat() if until else None,
            position=position,
        )
        return Freeze.objects.create(participant=participant, since=at, until=until)


def record_dissent(participant: Participant, *, dissents: bool, by: str, at: datetime) -> None:
    """A young person says no, for as long as she is a minor; or takes the no back, which widens, and so holds
    when the cooling-off time is over."""
    with transaction.atomic():
        position = fence.advance([participant.ordinal])
        participant.refresh_from_db()  # under the lock: what she said last
        until = None if dissents else participant.dissent_until
        if participant.minor_dissent and not dissents:
            policy = policies.in_force(at=at)
            until = at + max(policy.cooling_off(family) for family in authority.DISSENT_BLOCKS)
        Participant.objects.filter(ordinal=participant.ordinal).update(
            minor_dissent=dissents, dissent_until=until
        )
        log.append(
            events.DISSENT,
            at=at,
            by=by,
            subject=participant.pseudonym,
            dissents=dissents,
            until=until.isoformat() if until else None,
            position=position,
        )
    participant.refresh_from_db()


def record_death(
    participant: Participant, *, died_at: datetime, papers: str, by: str, second: str, at: datetime
) -> None:
    """Two people have seen the paper of a death. From then on only what she left to go on goes on."""
    refusal = ""
    if by == second:
        refusal = "A death is recorded by two different people"
    elif not papers.strip():
        refusal = "Say where the paper of the death is to be found"
    elif died_at > at:
        refusal = "This day has not come yet"
    elif died_at.astimezone(ZoneInfo(participant.home_zone)).date() < participant.born_on:
        refusal = f"{participant} was born later than that"
    if refusal:
        raise RegistrationRefused(f"{refusal}. Nothing was recorded.")
    with transaction.atomic():
        position = fence.advance([participant.ordinal])
        alive = Participant.objects.filter(ordinal=participant.ordinal, died_at__isnull=True)
        if not alive.update(died_at=died_at):
            raise RegistrationRefused(f"The death of {participant} is on record. Nothing was recorded.")
        log.append(
            events.DIED,
            at=at,
            by=by,
            subject=participant.pseudonym,
            died_at=died_at.isoformat(),
            second=second,
            papers=papers.strip(),
            position=position,
        )
    participant.refresh_from_db()


def subject_of(participant: Participant) -> Subject:
    """The participant as the value that decision takes."""
    return Subject(
        id=participant.pseudonym,
        dob=participant.born_on,
        died_at=participant.died_at,
        identity_verified=participant.identity_verified,
        freezes=tuple(Hold(since=f.since, until=f.until) for f in participant.freezes.all()),
        minor_dissent=participant.minor_dissent,
        dissent_until=participant.dissent_until,
        erased_at=participant.erased_at,
        zone=participant.home_zone,
        region=participant.home_region,
    )


def of_age_at(participant: Participant, policy: Policy) -> datetime:
    """The instant at which she comes of age."""
    return authority.majority(
        participant.born_on, policy, zone=participant.home_zone, region=participant.home_region
    )
