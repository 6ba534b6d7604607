"""Participants as the law sees them: a pseudonym, a birthday, and since when something changed.

No name, no login, no e-mail address: those stand upstairs. Every change here goes through a verb
(records, kin, holdings, participants) that advances the consent position.
"""

import secrets
import uuid

from django.db import models

from consent.append_only import AppendOnly
from consent.terms import Capacity

ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"  # no vowels, nothing that reads like something else


def new_pseudonym() -> str:
    """P-XXXX-XXXX: 27^8 possibilities, drawn, never derived from anything about the person."""
    letters = [secrets.choice(ALPHABET) for _ in range(8)]
    return f"P-{''.join(letters[:4])}-{''.join(letters[4:])}"


def new_mark() -> bytes:
    """Sixteen random bytes."""
    return secrets.token_bytes(16)


class Change(AppendOnly):
    """That somebody's consent changed: the n-th change to anybody's. The newest is the consent position.

    A Clearance says up to which position it has looked; a release asks who changed since. The mark tells two
    histories apart: whoever remembers a position and another mark remembers what never came to be."""

    position = models.PositiveBigIntegerField(primary_key=True)
    mark = models.BinaryField(max_length=16, default=new_mark)


class Participant(models.Model):
    """The person whose DNA it is (ISO/IEC TS 27560: PII principal)."""

    ordinal = models.BigAutoField(primary_key=True)
    pseudonym = models.CharField(max_length=16, unique=True, default=new_pseudonym)
    born_on = models.DateField()
    died_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)
    identity_verified = models.BooleanField(default=False)
    minor_dissent = models.BooleanField(default=False)
    dissent_until = models.DateTimeField(null=True, blank=True)  # taken back, and holds until then
    home_region = models.CharField(max_length=16, default="", blank=True)
    home_zone = models.CharField(max_length=64, default="UTC")  # IANA: where her birthday begins
    # The consent position of the last change that touched this person: only grows.
    epoch = models.PositiveBigIntegerField(default=0, db_index=True)

    def __str__(self) -> str:
        return self.pseudonym


class HomeChange(models.Model):
    """That somebody says a participant is at home in another place, where that takes two; gone once it is
    settled. A minor says so herself where she would be of age earlier, and whoever acts for her always: one
    word of each waits, so that nobody's takes the place of hers."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="home_changes")
    capacity = models.CharField(max_length=12, default=Capacity.SELF)  # in which it was said
    zone = models.CharField(max_length=64)
    region = models.CharField(max_length=16, blank=True)
    proposed_by = models.CharField(max_length=64)
    proposed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["participant", "proposed_by"], name="one_home_change_of_each"),
        ]


class Erasure(AppendOnly):
    """The certificate of an erasure: what was destroyed, and when the last backup loses it. Whoever holds the
    id may read it, for who was erased signs in no more."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    participant = models.OneToOneField(Participant, on_delete=models.PROTECT, related_name="erasure")
    at = models.DateTimeField()
    destroyed = models.JSONField()  # what -> how many
    gone_from_backups_at = models.DateTimeField()
    event = models.UUIDField(unique=True)  # the ledger event that tells of it


class Freeze(models.Model):
    """A time during which nothing may be read about a participant; half-open, UTC."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="freezes")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(until__isnull=True) | models.Q(until__gt=models.F("since")),
                name="freeze_ends_after_it_begins",
            )
        ]


class Holding(models.Model):
    """What consent must know of a genomic file: whose it is, and in which state. Genomics writes it
    through the verbs of consent.holdings."""

    class State(models.TextChoices):
        ACTIVE = "ACTIVE", "active"
        QUARANTINED = "QUARANTINED", "quarantined"
        ERASED = "ERASED", "erased"

    file = models.UUIDField(primary_key=True)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="holdings")
    state = models.CharField(max_length=12, choices=State, default=State.ACTIVE)


HOLDING_TRANSITIONS: dict[Holding.State, frozenset[Holding.State]] = {
    Holding.State.ACTIVE: frozenset({Holding.State.QUARANTINED, Holding.State.ERASED}),
    Holding.State.QUARANTINED: frozenset({Holding.State.ACTIVE, Holding.State.ERASED}),
    Holding.State.ERASED: frozenset(),
}
