"""For which participants a login may act at an instant: herself, and whoever she is guardian, proxy or next
of kin of.

It joins guardian's row with the link on the ground floor (consent.powers). Whether what was said then counts
is the law's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db.models import QuerySet

from broker import people, rights, uses
from broker.models import HandoverCode, OwnRecord, ParticipantPermission, User
from consent import powers
from consent.models import KinLink, Participant
from consent.participants import of_age_at
from consent.powers import Power
from consent.terms import Authority, Capacity

CHUNK = 500  # people asked about together


@dataclass(frozen=True, slots=True)
class Ward:
    """A participant, in whose name one acts here, and whether one may say yes or only no."""

    participant: Participant
    authority: Authority
    may_widen: bool
    of_age_at: datetime
    grants: frozenset[str] | None = None  # to what one may say yes; None: to all that is asked
    ends_at: datetime | None = None  # until when one acts for somebody else

    @property
    def is_child(self) -> bool:
        return self.authority.capacity is Capacity.GUARDIAN

    @property
    def is_own(self) -> bool:
        return self.authority.capacity is Capacity.SELF

    @property
    def is_proxy(self) -> bool:
        return self.authority.capacity is Capacity.PROXY

    @property
    def upholds(self) -> bool:
        """Whether one may continue what somebody who died left to her next of kin."""
        return self.authority.capacity is Capacity.NEXT_OF_KIN and self.authority.verified

    @property
    def brings_files(self) -> bool:
        """Her own file at any age; a child's once somebody has seen that she is its guardian."""
        return self.may_widen or self.is_own

    @property
    def may_leave(self) -> bool:
        """Whether everything may be taken along from here and erased: her own record, or a child's once
        somebody has seen that one is its guardian."""
        return self.is_own or (self.is_child and self.authority.verified)

    @property
    def may_say_where(self) -> bool:
        """Whether one says for somebody else where she is at home: not of the dead, who move no more."""
        return self.is_child or self.is_proxy

    def bounded(self, until: datetime | None) -> datetime | None:
        """When a yes said here ends at the latest: a proxy's does not outlive the proxy."""
        if not self.is_proxy or self.ends_at is None:
            return until
        return self.ends_at if until is None else min(until, self.ends_at)

    def may_grant(self, family: str) -> bool:
        """Whether one may say yes to this family here."""
        return self.may_widen and (self.grants is None or family in self.grants)


def own(user: User, *, at: datetime) -> Ward | None:
    """Her own record. She says yes for herself from the day she is of age, and no at any age. Where a
    guardian's code opened it, a steward has to have seen her first."""
    record = OwnRecord.objects.select_related("participant").filter(user=user).first()
    if record is None or not rights.may(user, people.ACT, record.participant):
        return None
    of_age = of_age_at(record.participant, uses.dials(at))
    seen = not HandoverCode.objects.filter(used_by=user, seen_by="").exists()
    return Ward(record.participant, Authority(Capacity.SELF, True), seen and at >= of_age, of_age)


def acted_for(user: User, *, at: datetime) -> tuple[Ward, ...]:
    """Everybody else whose record is open to her now. A guardianship that has ended, by majority too, opens
    nothing; nor does a proxy after its last day."""
    held = powers.held(user.reference, at=at, policy=uses.dials(at))
    return tuple(_ward(link, power, at) for link, power in held if rights.may(user, people.ACT, link.person))


def children(user: User, *, at: datetime) -> tuple[Ward, ...]:
    """Those she is guardian of, or says she is: until it is verified she can say no, and nothing more."""
    return tuple(ward for ward in acted_for(user, at=at) if ward.is_child)


def child(user: User, pseudonym: str, *, at: datetime) -> Ward | None:
    """One of them."""
    return next((one for one in children(user, at=at) if one.participant.pseudonym == pseudonym), None)


def other(user: User, pseudonym: str, *, at: datetime) -> Ward | None:
    """One of all for whom she acts."""
    return next((one for one in acted_for(user, at=at) if one.participant.pseudonym == pseudonym), None)


def named(user: User, pseudonym: str, *, at: datetime) -> Ward | None:
    """Herself, or one of all for whom she acts; without a pseudonym, herself."""
    mine = own(user, at=at)
    if not pseudonym or (mine is not None and mine.participant.pseudonym == pseudonym):
        return mine
    return other(user, pseudonym, at=at)


def waiting(user: User, *, at: datetime) -> tuple[tuple[KinLink, bool], ...]:
    """Her claims on records that are not open to her yet, and whether she may say no there meanwhile."""
    policy = uses.dials(at)
    links = KinLink.objects.filter(claimant=user.reference, state__in=("CLAIMED", "SEEN"))
    return tuple(
        (link, powers.of(link, at=at, policy=policy) is not None)
        for link in links.select_related("person").order_by("claimed_at", "id")
        if not rights.may(user, people.ACT, link.person)
    )


def grown(user: User, *, at: datetime) -> tuple[Participant, ...]:
    """Those she was guardian of and is no longer."""
    now = {one.participant for one in children(user, at=at)}
    links = KinLink.objects.filter(claimant=user.reference, capacity=Capacity.GUARDIAN)
    once = links.exclude(state="REJECTED").select_related("person").order_by("claimed_at")
    gone = (link.person for link in once if link.person not in now)
    return tuple(dict.fromkeys(one for one in gone if rights.may(user, people.ACT, one)))


def acting_for(participant: Participant, *, at: datetime) -> tuple[User, ...]:
    """Every login that may act for a participant now: her own, and those who are verified to act for her."""
    own_login = User.objects.filter(own_record__participant=participant)
    policy = uses.dials(at)
    others = {
        link.claimant
        for link in participant.kin_links.all()
        if (power := powers.of(link, at=at, policy=policy)) is not None and power.authority.verified
    }
    ids = [reference.removeprefix("user:") for reference in others if reference.startswith("user:")]
    acting = [*own_login, *User.objects.filter(public_id__in=ids)]
    return tuple(user for user in acting if rights.may(user, people.ACT, participant))


def acting_for_each(people_: QuerySet[Participant], *, at: datetime) -> Iterator[tuple[User, Participant]]:
    """The same for a crowd, in few statements: who may act, and for whom."""
    for chunk in _chunks(people_):
        by_pk = {one.pk: one for one in chunk}
        kin = set(KinLink.objects.filter(person__in=by_pk).values_list("person", flat=True))
        rows = OwnRecord.objects.filter(participant__in=by_pk.keys() - kin, user__is_active=True)
        acts = ParticipantPermission.objects.filter(permission__codename=people.ACT, content_object__in=by_pk)
        may = set(acts.values_list("user", "content_object"))
        for own_record in rows.select_related("user").order_by("participant"):
            if (own_record.user_id, own_record.participant_id) in may:
                yield own_record.user, by_pk[own_record.participant_id]
        for pk in sorted(kin):
            yield from ((user, by_pk[pk]) for user in acting_for(by_pk[pk], at=at))


def _chunks(people_: QuerySet[Participant]) -> Iterator[list[Participant]]:
    rows = iter(people_.order_by("pk").iterator(CHUNK))
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _ward(link: KinLink, power: Power, at: datetime) -> Ward:
    of_age = of_age_at(link.person, uses.dials(at))
    return Ward(link.person, power.authority, bool(power.grants), of_age, power.grants, power.ends_at)
