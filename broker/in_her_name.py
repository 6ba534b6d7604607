"""What a guardian does with a child's whole record: takes it along, erases a file of it, or has it erased.

Only a guardian whose standing somebody has verified, and only until the birthday: both are looked at again in
the transaction of the act. Everybody who may act for the child is told, and she herself. That she objects
hinders none of it, for none of it widens; it is told with it.
"""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db import transaction

from broker import erasing, events, notices, postman, taking_along, wards
from broker.errors import NotAllowed
from broker.models import Channel, User
from consent.ledger import log
from consent.models import Erasure, Participant
from consent.participants import subject_of
from consent.rules import authority
from genomics.models import GenomicFile


def take(guardian: User, pseudonym: str, *, at: datetime, to: bytes | None = None) -> Iterator[bytes]:
    """Everything of the child's, as `taking_along.take` gives it. Raises NotAllowed."""
    with transaction.atomic():
        child = _child(guardian, pseudonym, at)
        notices.tell(wards.acting_for(child, at=at), "child_taken_along", at=at, whose=pseudonym)
        return taking_along.take(child, by=guardian.reference, at=at, to=to)


def erase_file(guardian: User, pseudonym: str, file: UUID, *, at: datetime) -> None:
    """One file of the child's goes; the others stay. Raises NotAllowed, and GenomicFile.DoesNotExist."""
    with transaction.atomic():
        child = _child(guardian, pseudonym, at)
        erasing.erase_file(GenomicFile.objects.get(pk=file, participant=child), by=guardian.reference, at=at)
        notices.tell(wards.acting_for(child, at=at), "child_file_erased", at=at, whose=pseudonym)


def erase(guardian: User, pseudonym: str, *, at: datetime) -> Erasure:
    """The child and everything of hers goes. Raises NotAllowed."""
    with transaction.atomic():
        child = _child(guardian, pseudonym, at)
        objects = authority.dissents(subject_of(child), at)
        own = User.objects.filter(own_record__participant=child)
        acting = [user for user in wards.acting_for(child, at=at) if user not in own]
        for user in own:  # her login goes with the record: what is written to it would be gone before it left
            addresses = notices.ways(user).filter(kind=Channel.Kind.EMAIL).values_list("address", flat=True)
            postman.say_farewell_on_commit(list(addresses), language=user.language)
        notices.tell(acting, "child_erased", at=at, whose=pseudonym, objected=objects)
        certificate = erasing.erase(child, by=guardian.reference, at=at)
        # After it: what was said about her before is said no more.
        log.append(
            events.ERASED_BY_GUARDIAN, at=at, by=guardian.reference, subject=pseudonym, objected=objects
        )
    return certificate


def _child(guardian: User, pseudonym: str, at: datetime) -> Participant:
    ward = wards.child(guardian, pseudonym, at=at)
    if ward is None or not ward.may_leave:
        raise NotAllowed(
            "Only a guardian whom a steward has verified does this, and only until the child is of age. "
            "Nothing was done."
        )
    return ward.participant
