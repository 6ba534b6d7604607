"""What a job asked the law with, each time it asked: the instant, the consent position, the policy and the
request as it stood. By these an old decision is made again. Written once and kept as long as the job.
"""

import hashlib
import json
from typing import Any

from django.db import models

from broker.models.queries import Job
from consent.append_only import AppendOnly
from consent.terms import DataUse, canonical


class JobGate(AppendOnly):
    """One gate that a job came to. Of the batches only those are kept at which somebody was lost."""

    class Kind(models.TextChoices):
        SNAPSHOT = "snapshot", "snapshot"  # the first attempt asked about everybody
        AGAIN = "again", "asked again"  # a later attempt did
        RANGE = "range", "range"  # the worker that had a range asked about its people
        BATCH = "batch", "batch"  # just before these people were read
        CUT = "cut", "as it was cut"  # the gate before the cut, again: files that came since did not join
        RECUT = "recut", "asked anew"  # the release found that somebody had changed her mind
        RELEASE = "release", "release"
        REFUSED = "refused", "refused"  # the request itself failed

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="gates")
    number = models.PositiveIntegerField()  # in the order in which the job came to them
    kind = models.CharField(max_length=8, choices=Kind)
    at = models.DateTimeField()
    position = models.PositiveBigIntegerField()  # the consent position before anything was read
    seen_upto = models.PositiveBigIntegerField()  # and after: changes in between may have been seen or not
    policy_version = models.CharField(max_length=64)
    use = models.TextField()  # canonical JSON of the DataUse

    class Meta(AppendOnly.Meta):
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="job_gate_number_once")]

    def __str__(self) -> str:
        return f"gate {self.number} of job {self.job_id}"

    def as_json(self) -> dict[str, Any]:
        return {
            "job": str(self.job_id),
            "number": self.number,
            "kind": str(self.kind),
            "at": self.at,
            "position": self.position,
            "seen_upto": self.seen_upto,
            "policy_version": self.policy_version,
            "use": self.use,
        }

    @property
    def sha256(self) -> str:
        """What the ledger keeps of it."""
        return hashlib.sha256(canonical(self.as_json())).hexdigest()

    @property
    def data_use(self) -> DataUse:
        """The request as it stood."""
        return DataUse.from_json(json.loads(self.use))
