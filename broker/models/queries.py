"""What was asked, and each run of it. The job row is the truth; the queue is a doorbell.

Answers, manifests and snapshots stand here sealed (broker.staging). What a state may become is one table.
"""

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Prefetch, Q

from broker.models.people import User
from broker.models.undertakings import AccessRequest, Authorisation, Case, Project


class QueryState(models.TextChoices):
    """A search is submitted until two have signed it; a researcher's question needs no more signatures. A
    draft stands in somebody's browser alone, and is no row."""

    SUBMITTED = "submitted", "submitted"
    APPROVED = "approved", "approved"
    REFUSED = "refused", "refused"


QUERY_TRANSITIONS: dict[QueryState, frozenset[QueryState]] = {
    QueryState.SUBMITTED: frozenset({QueryState.APPROVED, QueryState.REFUSED}),
    QueryState.APPROVED: frozenset(),
    QueryState.REFUSED: frozenset(),
}


class QueryQuerySet(models.QuerySet["Query"]):
    def visible_to(self, user: User) -> Self:
        """Those of the projects and cases she works on."""
        return self.filter(
            Q(request__project__in=Project.objects.visible_to(user))
            | Q(case__in=Case.objects.worked_on_by(user))
        )

    def with_runs(self) -> Self:
        """Each with its runs, in one statement whatever their number; sealed columns stay where they are."""
        runs = Job.objects.order_by("-created_at").defer("snapshot", "answer", "manifest")
        return self.prefetch_related(Prefetch("jobs", runs))


class Query(models.Model):
    """A question under a project or a case, asked by someone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        AccessRequest, on_delete=models.PROTECT, null=True, blank=True, related_name="queries"
    )
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, blank=True, related_name="queries")
    # Of a search: the judicial paper that it was asked under. One that comes later does not join.
    authorisation = models.ForeignKey(
        Authorisation, on_delete=models.PROTECT, null=True, blank=True, related_name="queries"
    )
    question = models.JSONField()
    purposes = models.JSONField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="queries")
    role = models.CharField(max_length=20)  # the role in which it was asked
    submitted_at = models.DateTimeField()
    idempotency_key = models.CharField(max_length=64, blank=True, default="")
    state = models.CharField(max_length=12, choices=QueryState, default=QueryState.SUBMITTED)
    reasons = models.JSONField(default=list)  # why it was refused, as codes of the request gates

    objects = QueryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(request__isnull=True) ^ Q(case__isnull=True), name="query_under_one_undertaking"
            ),
            models.UniqueConstraint(
                fields=["asked_by", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="query_once_an_idempotency_key",
            ),
        ]

    @property
    def job(self) -> "Job | None":
        """Its newest run; of many queries, ask with_runs() first."""
        if "jobs" in getattr(self, "_prefetched_objects_cache", {}):
            return next(iter(self.jobs.all()), None)
        return self.jobs.order_by("-created_at").first()

    @property
    def undertaking(self) -> "Project | Case":
        return self.case if self.case is not None else self.request.project  # type: ignore[union-attr]


class JobState(models.TextChoices):
    QUEUED = "queued", "waiting"
    RUNNING = "running", "running"
    CUT = "cut", "being read in ranges"
    RELEASING = "releasing", "being released"
    RELEASED = "released", "ready"
    REFUSED = "refused", "refused"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"
    PAUSED = "paused", "paused"
    EXPIRED = "expired", "expired"


TRANSITIONS: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.CANCELLED}),
    JobState.RUNNING: frozenset(
        {
            JobState.RUNNING,  # taken over: the worker that had it fell silent
            JobState.CUT,
            JobState.RELEASING,
            JobState.REFUSED,
            JobState.FAILED,
            JobState.CANCELLED,
            JobState.PAUSED,
        }
    ),
    JobState.CUT: frozenset(
        {
            JobState.RUNNING,  # all ranges are done
            JobState.REFUSED,
            JobState.FAILED,
            JobState.CANCELLED,
            JobState.PAUSED,
        }
    ),
    JobState.RELEASING: frozenset(
        {
            JobState.RUNNING,  # consent changed since the last look, or the worker fell silent: ask again
            JobState.RELEASED,
            JobState.REFUSED,
            JobState.FAILED,
            JobState.CANCELLED,
            JobState.PAUSED,
        }
    ),
    JobState.PAUSED: frozenset({JobState.QUEUED, JobState.CANCELLED}),
    JobState.RELEASED: frozenset({JobState.EXPIRED}),
    JobState.REFUSED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
    JobState.EXPIRED: frozenset(),
}

ENDED = frozenset(state for state, after in TRANSITIONS.items() if not after) | {JobState.RELEASED}


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: User) -> Self:
        """The runs of the queries she may see."""
        return self.filter(query__in=Query.objects.visible_to(user))


class Job(models.Model):
    """One run of a query. Whoever holds the token, until the lease runs out, is the one that runs it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    query = models.ForeignKey(Query, on_delete=models.PROTECT, related_name="jobs")
    state = models.CharField(max_length=12, choices=JobState, default=JobState.QUEUED)
    token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    progress = models.PositiveSmallIntegerField(default=0)  # percent; a number of people would say too much
    cut_into = models.PositiveSmallIntegerField(default=0)  # ranges; as many as the house is large
    created_at = models.DateTimeField()
    rung_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    reasons = models.JSONField(default=list)  # request-level reasons of a refusal
    trouble = models.TextField(blank=True, default="")  # a sentence for the asker when it failed or paused

    # The snapshot: who was permitted at the start. It grants nothing; it only keeps later grants out.
    position = models.PositiveBigIntegerField(null=True, blank=True)
    policy_version = models.CharField(max_length=64, blank=True, default="")
    snapshot = models.BinaryField(null=True, blank=True)
    # Staged before the release, readable after it.
    answer = models.BinaryField(null=True, blank=True)
    manifest = models.BinaryField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["state", "lease_until"])]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["running", "releasing"])
                | Q(token__isnull=False, lease_until__isnull=False),
                name="running_job_has_token_and_lease",
            ),
            models.CheckConstraint(
                condition=~Q(state="released") | Q(answer__isnull=False, manifest__isnull=False),
                name="released_job_has_its_answer",
            ),
        ]

    @property
    def ended(self) -> datetime:
        """When it ended; ask only those that have."""
        assert self.ended_at is not None
        return self.ended_at

    @property
    def state_told(self) -> JobState:
        """What its asker is told. A release that is tried again would tell that somebody changed her mind, so
        it is running until it is ready."""
        state = JobState(self.state)
        return JobState.RUNNING if state in {JobState.RELEASING, JobState.CUT} else state

    @property
    def progress_told(self) -> int:
        """Percent: all of it only when it is ready. Of a search nothing before that: it is read in parts of a
        known size, so the share of the first one would tell how many people permit it. Ranges tell nothing:
        how many there are follows from how many people hold a file here."""
        if self.state == JobState.RELEASED:
            return 100
        return min(self.progress, 99) if self.query.case_id is None or self.cut_into else 0
