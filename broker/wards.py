"""For which participants a login may act at an instant: herself, and the children whose guardian she is.

It joins guardian's row with the link on the ground floor. Whether what was said then counts is the law's.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from broker import people, rights, uses
from broker.models import OwnRecord, User
from consent import kin
from consent.models import GuardianLink, Participant
from consent.participants import of_age_at
from consent.terms import Authority, Capacity


@dataclass(frozen=True, slots=True)
class Ward:
    """A participant, in whose name one acts here, and whether one may say yes or only no."""

    participant: Participant
    authority: Authority
    may_widen: bool
    of_age_at: datetime

    @property
    def is_child(self) -> bool:
        return self.authority.capacity is Capacity.GUARDIAN


def own(user: User, *, at: datetime) -> Ward | None:
    """Her own record. She says yes for herself from the day she is of age, and no at any age."""
    record = OwnRecord.objects.select_related("participant").filter(user=user).first()
    if record is None or not rights.may(user, people.ACT, record.participant):
        return None
    of_age = of_age_at(record.participant, uses.policy(at))
    return Ward(record.participant, Authority(Capacity.SELF, True), at >= of_age, of_age)


def children(user: User, *, at: datetime) -> tuple[Ward, ...]:
    """Those she is guardian of, or says she is: until it is verified she can say no, and nothing more. A
    guardianship that has ended, by majority too, opens nothing."""
    wards = []
    for link in _links(user).exclude(state=GuardianLink.State.ENDED):
        of_age = of_age_at(link.child, uses.policy(at))
        if at < of_age and rights.may(user, people.ACT, link.child):
            verified = kin.in_force(link, at=at, policy=uses.policy(at))
            wards.append(Ward(link.child, Authority(Capacity.GUARDIAN, verified), verified, of_age))
    return tuple(wards)


def child(user: User, pseudonym: str, *, at: datetime) -> Ward | None:
    """One of them."""
    return next((one for one in children(user, at=at) if one.participant.pseudonym == pseudonym), None)


def grown(user: User, *, at: datetime) -> tuple[Participant, ...]:
    """Those she was guardian of and is no longer."""
    now = {one.participant for one in children(user, at=at)}
    return tuple(dict.fromkeys(link.child for link in _links(user) if link.child not in now))


def acting_for(participant: Participant, *, at: datetime) -> tuple[User, ...]:
    """Every login that may act for a participant now: her own, and those of her verified guardians."""
    own_login = User.objects.filter(own_record__participant=participant)
    guardians = {
        link.guardian
        for link in participant.guardian_links.all()
        if kin.in_force(link, at=at, policy=uses.policy(at))
    }
    ids = [reference.removeprefix("user:") for reference in guardians if reference.startswith("user:")]
    acting = [*own_login, *User.objects.filter(public_id__in=ids)]
    return tuple(user for user in acting if rights.may(user, people.ACT, participant))


def _links(user: User) -> QuerySet[GuardianLink]:
    return GuardianLink.objects.filter(guardian=user.reference).select_related("child").order_by("claimed_at")
