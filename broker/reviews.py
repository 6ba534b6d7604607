"""The review of files that were taken: each is held for the same time, whatever is found meanwhile.

A steward may mark one to be set aside, for any reason. Neither that nor its absence shows before the time is
over, to anybody but stewards: how long her file is held tells its owner nothing of anybody else's presence
here. A held file is quarantined, so nothing is asked of it.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from broker import events, rights, same_person
from broker.errors import NotAllowed, Refused
from broker.models import Upload, UploadState, User
from broker.roles import Right
from consent import holdings
from consent.ledger import log
from consent.models import Holding

SET_ASIDE = "set_aside"
TOLD = gettext_noop(
    "This file was looked at and set aside: nothing is asked of it. It is still locked under your own key. "
    "Write to us if you want to know more."
)
MOST_AT_ONCE = 100


def held() -> QuerySet[Upload]:
    """What is held now, and next over first."""
    rows = Upload.objects.filter(state=UploadState.HELD).select_related("participant", "query")
    return rows.order_by("held_until", "id")


def mark(upload: Upload, *, set_aside: bool, why: str, by: User, at: datetime) -> None:
    """A steward marks a held file to be set aside, or takes the mark back. Raises Refused once it is over."""
    rights.require(by, Right.VERIFY_PEOPLE)
    if upload.owner_id == by.pk:
        raise NotAllowed("Nobody reviews her own file. Ask another steward.")
    if not why.strip():
        raise Refused("A decision needs its reason in words. Nothing was changed.")
    with transaction.atomic():
        open_ = held().filter(pk=upload.pk, held_until__gt=at)
        if not open_.update(reason=SET_ASIDE if set_aside else "", settled_by=by.reference):
            raise Refused("The time of this review is over. Nothing was changed.")
        log.append(
            events.UPLOAD_MARKED,
            at=at,
            by=by.reference,
            subject=upload.participant.pseudonym,
            upload=str(upload.pk),
            file=str(upload.file),
            set_aside=set_aside,
            why=why,
        )
    upload.refresh_from_db()


def settle_due(*, at: datetime) -> int:
    """Where the time is over: what was marked stays set aside, everything else may be asked of. Returns how
    many were settled."""
    return sum(_settle(one, at) for one in held().filter(held_until__lte=at)[:MOST_AT_ONCE])


def _settle(upload: Upload, at: datetime) -> int:
    set_aside = upload.reason == SET_ASIDE
    after = {"state": UploadState.REFUSED, "told": TOLD} if set_aside else {"state": UploadState.TAKEN}
    with transaction.atomic():
        if not set_aside:
            # First, for it takes the gate lock. Erased meanwhile, it stays erased.
            assert upload.file is not None  # a constraint of the table
            holding = Holding.objects.select_related("participant").get(file=upload.file)
            holdings.set_state(holding, Holding.State.ACTIVE, by="review", at=at)
        standing = Upload.objects.filter(pk=upload.pk, state=UploadState.HELD, reason=upload.reason)
        settled = standing.update(**after)
        if not settled:
            transaction.set_rollback(True)  # marked meanwhile: the next round sees it
            return 0
        log.append(
            events.UPLOAD_SETTLED,
            at=at,
            by="review",
            subject=upload.participant.pseudonym,
            upload=str(upload.pk),
            file=str(upload.file),
            set_aside=set_aside,
        )
    same_person.discard(upload)
    return 1
