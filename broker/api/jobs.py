"""REST: follow a job, stop it, read what it may say."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.request import Request
from rest_framework.response import Response

from broker import queries, results
from broker.api.problems import documented
from broker.models import Job, JobState
from broker.rights import allows, person
from broker.roles import Right

UNTOLD = {JobState.CUT, JobState.RELEASING}  # see Job.state_told
TOLD = [state for state in JobState.choices if state[0] not in UNTOLD]


class JobOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    query = serializers.UUIDField(source="query_id")
    state = serializers.ChoiceField(TOLD, source="state_told")
    progress = serializers.IntegerField(source="progress_told", help_text="percent")
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    reasons = serializers.ListField(child=serializers.CharField(), help_text="why the request was refused")
    trouble = serializers.CharField(allow_blank=True, help_text="why it failed or paused, in a sentence")
    result = serializers.SerializerMethodField(help_text="where its answer is found, once it is released")

    def get_result(self, job: Job) -> str | None:
        return reverse("api:result", args=[job.pk]) if job.state == JobState.RELEASED else None


class ResultOut(serializers.Serializer[Any]):
    query_id = serializers.UUIDField()
    question = serializers.DictField()
    policy_version = serializers.CharField()
    consent_snapshot = serializers.CharField(help_text="names the state of consent it rests on")
    granularity = serializers.CharField(help_text="as returned")
    count = serializers.IntegerField(allow_null=True)
    fewer_than = serializers.IntegerField(allow_null=True, help_text="set when a small number is suppressed")
    frequency = serializers.FloatField(allow_null=True)
    records = serializers.ListField(child=serializers.DictField())
    pairs = serializers.ListField(
        child=serializers.DictField(),
        required=False,
        help_text="of relatives: what two of them share with each other, and where all three share it",
    )
    telling = serializers.DictField(
        allow_null=True,
        required=False,
        help_text="of relatives: the builds that places are in, and how many and how fine they are told",
    )
    notes = serializers.ListField(child=serializers.CharField())
    since_release = serializers.CharField(
        allow_blank=True, help_text="says so in a sentence when somebody was cut out of the records since"
    )


@extend_schema(operation_id="get_job", responses={200: JobOut, **documented(404)})
@api_view(["GET"])
@permission_classes([allows(Right.ASK)])
def job_detail(request: Request, job_id: str) -> Response:
    """How a job of yours stands."""
    job = get_object_or_404(Job.objects.visible_to(person(request)), pk=job_id)
    return Response(JobOut(job).data)


@extend_schema(operation_id="cancel_job", request=None, responses={200: JobOut, **documented(404)})
@api_view(["POST"])
@permission_classes([allows(Right.ASK)])
def job_cancel(request: Request, job_id: str) -> Response:
    """Stop a job that has not been released. A job that has ended stays as it ended."""
    job = get_object_or_404(Job.objects.visible_to(person(request)), pk=job_id)
    queries.cancel(job, by=person(request), at=timezone.now())
    return Response(JobOut(job).data)


@extend_schema(operation_id="get_result", responses={200: ResultOut, **documented(404, 422, 503)})
@api_view(["GET"])
@permission_classes([allows(Right.ASK)])
def result(request: Request, job_id: str) -> Response:
    """What a released job may say. Reading it is an event in the ledger; until its release lies under a
    checkpoint, a few seconds later, the answer is 503 with Retry-After.

    Whoever has withdrawn since is cut out of records. A number that she was counted in is refused (422): ask
    the question again."""
    job = get_object_or_404(Job.objects.visible_to(person(request)), pk=job_id)
    return Response(results.read(job, by=person(request), at=timezone.now()))
