"""Who may act for somebody else at an instant, and how far: the law's reading of a link of kin.

Read from the link and the person alone; it moves nothing (kin does) and opens no door (that is upstairs). The
ceilings are those of rules/authority: a power can be less than they allow, never more.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from consent.errors import KinRefused
from consent.models.kin import OVER, KinLink, State
from consent.models.people import Participant
from consent.participants import of_age_at
from consent.rules.authority import GUARDIAN_CEILING, GUARDIAN_IDENTITY_CEILING, PROXY_CEILING
from consent.terms import Authority, Capacity, Policy

NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Power:
    """In which capacity somebody acts for another now: what she may say yes to, and until when. Whoever has a
    power at all may say no to anything, at once."""

    authority: Authority
    grants: frozenset[str]
    ends_at: datetime | None  # None: no end is known

    @property
    def upholds(self) -> bool:
        """Whether she may continue what a participant left to her next of kin to decide."""
        return self.authority.capacity is Capacity.NEXT_OF_KIN and self.authority.verified


def may_act(actor: str, person: Participant, *, at: datetime, policy: Policy) -> Power | None:
    """The widest power of this actor over this person's record; None where she has none."""
    powers = [power for _, power in held(actor, at=at, policy=policy, person=person)]
    return max(powers, key=lambda one: (one.authority.verified, len(one.grants)), default=None)


def held(
    actor: str, *, at: datetime, policy: Policy, person: Participant | None = None
) -> Iterator[tuple[KinLink, Power]]:
    """Every link by which this actor acts for somebody now, the oldest claim first, with what it gives."""
    links = KinLink.objects.filter(claimant=actor).exclude(state__in=OVER).select_related("person")
    if person is not None:
        links = links.filter(person=person)
    for link in links.order_by("claimed_at", "id"):
        if (power := of(link, at=at, policy=policy)) is not None:
            yield link, power


def of(link: KinLink, *, at: datetime, policy: Policy) -> Power | None:
    """What this link gives at this instant; None when it opens nothing."""
    person = link.person
    began = link.valid_from <= at and (link.valid_to is None or at < link.valid_to)
    gone = person.erased_at is not None and person.erased_at <= at
    if link.is_over or not began or gone:
        return None
    dead = person.died_at is not None and person.died_at <= at
    verified = link.state == State.VERIFIED
    of_age = of_age_at(person, policy)
    authority = Authority(Capacity(link.capacity), verified)
    match authority.capacity:
        case Capacity.GUARDIAN if at < of_age:
            most = NOTHING if dead or not verified else _of_guardian(policy)
            ends = of_age if link.valid_to is None else min(of_age, link.valid_to)
            return Power(authority, most - frozenset(link.limits), ends)
        case Capacity.PROXY if verified and not dead and at >= of_age:
            # Until two have seen the papers an adult's own word stands: a stranger must not silence her.
            return Power(authority, policy.proxy_may_grant & PROXY_CEILING, link.valid_to)
        case Capacity.NEXT_OF_KIN if dead:
            return Power(authority, NOTHING, link.valid_to)
        case _:
            return None


def verified(
    actor: str, person: Participant, *, capacity: Capacity, at: datetime, policy: Policy
) -> list[Power]:
    """What this actor holds over this person's record now, in this capacity, by papers that were seen."""
    return [
        power
        for _, power in held(actor, at=at, policy=policy, person=person)
        if power.authority.capacity is capacity and power.authority.verified
    ]


def require(
    actor: str,
    person: Participant,
    family: str,
    *,
    capacity: Capacity,
    until: datetime | None,
    at: datetime,
    policy: Policy,
) -> None:
    """Raise KinRefused unless this actor may say yes to this family for this person, in this capacity, until
    that instant. What the verb of a yes asks before it records one in somebody else's name."""
    powers = verified(actor, person, capacity=capacity, at=at, policy=policy)
    if not powers:
        raise KinRefused(
            f"You do not act for {person} now, or nobody has seen your papers yet. Nothing was recorded."
        )
    able = [power for power in powers if family in power.grants]
    if not able:
        raise KinRefused(f"For {person} you cannot say yes to {family}. Nothing was recorded.")
    if capacity is Capacity.PROXY and not any(_within(until, power.ends_at) for power in able):
        raise KinRefused(
            f"A proxy's yes for {person} has to end before the proxy does. Nothing was recorded; name an "
            "earlier day."
        )


def require_next_of_kin(actor: str, person: Participant, *, at: datetime, policy: Policy) -> None:
    """Raise KinRefused unless this actor is a verified next of kin, who may uphold what was left to her."""
    if not any(power.upholds for _, power in held(actor, at=at, policy=policy, person=person)):
        raise KinRefused("Only a verified next of kin continues a choice. Nothing was recorded.")


def _within(until: datetime | None, end: datetime | None) -> bool:
    return end is None or (until is not None and until <= end)


def _of_guardian(policy: Policy) -> frozenset[str]:
    """Also what she may grant for the sake of identity alone; the rules ask for that condition."""
    identity = policy.guardian_may_grant_identity_only & GUARDIAN_IDENTITY_CEILING
    return (policy.guardian_may_grant & GUARDIAN_CEILING) | identity
