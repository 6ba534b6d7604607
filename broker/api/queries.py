"""REST: submit a query, read it again."""

import math
from collections.abc import Mapping
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.request import Request
from rest_framework.response import Response

from broker import queries
from broker.api.problems import documented
from broker.models import AccessRequest, Case, Query, QueryState
from broker.rights import allows, person
from broker.roles import Right

NEWEST = 100  # queries in a list
LONGEST_KEY = 64


class Exact(serializers.Serializer[Any]):
    """Takes the fields it names and no others: a word misspelt would ask another question than was meant."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := data.keys() - self.fields.keys()):
            raise serializers.ValidationError({name: ["There is no such field."] for name in sorted(unknown)})
        return super().to_internal_value(data)


class Centimorgans(serializers.FloatField):
    """A length on the map: a number like others, which not everything is that Python reads as one."""

    def to_internal_value(self, data: Any) -> float:
        try:
            length = super().to_internal_value(data)
        except OverflowError:
            length = math.inf
        if not math.isfinite(length):
            self.fail("invalid")
        return length


class QuestionIn(Exact):
    kind = serializers.ChoiceField(["carriers", "frequencies", "relatives", "identity"])
    build = serializers.ChoiceField(["GRCh37", "GRCh38"], required=False)
    variant = serializers.CharField(required=False, help_text="chr:pos ref>alt, 1-based, e.g. 20:1000226 A>T")
    region = serializers.CharField(required=False, help_text="chr:start-end, 1-based, inclusive")
    evidence = serializers.UUIDField(required=False)
    min_cm = Centimorgans(required=False, help_text="shortest segment, centimorgans")
    min_total_cm = Centimorgans(required=False, help_text="least shared in all, centimorgans")


class QueryIn(Exact):
    request = serializers.UUIDField(required=False, help_text="an access request of one of your projects")
    case = serializers.UUIDField(required=False, help_text="one of your cases")
    question = QuestionIn()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("request" in attrs) == ("case" in attrs):
            raise serializers.ValidationError("Name one access request or one case to ask under.")
        return attrs


class QueryOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(QueryState.choices)
    purposes = serializers.ListField(child=serializers.CharField())
    question = serializers.DictField()
    submitted_at = serializers.DateTimeField()
    reasons = serializers.ListField(child=serializers.CharField(), help_text="why it was refused, if it was")
    job = serializers.SerializerMethodField(
        help_text="where its run is found; null when it was refused, or waits to be signed"
    )

    def get_job(self, query: Query) -> str | None:
        job = query.job
        return reverse("api:job", args=[job.pk]) if job else None


@extend_schema(
    methods=["POST"],
    request=QueryIn,
    operation_id="submit_query",
    description="Submit a query. Its answer is found at the job that Location names. One that was refused at "
    "once has no job; Location names the query itself, with the reasons. Neither has a search under a case "
    "until a steward and a legal reviewer have signed it; until then its state is submitted.",
    responses={202: QueryOut, **documented(400, 404, 422)},
    parameters=[
        OpenApiParameter(
            "Idempotency-Key",
            str,
            "header",
            description="the same key with the same question is one query; at most 64 characters",
        ),
        OpenApiParameter("Location", str, "header", response=[202]),
    ],
    examples=[
        OpenApiExample(
            "How many carry this?",
            value={
                "request": "00000000-0000-0000-0000-000000000000",
                "question": {"kind": "carriers", "variant": "20:1000226 A>T"},
            },
            request_only=True,
        )
    ],
)
@extend_schema(
    methods=["GET"],
    operation_id="list_queries",
    description="Your newest 100 queries, the newest first.",
    responses={200: QueryOut(many=True), **documented()},
)
@api_view(["GET", "POST"])
@permission_classes([allows(Right.ASK)])
def query_list(request: Request) -> Response:
    """Your newest queries; or submit one."""
    if request.method == "GET":
        mine = Query.objects.visible_to(person(request)).with_runs().order_by("-submitted_at")[:NEWEST]
        return Response(QueryOut(mine, many=True).data)
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > LONGEST_KEY:
        raise serializers.ValidationError({"Idempotency-Key": [f"At most {LONGEST_KEY} characters."]})
    said = QueryIn(data=request.data)
    said.is_valid(raise_exception=True)
    if "request" in said.validated_data:
        under: AccessRequest | Case = get_object_or_404(
            AccessRequest.objects.worked_on_by(person(request)), pk=said.validated_data["request"]
        )
    else:
        under = get_object_or_404(Case.objects.worked_on_by(person(request)), pk=said.validated_data["case"])
    query = queries.submit(
        said.validated_data["question"],
        under=under,
        by=person(request),
        at=timezone.now(),
        idempotency_key=key,
    )
    body = QueryOut(query).data
    return Response(
        body, status=202, headers={"Location": body["job"] or reverse("api:query", args=[query.pk])}
    )


@extend_schema(operation_id="get_query", responses={200: QueryOut, **documented(404)})
@api_view(["GET"])
@permission_classes([allows(Right.ASK)])
def query_detail(request: Request, query_id: str) -> Response:
    """One of your queries."""
    query = get_object_or_404(Query.objects.visible_to(person(request)), pk=query_id)
    return Response(QueryOut(query).data)
