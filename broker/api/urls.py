"""The REST doors, under /api/v1/."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from broker.api import jobs, queries, service
from broker.rights import allows
from broker.roles import Right

app_name = "api"
urlpatterns = [
    path("service-info", service.service_info, name="service_info"),
    path(
        "schema",
        SpectacularAPIView.as_view(permission_classes=[allows(Right.PUBLIC)], authentication_classes=[]),
        name="schema",
    ),
    path("queries", queries.query_list, name="queries"),
    path("queries/<uuid:query_id>", queries.query_detail, name="query"),
    path("jobs/<uuid:job_id>", jobs.job_detail, name="job"),
    path("jobs/<uuid:job_id>/cancel", jobs.job_cancel, name="job_cancel"),
    path("jobs/<uuid:job_id>/result", jobs.result, name="result"),
]
