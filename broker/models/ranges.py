"""The ranges of a job that was cut, so that many workers read at once. Claimed as jobs are, and gone when the
job ends: what is kept here of people is sealed (broker.staging), and nobody's but the job's.
"""

import uuid

from django.db import models
from django.db.models import Exists, OuterRef, Q

from broker.models.queries import Job, JobState


class RangeState(models.TextChoices):
    WAITING = "waiting", "waiting"
    RUNNING = "running", "running"
    DONE = "done", "done"


RANGE_TRANSITIONS: dict[RangeState, frozenset[RangeState]] = {
    RangeState.WAITING: frozenset({RangeState.RUNNING}),
    RangeState.RUNNING: frozenset({RangeState.RUNNING, RangeState.DONE}),  # taken over from a silent worker
    RangeState.DONE: frozenset(),
}


class JobRange(models.Model):
    """A share of those whom a job's snapshot permits, from the first ordinal to the last."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="ranges")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, choices=RangeState, default=RangeState.WAITING)
    token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    rung_at = models.DateTimeField()
    # Whose keys a claim of it opens; none, where the share is empty.
    first = models.PositiveBigIntegerField(null=True, blank=True)
    last = models.PositiveBigIntegerField(null=True, blank=True)
    people = models.BinaryField()  # who they are, with which files
    asked = models.BinaryField(null=True, blank=True)  # what the law said of them
    found = models.BinaryField(null=True, blank=True)  # what was found in their files

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="job_range_number_once"),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(token__isnull=False, lease_until__isnull=False),
                name="running_range_has_token_and_lease",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(asked__isnull=False, found__isnull=False),
                name="done_range_has_what_it_found",
            ),
        ]

    def __str__(self) -> str:
        return f"range {self.number} of job {self.job_id}"


def all_read() -> Q:
    """Jobs that were cut, and of whose ranges none is left to be read."""
    left = JobRange.objects.filter(job=OuterRef("pk")).exclude(state=RangeState.DONE)
    return Q(~Exists(left), state=JobState.CUT)
