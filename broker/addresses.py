"""Whether an e-mail address is hers: a link goes there, and she opens it, signed in, and presses a button.

    token = addresses.token(channel, at=at)      # in the link; good for this address, this login, three days
    addresses.confirm(user, token, at=at)        # raises Refused

Until it is confirmed notices go there and to every address before it, and none of those can be ended
(notices.end_channel). A link does nothing when it is only looked at, by a mail scanner, say.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.core import signing
from django.db import transaction

from broker import events, notice_kinds, notices, postman
from broker.errors import Refused
from broker.models import Channel, User
from consent.ledger import log

GOOD_FOR = timedelta(days=3)
_PURPOSE = "broker.addresses.confirm"  # signed for this alone: no other link of ours is taken for one
_SPENT = "This link is not good any more. Nothing was changed; have another one sent."
Link = Callable[[str], str]


def token(channel: Channel, *, at: datetime) -> str:
    """What proves that somebody reads what is sent to this channel's address."""
    return _signer().sign_object([*_bound(channel), at.isoformat()])


def send_link_on_commit(channel: Channel, link: Link, *, at: datetime) -> None:
    """Send the link to an address that waits to be confirmed; `link` makes a page's address from a token."""
    transaction.on_commit(
        partial(postman.send_link, channel.address, link(token(channel, at=at)), channel.user.language),
        robust=True,
    )


def named(user: User, said: str, *, at: datetime) -> Channel:
    """The address that waits behind a token, if it is hers and the token still good. Raises Refused."""
    try:
        channel_id, owner, address, made = _signer().unsign_object(said)
        age = at - datetime.fromisoformat(made)
    except (signing.BadSignature, ValueError, TypeError):
        raise Refused("This is no link of ours, or a part of it is missing. Nothing was changed.") from None
    if owner != str(user.public_id):
        raise Refused("This link was sent to somebody else. Nothing was changed; sign in as yourself.")
    channel = notices.ways(user).filter(pk=channel_id, kind=Channel.Kind.EMAIL).first()
    fits = channel is not None and _bound(channel) == [channel_id, owner, address]
    if channel is None or not fits or channel.confirmed_at is not None or not timedelta() <= age < GOOD_FOR:
        raise Refused(_SPENT)
    return channel


def confirm(user: User, said: str, *, at: datetime) -> Channel:
    """It is hers: from now on the addresses before it may be ended. Every way she has is told."""
    with transaction.atomic():
        channel = named(user, said, at=at)
        waiting = Channel.objects.filter(pk=channel.pk, confirmed_at__isnull=True, ended_at__isnull=True)
        if not waiting.update(confirmed_at=at):
            raise Refused(_SPENT)
        log.append(
            events.CHANNEL_CONFIRMED,
            at=at,
            by=user.reference,
            subject=user.reference,
            channel_kind=channel.kind,
        )
        notices.tell([user], "channel_changed", at=at, change=notice_kinds.CONFIRMED)
    channel.refresh_from_db()
    return channel


def _bound(channel: Channel) -> list[str]:
    digest = hashlib.sha256(channel.address.encode()).hexdigest()
    return [str(channel.pk), str(channel.user.public_id), digest]


def _signer() -> signing.Signer:
    return signing.Signer(salt=_PURPOSE)
