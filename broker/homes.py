"""A participant changes where she is at home, and everybody concerned is told; a clerk sees what takes two.

What may change and what follows is in consent.homes. It is her own door: a guardian moves nobody's majority,
and so a login that a guardian's code has opened waits until a steward has seen whose it is.
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
    if sign_in is None or not giving.is_fresh(sign_in, policy, at):
        raise Refused("This takes a passkey or a second factor, shown just now. Nothing was changed.")
    person = ward.participant
    with transaction.atomic():
        waits = homes.takes_two(person, home, at=at)
        if waits:
            homes.propose(person, home, by=user.reference, at=at)
        else:
            homes.move(person, home, by=user.reference, at=at)
        _tell(person, "home_waits" if waits else "home_changed", at=at)
    return not waits


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


def _require_other(change: HomeChange, by: User, at: datetime) -> None:
    rights.require(by, Right.SEE_HOMES)
    if by in wards.acting_for(change.participant, at=at):
        raise NotAllowed("Somebody who does not act for her has to see it. Nothing was changed.")


def _tell(person: Participant, kind: str, *, at: datetime) -> None:
    notices.tell(wards.acting_for(person, at=at), kind, at=at, whose=person.pseudonym)
