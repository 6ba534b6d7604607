"""What people are told, and by which ways: channels, notices, and each notice's way through each channel.

A notice is kept as it was written; only its delivery moves. What the kinds say is in broker.notice_kinds, and
how a mail goes out in broker.postman.
"""

import uuid

from django.db import models

from broker.models.people import User
from consent.append_only import AppendOnly


class Channel(models.Model):
    """One way to reach a login. Everybody has the portal; the others are added and ended, never changed."""

    class Kind(models.TextChoices):
        PORTAL = "portal", "here, after signing in"
        EMAIL = "email", "by e-mail"
        POST = "post", "by letter"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="channels")
    kind = models.CharField(max_length=6, choices=Kind)
    address = models.CharField(max_length=400, blank=True, default="")
    added_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)  # of an e-mail address (broker.addresses)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "address"],
                condition=models.Q(ended_at__isnull=True),
                name="channel_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="portal", address="")
                | (~models.Q(kind="portal") & ~models.Q(address="")),
                name="channel_leads_somewhere",
            ),
        ]

    @property
    def waits(self) -> bool:
        """Whether it is an e-mail address of which nobody has shown that she reads what is sent there."""
        return self.kind == self.Kind.EMAIL and self.confirmed_at is None

    @property
    def has_failed(self) -> bool:
        """Whether the last thing sent here did not arrive after every try."""
        newest = self.deliveries.exclude(state=Delivery.State.WAITING).order_by("-at").first()
        return newest is not None and newest.state == Delivery.State.FAILED


class Notice(AppendOnly):
    """What somebody was told, once: the kind, and what its sentence needs."""

    # An emptied login's (broker.erasing).
    erasable = "OLD.user_id IN (SELECT id FROM broker_user WHERE NOT is_active AND username LIKE 'erased:%')"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=32)
    language = models.CharField(max_length=2)
    fields = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["user", "at"])]


class Delivery(models.Model):
    """A notice on its way through one channel."""

    class State(models.TextChoices):
        WAITING = "waiting", "on its way"
        DELIVERED = "delivered", "delivered"
        READ = "read", "read"
        FAILED = "failed", "could not be delivered"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="deliveries")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="deliveries")
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    at = models.DateTimeField()  # of the last move
    next_at = models.DateTimeField()  # when it is tried next
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice", "channel"], name="delivery_once_a_channel")]
        indexes = [models.Index(fields=["state", "next_at"])]
