"""The third step of a case: what a search found goes out, or not. What a state may become is one table.

A lead is somebody found; until a second pair has signed, nobody is told under which case name, or whether.
"""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q

from broker.models.people import User
from broker.models.queries import Job
from broker.models.undertakings import Case


class DisclosureState(models.TextChoices):
    PROPOSED = "proposed", "waits for a second pair"
    DISCLOSED = "disclosed", "disclosed"
    REFUSED = "refused", "refused"
    LAPSED = "lapsed", "lapsed"


DISCLOSURE_TRANSITIONS: dict[DisclosureState, frozenset[DisclosureState]] = {
    DisclosureState.PROPOSED: frozenset(
        {DisclosureState.DISCLOSED, DisclosureState.REFUSED, DisclosureState.LAPSED}
    ),
    DisclosureState.DISCLOSED: frozenset(),
    DisclosureState.REFUSED: frozenset(),
    DisclosureState.LAPSED: frozenset(),
}
LIVING = (DisclosureState.PROPOSED, DisclosureState.DISCLOSED)


class DisclosureQuerySet(models.QuerySet["Disclosure"]):
    def visible_to(self, user: User) -> Self:
        """Those of the cases whose papers she may see."""
        return self.filter(job__query__case__in=Case.objects.visible_to(user))


class Disclosure(models.Model):
    """That an investigator asks for the leads of one search, and what a second pair decided."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="disclosures")
    reason = models.TextField()
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=DisclosureState, default=DisclosureState.PROPOSED)
    decided_at = models.DateTimeField(null=True, blank=True)
    # Sealed: the case names of those who allowed it still when it was disclosed. Nobody else goes out.
    leads = models.BinaryField(null=True, blank=True)

    objects = DisclosureQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["job"], condition=Q(state__in=LIVING), name="one_living_disclosure_a_job"
            ),
            models.CheckConstraint(
                condition=Q(state="disclosed", leads__isnull=False)
                | (~Q(state="disclosed") & Q(leads__isnull=True)),
                name="disclosed_with_its_leads_alone",
            ),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_at__isnull=True)
                | (~Q(state="proposed") & Q(decided_at__isnull=False)),
                name="disclosure_decided_at",
            ),
        ]
