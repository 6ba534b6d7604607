"""Clearing away what uploads leave behind: those not finished in time, bytes that no row speaks of, and rows
that have told their owner what there was to tell."""

from datetime import datetime, timedelta

from django.db import transaction

from broker import arriving, events, same_person
from broker.models import FORGOTTEN, UPLOAD_ENDED, Upload, UploadState
from consent.ledger import log
from consent.models import Participant

KEPT = timedelta(days=30)  # how long the outcome of an upload can be read
UNWRITTEN = timedelta(hours=1)  # bytes younger than this may belong to a request under way
MOST_AT_ONCE = 100


def expire(*, at: datetime) -> int:
    """Give up uploads that were not finished in time: their bytes, their key and what was said of them.
    Returns how many."""
    due = Upload.objects.filter(state=UploadState.ARRIVING, expires_at__lte=at)
    return sum(_give_up(one, "not finished in time", at) for one in due[:MOST_AT_ONCE])


def forget(participant: Participant, *, at: datetime) -> None:
    """When a participant is erased, all that is under way for her goes, and what was told of the rest."""
    hers = Upload.objects.filter(participant=participant)
    for one in hers.staged():
        _give_up(one, "the person was erased", at)
    for one in hers:
        same_person.discard(one)
    hers.exclude(pk__in=hers.staged()).delete()


def clear(*, at: datetime) -> None:
    """Remove bytes that no upload needs, and rows of outcomes that have been there to read for long."""
    for upload in arriving.here(before=at - UNWRITTEN):
        if not Upload.objects.staged().filter(pk=upload).exists():
            arriving.remove(upload)
    Upload.objects.filter(state__in=UPLOAD_ENDED, ended_at__lt=at - KEPT).delete()


def _give_up(upload: Upload, why: str, at: datetime) -> int:
    """Only while it stands as it was read: one that has moved meanwhile is left."""
    with transaction.atomic():
        given_up = Upload.objects.filter(pk=upload.pk, state=upload.state, offset=upload.offset).update(
            state=UploadState.EXPIRED,
            ended_at=at,
            **FORGOTTEN,
            token=None,
            lease_until=None,
        )
        if given_up:
            log.append(
                events.UPLOAD_ENDED,
                at=at,
                by="worker",
                subject=upload.participant.pseudonym,
                upload=str(upload.pk),
                why=why,
            )
    if given_up:
        arriving.remove(upload.pk)
    return given_up
