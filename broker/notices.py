"""Telling people: a notice goes to every channel on record, written in the transaction of what it tells of.

    notices.tell([user], "widened", at=at, family="LE.HOM", whose="P-...", begins=begins.isoformat())

What each kind says is in notice_kinds; how a mail leaves the house, or does not, in postman.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.db.models import QuerySet

from broker import events, notice_kinds, postman
from broker.errors import Refused
from broker.models import Channel, Delivery, Notice, User
from consent import fence
from consent.ledger import log

CHUNK = 500  # notices written together


def tell(users: Iterable[User], kind: str, *, at: datetime, **fields: object) -> list[Notice]:
    """Write one notice for each of these logins, and send it through every channel that each has."""
    return tell_each(((user, fields) for user in dict.fromkeys(users)), kind, at=at)


def tell_each(told: Iterable[tuple[User, Mapping[str, object]]], kind: str, *, at: datetime) -> list[Notice]:
    """The same for a crowd, to each what is hers: all in one transaction, in few statements."""
    written: list[Notice] = []
    rows = iter(told)
    with transaction.atomic():
        while chunk := list(islice(rows, CHUNK)):
            made = [_notice(user, kind, fields, at) for user, fields in chunk]
            Notice.objects.bulk_create(made)
            _send(made, at=at)
            written += made
    return written


def inbox(user: User) -> QuerySet[Delivery]:
    """What she was told, newest first, as it stands in the portal."""
    mine = Delivery.objects.filter(channel__user=user, channel__kind=Channel.Kind.PORTAL)
    return mine.select_related("notice").order_by("-notice__at", "-notice_id")


def mark_read(user: User, notice: Notice, *, at: datetime) -> None:
    """She has read it. Doing it twice changes nothing."""
    inbox(user).filter(notice=notice, state=Delivery.State.DELIVERED).update(state=Delivery.State.READ, at=at)


def ways(user: User) -> QuerySet[Channel]:
    """The channels beside the portal that are in use, oldest first."""
    mine = Channel.objects.filter(user=user, ended_at__isnull=True)
    return mine.exclude(kind=Channel.Kind.PORTAL).order_by("added_at", "id")


def add_channel(user: User, kind: Channel.Kind, address: str, *, at: datetime) -> Channel:
    """A further way to reach somebody. Every way she has, the new one too, is told."""
    if kind == Channel.Kind.PORTAL:
        raise Refused("Everybody is reached here already. Nothing was changed.")
    if ways(user).filter(kind=kind, address=address).exists():
        raise Refused("You are reached there already. Nothing was changed.")
    with transaction.atomic():
        channel = Channel.objects.create(user=user, kind=kind, address=address, added_at=at)
        log.append(
            events.CHANNEL_ADDED, at=at, by=user.reference, subject=user.reference, channel_kind=str(kind)
        )
        tell([user], "channel_changed", at=at, change=notice_kinds.ADDED)
    return channel


def end_channel(channel: Channel, *, at: datetime) -> None:
    """Do not use a channel any more. It is told so itself: a thief cannot end it in silence; nor at all while
    another address waits to be confirmed, for until then what comes goes to the old ones too."""
    with transaction.atomic():
        fence.advance([])  # a restore may not bring it back
        User.objects.select_for_update().get(pk=channel.user_id)  # of two at once the second sees the first
        channel.refresh_from_db()
        if channel.kind == Channel.Kind.PORTAL or not ways(channel.user).filter(pk=channel.pk).exists():
            raise Refused("This way is not in use. Nothing was changed.")
        if not channel.waits and any(way.waits for way in ways(channel.user)):
            raise Refused(
                "An address of yours is not confirmed yet, and until it is, notices go to the old ones too. "
                "Nothing was changed; open the link that we sent there, or remove that address first."
            )
        tell([channel.user], "channel_changed", at=at, change=notice_kinds.REMOVED)
        Channel.objects.filter(pk=channel.pk).update(ended_at=at)
        log.append(
            events.CHANNEL_ENDED,
            at=at,
            by=channel.user.reference,
            subject=channel.user.reference,
            channel_kind=channel.kind,
            channel=str(channel.pk),
        )


def end_again(channel: Channel, *, by: str, at: datetime) -> None:
    """After a restore: a way that was ended since the backup is ended again."""
    with transaction.atomic():
        fence.advance([])
        if ways(channel.user).filter(pk=channel.pk).update(ended_at=at):
            user, kind = channel.user.reference, channel.kind
            log.append(
                events.CHANNEL_ENDED, at=at, by=by, subject=user, channel_kind=kind, channel=str(channel.pk)
            )


def letters() -> QuerySet[Delivery]:
    """What waits to be printed and posted, oldest first."""
    waiting = Delivery.objects.filter(channel__kind=Channel.Kind.POST, state=Delivery.State.WAITING)
    return waiting.select_related("notice__user", "channel").order_by("notice__at", "id")


def posted(delivery: Delivery, *, at: datetime) -> None:
    """A letter has left the desk."""
    letters().filter(pk=delivery.pk).update(state=Delivery.State.DELIVERED, at=at, attempts=1)


def portal_of(user: User, *, at: datetime) -> Channel:
    """The channel that everybody has."""
    return Channel.objects.get_or_create(
        user=user, kind=Channel.Kind.PORTAL, ended_at=None, defaults={"added_at": at}
    )[0]


def _notice(user: User, kind: str, fields: Mapping[str, object], at: datetime) -> Notice:
    if set(notice_kinds.KINDS[kind].fields) != set(fields):
        raise ValueError(f"A notice {kind!r} says {notice_kinds.KINDS[kind].fields}, and nothing else.")
    return Notice(user=user, kind=kind, language=user.language, fields=dict(fields), at=at)


def _send(written: list[Notice], *, at: datetime) -> None:
    """Each through every channel that its reader has, the portal first."""
    users = {notice.user_id: notice.user for notice in written}
    standing = Channel.objects.filter(user__in=users, ended_at__isnull=True).order_by("added_at", "id")
    channels: dict[int, list[Channel]] = {user: [] for user in users}
    for channel in standing:
        place = 0 if channel.kind == Channel.Kind.PORTAL else len(channels[channel.user_id])
        channels[channel.user_id].insert(place, channel)
    for user, hers in channels.items():
        if not hers or hers[0].kind != Channel.Kind.PORTAL:
            hers.insert(0, portal_of(users[user], at=at))
    sent = [_delivery(notice, channel, at) for notice in written for channel in channels[notice.user_id]]
    Delivery.objects.bulk_create(sent)
    postman.ring_on_commit([one.pk for one in sent if one.channel.kind == Channel.Kind.EMAIL])


def _delivery(notice: Notice, channel: Channel, at: datetime) -> Delivery:
    here = channel.kind == Channel.Kind.PORTAL
    state = Delivery.State.DELIVERED if here else Delivery.State.WAITING
    return Delivery(notice=notice, channel=channel, at=at, next_at=at, state=state)
