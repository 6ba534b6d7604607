"""Where a participant is at home changes, and everybody concerned is told; a clerk sees what takes two.

What may change and what follows is in consent.homes. A guardian moves nobody's majority: what she says waits
for a clerk always, and a login that her code has opened waits until a steward has seen whose it is.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from broker import notices, rights, wards
from broker.errors import NotAllowed, Refused
from broker.models import HandoverCode, User
from broker.roles import Right
from consent import giving, homes
from consent.homes import Home
from consent.models import HomeChange, Participant
from consent.terms import Policy, SignIn


def change(user: User, home: Home, *, sign_in: SignIn | None, policy: Policy, at: datetime) -> bool:
    """Hers from now on, or False: it waits for a clerk, for she would be of age earlier there. Raises
    NotAllowed, Refused without a fresh proof, and RegistrationRefused for a home that cannot be."""
    ward = wards.own(user, at=at)
    if ward is None or HandoverCode.objects.filter(used_by=user, seen_by="").exists():
        raise NotAllowed("A steward has to see first whose sign-in this is. Nothing was changed.")
    _require_proof(sign_in, policy, at)
    person = ward.participant
    with transaction.atomic():
        waits = homes.takes_two(person, home, at=at)
        if waits:
            change = homes.propose(person, home, by=user.reference, at=at)
            _tell_once(change, "home_waits", at=at)
        else:
            homes.move(person, home, by=user.reference, at=at)
            _tell(person, "home_changed", at=at)
    return not waits


def say(
    user: User, pseudonym: str, home: Home, *, sign_in: SignIn | None, policy: Policy, at: datetime
) -> HomeChange:
    """Somebody who acts for another says that she is at home there; nothing moves before a clerk has seen a
    paper, whichever way it would move. Raises NotAllowed, Refused without a fresh proof, KinRefused unless
    she is verified and acts now, and RegistrationRefused for a home that cannot be."""
    ward = wards.other(user, pseudonym, at=at)
    if ward is None:
        raise NotAllowed("You do not act for this person. Nothing was changed.")
    _require_proof(sign_in, policy, at)
    person = ward.participant
    with transaction.atomic():
        change = homes.propose(person, home, by=user.reference, capacity=ward.authority.capacity, at=at)
        _tell_once(change, "home_said", at=at)
    return change


def said_of(person: Participant) -> QuerySet[HomeChange]:
    """What waits for a clerk about where she is at home, oldest first, whoever said it."""
    return HomeChange.objects.filter(participant=person).order_by("proposed_at", "pk")


def waiting(clerk: User) -> QuerySet[HomeChange]:
    """What waits for this clerk's eyes, oldest first: nothing of her own."""
    if not rights.has(clerk, Right.SEE_HOMES):
        return HomeChange.objects.none()
    others = HomeChange.objects.exclude(proposed_by=clerk.reference)
    return others.select_related("participant").order_by("proposed_at", "pk")


def confirm(change: HomeChange, *, papers: str, by: User, at: datetime) -> None:
    """A clerk has seen a paper of where she lives."""
    _require_other(change, by, at)
    with transaction.atomic():
        homes.confirm(change, papers=papers, by=by.reference, at=at)
        _tell(change.participant, "home_changed", at=at)


def refuse(change: HomeChange, *, why: str, by: User, at: datetime) -> None:
    """No paper shows it."""
    _require_other(change, by, at)
    with transaction.atomic():
        homes.refuse(change, why=why, by=by.reference, at=at)
        _tell(change.participant, "home_refused", at=at)


def _require_proof(sign_in: SignIn | None, policy: Policy, at: datetime) -> None:
    if sign_in is None or not giving.is_fresh(sign_in, policy, at):
        raise Refused("This takes a passkey or a second factor, shown just now. Nothing was changed.")


def _require_other(change: HomeChange, by: User, at: datetime) -> None:
    """Nobody who acts for her, nor who has ever said so, verified or not."""
    rights.require(by, Right.SEE_HOMES)
    her = change.participant
    if by in wards.acting_for(her, at=at) or her.kin_links.filter(claimant=by.reference).exists():
        raise NotAllowed("Somebody who does not act for her has to see it. Nothing was changed.")


def _tell_once(change: HomeChange, kind: str, *, at: datetime) -> None:
    """Whoever says the same again has said it before, and all were told then."""
    if change.proposed_at == at:
        _tell(change.participant, kind, at=at)


def _tell(person: Participant, kind: str, *, at: datetime) -> None:
    notices.tell(wards.acting_for(person, at=at), kind, at=at, whose=person.pseudonym)
