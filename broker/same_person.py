"""Is the same person's DNA here under another account? Asked of every file that is held for review, as a
question for Q.QC through the gate, over those who permit it; what it found is read by stewards alone.

It stands under an undertaking of a quality officer that a steward approved. Without one nothing is asked.
The file's profile for it lies apart, as evidence does, and goes when the review is over.
"""

import io
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from broker import events, rights, staging, submissions
from broker.errors import NotAllowed, Refused
from broker.models import ENDED, AccessRequest, Job, JobState, Project, Reviewed, Upload, User
from broker.roles import Right, Role
from consent.ledger import log
from consent.purposes import Purpose
from genomics.coordinates import Build
from genomics.intake import evidence
from genomics.intake.receive import receive_evidence
from genomics.matching.identity import Identity

TITLE = "One person, two accounts"
PURPOSES = [str(Purpose.QC)]


class Found(StrEnum):
    """How the comparison of a held file stands."""

    NOT_ASKED = "not asked"
    UNDER_WAY = "under way"
    NOT_COMPARED = "could not be compared"
    NOBODY = "nobody else"
    SOMEBODY = "the same person"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a steward may know: whether, and under which names of this undertaking."""

    found: Found
    aliases: tuple[str, ...] = ()


def undertake(*, summary: str, valid_to: datetime, by: User, at: datetime) -> AccessRequest:
    """A quality officer asks to compare held files with those who permit quality checks. A steward decides
    (access.decide); nobody is made a member, so nobody asks anything else under it."""
    if Role.QUALITY_OFFICER not in by.roles:
        raise NotAllowed("This is for a quality officer. Nothing was submitted.")
    if by.organisation is None or not by.organisation.verified:
        raise Refused("Your organisation is not verified yet. Nothing was submitted.")
    if valid_to <= at or not summary.strip():
        raise Refused("Say in a few words what it is for, and a day to come on which it ends.")
    with transaction.atomic():
        project = Project.objects.create(title=TITLE, organisation=by.organisation, created_at=at)
        request = AccessRequest.objects.create(
            project=project,
            summary=summary,
            purposes=PURPOSES,
            commercial_use=False,
            valid_to=valid_to,
            submitted_by=by,
            submitted_at=at,
        )
        log.append(
            events.REQUEST_SUBMITTED,
            at=at,
            by=by.reference,
            subject=str(request.id),
            project=str(project.id),
            purposes=PURPOSES,
        )
    return request


def ask(upload: Upload, data: io.BufferedReader, *, at: datetime) -> None:
    """Put the question about a file that has just been taken in, if there is an undertaking for it. The
    sweeper rings for it: nothing of it is waited for here, so that it takes as long for everybody."""
    under = _in_force(at)
    if under is None:
        return
    data.seek(0)
    assume = Build(upload.assume) if upload.assume else None
    profile = receive_evidence(_reference(upload), data, by="review", at=at, assume=assume)
    with transaction.atomic():
        query = submissions.record(
            Identity(evidence=profile.id).as_json(),
            under=under,
            by=under.submitted_by,
            role=Role.QUALITY_OFFICER,
            at=at,
        )
        Upload.objects.filter(pk=upload.pk).update(query=query)


def comparison(upload: Upload, *, by: User, at: datetime) -> Comparison:
    """What was found, for a steward; her look is an event. The person's own other files do not count."""
    rights.require(by, Right.VERIFY_PEOPLE)
    if upload.query is None:
        return Comparison(Found.NOT_ASKED)
    job = upload.query.job
    if job is not None and job.state not in ENDED:
        return Comparison(Found.UNDER_WAY)
    if job is None or job.state != JobState.RELEASED:
        return Comparison(Found.NOT_COMPARED)
    others = _others(upload, job)
    with transaction.atomic():
        log.append(events.RESULT_READ, at=at, by=by.reference, subject=f"job:{job.pk}")
    return Comparison(Found.SOMEBODY if others else Found.NOBODY, others)


def discard(upload: Upload) -> None:
    """The review is over: the profile that lay apart for it goes."""
    evidence.discard(_reference(upload))


def _others(upload: Upload, job: Job) -> tuple[str, ...]:
    answer = json.loads(staging.unseal(bytes(job.answer or b""), f"{job.pk}/answer"))
    assert upload.query is not None  # who calls asked
    herself = staging.alias(f"request:{upload.query.request_id}", upload.participant_id)
    return tuple(one["person"] for one in answer["records"] if one["person"] != herself)


def _in_force(at: datetime) -> AccessRequest | None:
    standing = AccessRequest.objects.filter(state=Reviewed.APPROVED, purposes=PURPOSES, valid_to__gt=at)
    requests = standing.select_related("submitted_by", "project").order_by("-submitted_at")
    return next((one for one in requests if Role.QUALITY_OFFICER in one.submitted_by.roles), None)


def _reference(upload: Upload) -> str:
    return f"review:{upload.pk}"
