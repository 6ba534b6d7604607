"""REST: what this service is, for programs (GA4GH service-info 1.0)."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view, permission_classes
from rest_framework.request import Request
from rest_framework.response import Response

from broker.rights import allows
from broker.roles import Right


@extend_schema(operation_id="service_info", auth=[], responses=OpenApiTypes.OBJECT)
@api_view(["GET"])
@permission_classes([allows(Right.PUBLIC)])
def service_info(request: Request) -> Response:
    """Name, version and kind of this service. Says nothing about who or how many are in it."""
    return Response(
        {
            "id": "org.genomic-broker",
            "name": "Genomic data broker",
            "type": {"group": "org.genomic-broker", "artifact": "broker", "version": "1"},
            "organization": {"name": "Genomic data broker", "url": request.build_absolute_uri("/")},
            "version": "0.1.0",
        }
    )
