"""REST: ask for the leads of a search that has ended, and see what a second pair decided."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.request import Request
from rest_framework.response import Response

from broker import disclosures
from broker.api.problems import documented
from broker.api.queries import Exact
from broker.models import DisclosureState, Job
from broker.rights import allows, person
from broker.roles import Right


class DisclosureIn(Exact):
    reason = serializers.CharField(max_length=2000, help_text="what the leads are needed for; name nobody")


class DisclosureOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    job = serializers.UUIDField(source="job_id")
    state = serializers.ChoiceField(DisclosureState.choices)
    reason = serializers.CharField()
    proposed_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)


@extend_schema(
    methods=["POST"],
    request=DisclosureIn,
    operation_id="propose_disclosure",
    description="Ask for the leads of a search of yours. A steward and a legal reviewer decide, two others "
    "than those who signed the search. Until then the result tells how many leads there are; fewer than ten "
    "are not told apart from none.",
    responses={201: DisclosureOut, **documented(400, 404, 422, 503)},
)
@extend_schema(
    methods=["GET"],
    operation_id="get_disclosure",
    description="The newest disclosure of a search of yours.",
    responses={200: DisclosureOut, **documented(404)},
)
@api_view(["GET", "POST"])
@permission_classes([allows(Right.OPEN_CASE)])
def disclosure(request: Request, job_id: str) -> Response:
    """The disclosure of a search; or ask for one."""
    job = get_object_or_404(Job.objects.visible_to(person(request)), pk=job_id)
    if request.method == "GET":
        newest = job.disclosures.order_by("-proposed_at").first()
        if newest is None:
            raise Http404
        return Response(DisclosureOut(newest).data)
    said = DisclosureIn(data=request.data)
    said.is_valid(raise_exception=True)
    reason = said.validated_data["reason"]
    made = disclosures.propose(job, reason=reason, by=person(request), at=timezone.now())
    return Response(DisclosureOut(made).data, status=201)
