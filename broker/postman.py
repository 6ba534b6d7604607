"""How a notice leaves the house: claimed, sent, tried again later, and given up at last where all can see.

Nothing that is decided waits for it: the rows are written with the decision, and a mail that fails changes
nothing. Letters wait for the desk, which prints them.
"""

import logging
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from celery import shared_task
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from kombu.exceptions import OperationalError

from broker.models import Channel, Delivery
from broker.notice_kinds import FAREWELL, LINK_SUBJECT, LINK_TEXT, MAIL_SUBJECT, MAIL_TEXT

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)  # a sender that says nothing for so long has lost it to the next one
LATER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720))  # between two tries
TRIES = len(LATER) + 1
AT_ONCE = 200  # what one sweep rings for


def deliver(delivery: UUID, *, at: datetime) -> None:
    """Send one mail, unless another sender has it, it was sent, or its time has not come."""
    waiting = Delivery.objects.filter(
        pk=delivery, state=Delivery.State.WAITING, channel__kind=Channel.Kind.EMAIL, next_at__lte=at
    )
    if not waiting.update(attempts=F("attempts") + 1, next_at=at + LEASE, at=at):
        return
    claimed = Delivery.objects.select_related("notice", "channel").get(pk=delivery)
    try:
        with override(claimed.notice.language):
            EmailMessage(_(MAIL_SUBJECT), _(MAIL_TEXT), to=[claimed.channel.address]).send()
    except Exception as trouble:  # a mail server fails in every way; it must not take the house with it
        logger.warning("delivery %s did not leave: %s", delivery, type(trouble).__name__)
        _later(claimed, at)
        return
    _move(claimed, Delivery.State.DELIVERED, at=at)


def due(*, at: datetime) -> list[UUID]:
    """The mails whose time has come."""
    waiting = Delivery.objects.filter(
        state=Delivery.State.WAITING, channel__kind=Channel.Kind.EMAIL, next_at__lte=at
    )
    return list(waiting.order_by("next_at").values_list("pk", flat=True)[:AT_ONCE])


def failed() -> QuerySet[Delivery]:
    """What was given up."""
    return Delivery.objects.filter(state=Delivery.State.FAILED)


@shared_task(name="broker.post")
def post(delivery: str) -> None:
    """The Celery door: a message carries a delivery's id and nothing else."""
    deliver(UUID(delivery), at=timezone.now())


post.allowed = "worker"


def ring_on_commit(deliveries: list[UUID]) -> None:
    """Ring for each once its row is there for all to see."""
    for delivery in deliveries:
        transaction.on_commit(partial(ring, delivery))


def ring(delivery: UUID) -> None:
    """Put the id into the queue. If the queue does not answer the sweep rings again later."""
    try:
        post.delay(str(delivery))
    except (OperationalError, OSError) as silent:
        logger.warning("the queue did not answer for delivery %s: %s", delivery, silent)


def say_farewell_on_commit(addresses: list[str], *, language: str) -> None:
    """Tell somebody whose login is erased in this transaction, once it is: by what is in memory alone, for
    neither a row nor the queue may keep where she is reached."""
    transaction.on_commit(partial(_say_farewell, addresses, language), robust=True)


def _say_farewell(addresses: list[str], language: str) -> None:
    for address in addresses:
        with override(language):
            _send_once(address, _(MAIL_SUBJECT), _(FAREWELL))


def send_link(address: str, link: str, language: str) -> None:
    """The link by which an address is confirmed; if it does not leave she has another one sent."""
    with override(language):
        _send_once(address, _(LINK_SUBJECT), _(LINK_TEXT) % {"link": link})


def _send_once(address: str, subject: str, text: str) -> None:
    try:
        EmailMessage(subject, text, to=[address]).send()
    except Exception as trouble:  # as in `deliver`
        logger.warning("a mail did not leave: %s", type(trouble).__name__)


def _later(delivery: Delivery, at: datetime) -> None:
    if delivery.attempts >= TRIES:
        _move(delivery, Delivery.State.FAILED, at=at)
        return
    Delivery.objects.filter(pk=delivery.pk).update(next_at=at + LATER[delivery.attempts - 1])


def _move(delivery: Delivery, state: Delivery.State, *, at: datetime) -> None:
    Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.WAITING).update(state=state, at=at)
