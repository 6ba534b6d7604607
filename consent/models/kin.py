"""Who stands by whom: links by which somebody acts for somebody else, and identical twins.

Guardian, proxy and next of kin are one table, for they are one thing: somebody says that she acts for a
person, others see the papers, and one day it is over. What differs is a column (limits), a constraint (two
for a proxy) or a rule (powers), and a question such as "for whom does she act?" is asked of one table.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q

from consent.models.people import Participant
from consent.terms import Capacity


class Kind(models.TextChoices):
    """By what she acts: which of them fit which capacity stands in KINDS."""

    PARENT = "PARENT", "a parent"
    COURT = "COURT", "appointed by a court"
    FOSTER = "FOSTER", "a foster parent"
    NAMED = "NAMED", "named by the person herself, while she could"
    SPOUSE = "SPOUSE", "husband or wife"
    CHILD = "CHILD", "a son or daughter"
    SIBLING = "SIBLING", "a brother or sister"
    OTHER = "OTHER", "another relative"


KINDS: dict[Capacity, tuple[Kind, ...]] = {
    Capacity.GUARDIAN: (Kind.PARENT, Kind.COURT, Kind.FOSTER),
    Capacity.PROXY: (Kind.COURT, Kind.NAMED),
    Capacity.NEXT_OF_KIN: (Kind.SPOUSE, Kind.CHILD, Kind.PARENT, Kind.SIBLING, Kind.OTHER),
}


class Why(models.TextChoices):
    """Why a link is over."""

    COURT = "COURT", "a court has ended it"
    DEATH = "DEATH", "who acted has died"
    MAJORITY = "MAJORITY", "the child is of age"
    LAID_DOWN = "LAID_DOWN", "who acted has laid it down"
    RECOVERED = "RECOVERED", "the person can act herself again"
    MISTAKE = "MISTAKE", "it should never have been confirmed"


class State(models.TextChoices):
    """How far a link has come; what may follow what stands in TRANSITIONS."""

    CLAIMED = "CLAIMED", "claimed"
    SEEN = "SEEN", "seen by the first of two"
    VERIFIED = "VERIFIED", "verified"
    REJECTED = "REJECTED", "rejected"
    ENDED = "ENDED", "ended"


TRANSITIONS: dict[State, frozenset[State]] = {
    State.CLAIMED: frozenset((State.SEEN, State.VERIFIED, State.REJECTED, State.ENDED)),
    State.SEEN: frozenset((State.VERIFIED, State.REJECTED, State.ENDED)),
    State.VERIFIED: frozenset((State.ENDED,)),
    State.REJECTED: frozenset(),
    State.ENDED: frozenset(),
}
MANY = 500  # people; for more, all pairs are looked through
OVER = (State.REJECTED, State.ENDED)


class KinLink(models.Model):
    """That somebody acts for a person: in which capacity, by what, how far, from when until when."""

    claimant = models.CharField(max_length=64)  # an actor reference: consent knows no user account
    person = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="kin_links")
    capacity = models.CharField(max_length=12, default=Capacity.GUARDIAN)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.PARENT)
    limits = models.JSONField(default=list, blank=True)  # families that a court has taken from this guardian
    papers = models.CharField(max_length=200, blank=True, default="")  # where the documents are to be found
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)  # half-open; None: until the law ends it
    state = models.CharField(max_length=8, choices=State, default=State.CLAIMED)
    claimed_at = models.DateTimeField()
    seen_by = models.CharField(max_length=64, blank=True, default="")  # the first of two, for a proxy
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.CharField(max_length=64, blank=True, default="")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_why = models.CharField(max_length=10, choices=Why, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["claimant", "person", "capacity"],
                condition=~Q(state__in=["ENDED", "REJECTED"]),
                name="one_living_kin_link",
            ),
            models.CheckConstraint(
                condition=Q(verified_at__isnull=True, verified_by="")
                | (Q(verified_at__isnull=False) & ~Q(verified_by="")),
                name="kin_link_verified_at_and_by",
            ),
            models.CheckConstraint(
                condition=~Q(claimant=F("verified_by")) & ~Q(claimant=F("seen_by")),
                name="kin_link_verified_by_another",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="kin_link_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=~Q(capacity="PROXY")
                | Q(valid_to__isnull=False)
                & (~Q(state="VERIFIED") | (~Q(seen_by="") & ~Q(seen_by=F("verified_by")))),
                name="proxy_takes_two_and_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.claimant} for {self.person} as {self.capacity}"

    @property
    def is_over(self) -> bool:
        return self.state in OVER


class TwinQuerySet(models.QuerySet["TwinLink"]):
    def standing(self, *, at: datetime | None = None) -> Self:
        """Pairs that two have confirmed and nobody has dissolved: now, or at an instant."""
        if at is None:
            return self.filter(dissolved_at__isnull=True).exclude(confirmed_by="")
        return self.filter(confirmed_at__lte=at).exclude(dissolved_at__lte=at)

    def everybody(self) -> set[int]:
        """The ordinals of everybody in these pairs."""
        return {one for pair in self.values_list("first", "second") for one in pair}

    def twins_of(self, ordinals: Iterable[int]) -> dict[int, int]:
        """The twin of each of these who has one among these pairs."""
        asked = set(ordinals)
        both = self.values_list("first", "second")
        pairs = both if len(asked) > MANY else both.filter(Q(first__in=asked) | Q(second__in=asked))
        return {one: other for pair in pairs for one, other in (pair, pair[::-1]) if one in asked}


class TwinLink(models.Model):
    """That two participants are identical twins: it stands once two have said so, and until it proves wrong.
    The two stand in the order of their ordinals, so that a pair is one row."""

    first = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="+")
    proposed_by = models.CharField(max_length=64)
    proposed_at = models.DateTimeField()
    confirmed_by = models.CharField(max_length=64, blank=True, default="")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    parting_by = models.CharField(max_length=64, blank=True, default="")  # the first of two who part them
    parting_why = models.CharField(max_length=200, blank=True, default="")
    parting_at = models.DateTimeField(null=True, blank=True)
    dissolved_at = models.DateTimeField(null=True, blank=True)

    objects = TwinQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="twins_in_order"),
            models.CheckConstraint(
                condition=Q(confirmed_by="", confirmed_at__isnull=True)
                | (Q(confirmed_at__isnull=False) & ~Q(confirmed_by="") & ~Q(confirmed_by=F("proposed_by"))),
                name="twins_take_two",
            ),
            models.CheckConstraint(
                condition=Q(parting_by="", parting_why="", parting_at__isnull=True)
                | (Q(parting_at__isnull=False) & ~Q(parting_by="") & ~Q(parting_why="")),
                name="twins_parting_by_why_and_at",
            ),
            models.UniqueConstraint(
                fields=["first"], condition=Q(dissolved_at__isnull=True), name="one_living_twin_first"
            ),
            models.UniqueConstraint(
                fields=["second"], condition=Q(dissolved_at__isnull=True), name="one_living_twin_second"
            ),
        ]

    def __str__(self) -> str:
        return f"twins {self.first} and {self.second}"
