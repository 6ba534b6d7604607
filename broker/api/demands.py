"""REST: the register of what courts and agencies demand, to be read. For whoever enters or answers papers.

What comes is entered and answered on the pages, where the paper itself is seen, too: each look at it is an
event (broker.processes).
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.request import Request
from rest_framework.response import Response

from broker import processes
from broker.api.problems import documented
from broker.models import ANSWERED, LegalProcess, LegalStep
from broker.rights import allows, person
from broker.roles import Right

PAGE = 100


class DemandOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.CharField(help_text=", ".join(LegalProcess.Kind.values))
    issuer = serializers.CharField()
    number = serializers.CharField(help_text="as it stands on the paper")
    issued_on = serializers.DateField()
    received_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(help_text="by when it is to be answered")
    state = serializers.SerializerMethodField(help_text="the newest step")
    answered = serializers.SerializerMethodField()
    overdue = serializers.SerializerMethodField()
    concerns_all = serializers.BooleanField(help_text="everybody here; else the people it names")
    compels_non_consenting = serializers.BooleanField(
        help_text="it demands people who have not agreed; that changes nothing"
    )
    gag_until = serializers.SerializerMethodField(help_text="until then nobody may speak of it")
    told = serializers.SerializerMethodField(help_text="those concerned were told")
    case = serializers.SerializerMethodField(help_text="the number of the case that it belongs to")

    def get_state(self, seen: LegalProcess) -> str:
        return str(processes.state_of(seen))

    def get_answered(self, seen: LegalProcess) -> bool:
        return processes.state_of(seen) in ANSWERED

    def get_overdue(self, seen: LegalProcess) -> bool:
        return processes.state_of(seen) not in ANSWERED and seen.due_at < self.context["at"]

    def get_gag_until(self, seen: LegalProcess) -> datetime | None:
        lifted = [one.at for one in seen.steps.all() if one.kind == LegalStep.Kind.GAG_ENDED]
        return None if seen.gag_until is None else min([seen.gag_until, *lifted])

    def get_told(self, seen: LegalProcess) -> bool:
        return any(one.kind == LegalStep.Kind.TOLD for one in seen.steps.all())

    def get_case(self, seen: LegalProcess) -> str | None:
        return None if seen.case is None else seen.case.number


class DemandStepOut(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    step = serializers.ChoiceField(LegalStep.Kind.choices, source="kind")
    state = serializers.CharField(allow_blank=True, help_text="what it moved to, if it did")
    reason = serializers.CharField(allow_blank=True)


class WholeDemandOut(DemandOut):
    asks = serializers.CharField(help_text="what it asks for, in the words of whoever entered it")
    concerned = serializers.SerializerMethodField(help_text="the pseudonyms of the people it names")
    document_sha256 = serializers.CharField(help_text="of the paper itself, which is seen on its page")
    steps = serializers.SerializerMethodField()

    def get_concerned(self, seen: LegalProcess) -> list[str]:
        return [one.participant.pseudonym for one in seen.concerned.select_related("participant")]

    def get_steps(self, seen: LegalProcess) -> list[dict[str, Any]]:
        return list(DemandStepOut(_steps(seen), many=True).data)


class DemandsOut(serializers.Serializer[Any]):
    demands = DemandOut(many=True)
    older = serializers.CharField(allow_null=True, help_text="where those before these are")


@extend_schema(
    operation_id="list_demands",
    description="What courts and agencies have demanded, the newest first, but what names yourself. "
    f"{PAGE} at a time; `older` leads to those before.",
    parameters=[OpenApiParameter("before", UUID, description="only those that came before this one")],
    responses={200: DemandsOut, **documented(400)},
)
@api_view(["GET"])
@permission_classes([allows(Right.ENTER_PROCESSES)])
def demands(request: Request) -> Response:
    """The register, as on its page."""
    seen = processes.on_the_desk(person(request))
    if before := request.query_params.get("before"):
        seen = _before(seen, before)
    rows = list(seen.select_related("case").prefetch_related("steps")[: PAGE + 1])
    page = rows[:PAGE]
    older = f"{reverse('api:demands')}?before={page[-1].pk}" if len(rows) > PAGE else None
    told = DemandOut(page, many=True, context={"at": timezone.now()}).data
    return Response({"demands": told, "older": older})


@extend_schema(operation_id="get_demand", responses={200: WholeDemandOut, **documented(404)})
@api_view(["GET"])
@permission_classes([allows(Right.ENTER_PROCESSES)])
def demand(request: Request, process_id: UUID) -> Response:
    """One entry with its steps."""
    desk = processes.on_the_desk(person(request)).select_related("case").prefetch_related("steps")
    seen = get_object_or_404(desk, pk=process_id)
    return Response(WholeDemandOut(seen, context={"at": timezone.now()}).data)


def _before(seen: QuerySet[LegalProcess], said: str) -> QuerySet[LegalProcess]:
    try:
        last = seen.filter(pk=UUID(said)).values_list("received_at", "pk").first()
    except ValueError:
        last = None
    if last is None:
        raise exceptions.ParseError("`before` is the id of an entry that you have seen")
    received, pk = last
    return seen.filter(Q(received_at__lt=received) | Q(received_at=received, pk__lt=pk))


def _steps(seen: LegalProcess) -> list[LegalStep]:
    return sorted(seen.steps.all(), key=lambda one: one.order)
