"""Where a participant is at home, and that it changes: her majority goes with it.

    homes.move(ada, homes.Home("Europe/Berlin", "DE"), by="user:..", at=at)        # at once
    change = homes.propose(kim, homes.Home("UTC", "US-NE"), by="user:..", at=at)   # a minor, of age earlier
    change = homes.propose(kim, home, by="user:..", capacity=Capacity.GUARDIAN, at=at)  # somebody for her
    homes.confirm(change, papers="..", by="user:..", at=at)                        # somebody else has seen it

A later majority moves at once, an earlier one takes a second pair of eyes, and whoever is of age stays so:
a home that would make her a minor again, or one at the time of her own choices, is refused. What a guardian
says takes a second pair of eyes whichever way it moves, for her own power ends with that day.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from consent import events, fence, participants, policies, powers, records
from consent.errors import KinRefused, RegistrationRefused
from consent.ledger import log
from consent.models import HomeChange, Participant
from consent.rules import authority
from consent.terms import Capacity, Policy, Verb, is_zone

FOR_OTHERS = (Capacity.GUARDIAN, Capacity.PROXY)  # who may say it of somebody else; the dead do not move


@dataclass(frozen=True, slots=True)
class Home:
    """An IANA time zone, and a region that the policy knows (empty: none said)."""

    zone: str
    region: str


def of(participant: Participant) -> Home:
    return Home(participant.home_zone, participant.home_region)


def takes_two(participant: Participant, home: Home, *, at: datetime) -> bool:
    """Whether she is a minor who would be of age earlier there."""
    policy = policies.in_force(at=at)
    now = participants.of_age_at(participant, policy)
    return at < now and of_age_at(participant, home, policy) < now


def of_age_at(participant: Participant, home: Home, policy: Policy) -> datetime:
    """From when she would choose alone, were she at home there."""
    return authority.majority(participant.born_on, policy, zone=home.zone, region=home.region)


def move(participant: Participant, home: Home, *, by: str, at: datetime) -> None:
    """She is at home there from now on. Raises RegistrationRefused where that takes two, or cannot be."""
    with transaction.atomic():
        position = fence.advance([participant.ordinal])
        participant.refresh_from_db()
        _refuse_unfit(participant, home, at)
        if takes_two(participant, home, at=at):
            raise _refused("She would be of age earlier there, and that takes somebody else who has seen it")
        # What waited of hers was about the home before; what others say of her still waits for a clerk.
        HomeChange.objects.filter(participant=participant, proposed_by=by).delete()
        _move(participant, home, position, second="", papers="", by=by, at=at)


def propose(
    participant: Participant,
    home: Home,
    *,
    by: str,
    capacity: Capacity = Capacity.SELF,
    at: datetime,
) -> HomeChange:
    """Somebody says that she is at home there: a minor herself, where she is of age earlier, or whoever acts
    for her. Nothing follows before somebody else has confirmed it. A newer proposal takes the place of an
    older one of the same person; the same word again is the one that waits. Raises RegistrationRefused for a
    home that cannot be, and KinRefused unless who speaks for her is verified and acts now."""
    with transaction.atomic():
        fence.advance([participant.ordinal])
        participant.refresh_from_db()
        if capacity is not Capacity.SELF:
            _require_acting(participant, by, capacity, at)
        _refuse_unfit(participant, home, at)
        if capacity is Capacity.SELF and not takes_two(participant, home, at=at):
            raise _refused("This needs nobody else")
        said = {"capacity": capacity, "zone": home.zone, "region": home.region}
        waits = HomeChange.objects.filter(participant=participant, proposed_by=by, **said).first()
        if waits is not None:
            return waits
        HomeChange.objects.filter(participant=participant, proposed_by=by).delete()
        _say(participant, home, capacity, by=by, at=at)
        return HomeChange.objects.create(participant=participant, proposed_by=by, proposed_at=at, **said)


def confirm(change: HomeChange, *, papers: str, by: str, at: datetime) -> None:
    """Somebody else has seen that she lives there. Raises RegistrationRefused for a home that cannot be, and
    KinRefused where who said it acts for her no more."""
    if not papers.strip():
        raise _refused("Say what shows where she lives")
    with transaction.atomic():
        participant, home = change.participant, Home(change.zone, change.region)
        position = fence.advance([participant.ordinal])
        participant.refresh_from_db()
        _settle(change, by)
        if change.capacity != Capacity.SELF:  # a power that has ended meanwhile moves nobody
            _require_acting(participant, change.proposed_by, Capacity(change.capacity), at)
        _refuse_unfit(participant, home, at)
        _move(participant, home, position, second=by, papers=papers.strip(), by=change.proposed_by, at=at)


def refuse(change: HomeChange, *, why: str, by: str, at: datetime) -> None:
    """Nothing shows that she lives there: all stays as it is."""
    if not why.strip():
        raise _refused("Say why")
    with transaction.atomic():
        fence.advance([change.participant_id])
        _settle(change, by)
        subject = change.participant.pseudonym
        log.append(events.MOVE_REFUSED, at=at, by=by, subject=subject, why=why.strip()[:200])


def _require_acting(participant: Participant, actor: str, capacity: Capacity, at: datetime) -> None:
    policy = policies.in_force(at=at)
    if capacity in FOR_OTHERS and powers.verified(
        actor, participant, capacity=capacity, at=at, policy=policy
    ):
        return
    raise KinRefused(
        f"Where {participant} is at home is said by who is verified to act for her, and only until that "
        "ends. Nothing was recorded and nothing has moved; show your papers to a steward first."
    )


def _say(participant: Participant, home: Home, capacity: Capacity, *, by: str, at: datetime) -> None:
    said = {"home_region": home.region, "home_zone": home.zone}
    subject = participant.pseudonym
    if capacity is Capacity.SELF:
        log.append(events.MOVE_PROPOSED, at=at, by=by, subject=subject, **said)
    else:
        spoken = {"actor": by, "capacity": str(capacity)}
        log.append(events.MOVE_SAID, at=at, by=by, subject=subject, **spoken, **said)


def _settle(change: HomeChange, by: str) -> None:
    if by == change.proposed_by:
        raise _refused("It takes two: somebody else has to see it")
    if not HomeChange.objects.filter(pk=change.pk).delete()[0]:
        raise _refused("This has been settled by somebody else, or was taken back")


def _move(
    participant: Participant, home: Home, position: int, *, second: str, papers: str, by: str, at: datetime
) -> None:
    Participant.objects.filter(ordinal=participant.ordinal).update(
        home_zone=home.zone, home_region=home.region
    )
    log.append(
        events.MOVED,
        at=at,
        by=by,
        subject=participant.pseudonym,
        home_region=home.region,
        home_zone=home.zone,
        second=second,
        papers=papers,
        position=position,
    )
    participant.refresh_from_db()


def _refuse_unfit(participant: Participant, home: Home, at: datetime) -> None:
    policy = policies.in_force(at=at)
    if participant.erased_at is not None or participant.died_at is not None:
        raise _refused("This record changes no more")
    if not is_zone(home.zone):
        raise _refused(f"{home.zone!r} is no time zone")
    if home.region and not policy.region_parents.knows(home.region):
        raise _refused(f"{home.region!r} is no place that is known here")
    if home == of(participant):
        raise _refused("She is at home there already")
    before, after = participants.of_age_at(participant, policy), of_age_at(participant, home, policy)
    if before <= at and before < after and _counts_between(participant, before, after, policy, at):
        raise _refused(
            "She is of age and stays so, and by the law of that place she would have been a minor when she "
            "chose, or would be one again"
        )


def _counts_between(
    participant: Participant, before: datetime, after: datetime, policy: Policy, at: datetime
) -> bool:
    """Whether something rests on her having been of age between these two instants: that she is now, that
    what a guardian allowed is over, or what she said herself."""
    revived = any(
        authority.grace_end(before, family, policy) <= at < authority.grace_end(after, family, policy)
        for family in authority.GRACE_CEILING
    )
    return (
        at < after
        or revived
        or any(
            one.decision is Verb.GRANT
            and one.authority.capacity is Capacity.SELF
            and before <= one.effective_at < after
            for one in records.of(participant)
        )
    )


def _refused(why: str) -> RegistrationRefused:
    return RegistrationRefused(f"{why}. Nothing was recorded.")
