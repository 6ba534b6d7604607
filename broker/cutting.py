"""Cutting a job into ranges, so that many workers read at once; and clearing its ranges away when it ends.

A range is a share of those whom the snapshot permits, by their ordinals, each with the files that she had
then. How many ranges there are follows from how many people hold a file here and not from how many permit it,
so that the asker may be told how many are done. Reading one is in broker.ranges, what becomes of them
together in broker.joining.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from django.conf import settings
from django.db import transaction

from broker import events, staging
from broker.job_ends import Run
from broker.models import Job, JobRange, JobState
from consent import clearance as proofs
from consent.clearance import Clearance, Permitted
from consent.ledger import log
from consent.reasons import Reason

UNDER_WAY = frozenset({JobState.RUNNING, JobState.CUT, JobState.RELEASING})
"""The states in which a job may have ranges."""


@dataclass(frozen=True, slots=True)
class Share:
    """The people of one range, of how many, and the number of the gate at which they had been permitted; with
    the first range also whom the snapshot permits and that gate did not, and why."""

    gate: int
    of_many: int
    people: Mapping[int, Permitted]
    out: Mapping[int, tuple[Reason, ...]]

    @classmethod
    def of(cls, one: JobRange) -> Self:
        """Raises StagedBroken if it is not as it was written."""
        said = json.loads(staging.unseal(bytes(one.people), place(one.job_id, one.number, "people")))
        people = {
            ordinal: Permitted(ordinal, tuple(UUID(hex=file) for file in files), ())
            for ordinal, files in said["people"]
        }
        out = {ordinal: tuple(map(Reason, why)) for ordinal, why in said["out"]}
        return cls(said["gate"], said["of"], people, out)


def ranges_of(clearance: Clearance) -> int:
    """How many ranges there are for a house of this size: one is none."""
    considered = len(clearance.permitted) + len(clearance.left_out)
    return max(1, -(-considered // settings.RANGE_PEOPLE))


def cut(run: Run, clearance: Clearance) -> list[UUID]:
    """Many workers shall read it: the ranges to ring for. What others had read is void."""
    now, rows = run.clock(), _ranges(run, clearance)
    with transaction.atomic():
        clear_away(run.job)
        run.move(JobState.CUT, cut_into=len(rows))
        run.passage.write()
        JobRange.objects.bulk_create(rows)
        log.append(events.JOB_CUT, at=now, by="worker", subject=run.subject, ranges=len(rows))
    return [one.pk for one in rows]


def clear_away(job: Job) -> None:
    """What was read for a job that ends is gone with it, in the transaction that ends it."""
    JobRange.objects.filter(job=job).delete()


def place(job: UUID, number: int, what: str) -> str:
    """Where something of a range is sealed to: it opens nowhere else."""
    return f"{job}/range {number}/{what}"


def _ranges(run: Run, clearance: Clearance) -> list[JobRange]:
    """Equal shares of those who are permitted, and together all of them."""
    job, many, people = run.job, ranges_of(clearance), clearance.permitted
    sealed = bytes(Job.objects.values_list("snapshot", flat=True).get(pk=job.pk) or b"")
    snapshot = proofs.from_bitmap(staging.unseal(sealed, f"{job.pk}/snapshot"))
    out = [[one.ordinal, list(one.reasons)] for one in clearance.left_out if one.ordinal in snapshot]
    rows = []
    for number in range(many):
        share = people[len(people) * number // many : len(people) * (number + 1) // many]
        told = {
            "gate": run.passage.first,
            "of": many,
            "people": [[one.ordinal, [file.hex for file in one.files]] for one in share],
            "out": [] if number else out,
        }
        rows.append(
            JobRange(
                job=job,
                number=number,
                rung_at=clearance.at,
                first=share[0].ordinal if share else None,
                last=share[-1].ordinal if share else None,
                people=staging.seal(json.dumps(told).encode(), place(job.pk, number, "people")),
            )
        )
    return rows
