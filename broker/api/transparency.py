"""REST: police and courts in numbers, for everybody, as on the public pages. Nothing is counted here: what
was published stands. Whether it is true is checked with the auditors' verifier.
"""

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.request import Request
from rest_framework.response import Response

from broker import statements
from broker.api.problems import documented
from broker.models import MonthlyStatement, PublishedReport
from broker.rights import allows
from broker.roles import Right
from consent.errors import NoteRefused
from consent.ledger import checkpoints


class PublishedYearOut(serializers.Serializer[Any]):
    year = serializers.IntegerField()
    report = serializers.CharField(help_text="where it is")


class PublishedMonthOut(serializers.Serializer[Any]):
    month = serializers.CharField(help_text="YYYY-MM")
    sought = serializers.IntegerField(
        allow_null=True,
        help_text="orders that sought people who had not agreed; null: it is not as it was signed",
    )
    earlier = serializers.IntegerField(allow_null=True, help_text="those of them that had come before")
    note = serializers.CharField(help_text="where the signed note is")


class TransparencyOut(serializers.Serializer[Any]):
    ledger = serializers.CharField(help_text="the key under which all of it is signed")
    years = PublishedYearOut(many=True)
    months = PublishedMonthOut(many=True)
    missing = serializers.ListField(
        child=serializers.CharField(), help_text="months that are over and have no statement"
    )


class ReportOut(serializers.Serializer[Any]):
    report = serializers.CharField()
    format = serializers.IntegerField()
    ledger = serializers.CharField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    is_final = serializers.BooleanField()
    k = serializers.IntegerField(help_text="no number below it is told")
    groups = serializers.DictField(
        child=serializers.DictField(child=serializers.DictField()),
        help_text="by what it is about and by table: a number, or that there are few",
    )


@extend_schema(operation_id="transparency", auth=[], responses={200: TransparencyOut})
@api_view(["GET"])
@permission_classes([allows(Right.PUBLIC)])
def transparency(_request: Request) -> Response:
    """Which years and months were published, and the number of each month. For everybody."""
    years = PublishedReport.objects.order_by("-year").values_list("year", flat=True)
    return Response(
        {
            "ledger": str(checkpoints.signer()),
            "years": [{"year": year, "report": reverse("api:report", args=[year])} for year in years],
            "months": [_month(one) for one in MonthlyStatement.objects.order_by("-month")],
            "missing": [f"{month:%Y-%m}" for month in statements.missing(at=timezone.now())],
        }
    )


@extend_schema(operation_id="get_report", auth=[], responses={200: ReportOut, **documented(404)})
@api_view(["GET"])
@permission_classes([allows(Right.PUBLIC)])
def report(_request: Request, year: int) -> Response:
    """One year's report, word for word as it was published and as the verifier takes it. For everybody."""
    return Response(get_object_or_404(PublishedReport, year=year).report)


def _month(made: MonthlyStatement) -> dict[str, Any]:
    month = f"{made.month:%Y-%m}"
    told: dict[str, Any] = {"month": month, "note": reverse("statement_note", args=[month])}
    try:
        said = statements.read(made)
    except NoteRefused:
        return told | {"sought": None, "earlier": None}
    return told | {"sought": said.sought, "earlier": said.earlier}
