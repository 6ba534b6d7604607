"""The REST doors, under /api/v1/."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from broker.api import consent, demands, disclosures, files, jobs, queries, service, transparency, uploads
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
    path("consent", consent.consent, name="consent"),
    path("consent/statements", consent.statements, name="statements"),
    path("consent/statements/<int:seq>/receipt", consent.receipt, name="receipt"),
    path("consent/stop-everything", consent.stop_everything, name="stop_everything"),
    path("consent/<str:family>/no", consent.no, name="no"),
    path("consent/<str:family>/yes", consent.yes, name="yes"),
    path("queries", queries.query_list, name="queries"),
    path("queries/<uuid:query_id>", queries.query_detail, name="query"),
    path("demands", demands.demands, name="demands"),
    path("demands/<uuid:process_id>", demands.demand, name="demand"),
    path("transparency", transparency.transparency, name="transparency"),
    path("transparency/<int:year>", transparency.report, name="report"),
    path("files", files.file_list, name="files"),
    path("uploads", uploads.Uploads.as_view(), name="uploads"),
    path("uploads/<uuid:upload_id>", uploads.OneUpload.as_view(), name="upload"),
    path("jobs/<uuid:job_id>", jobs.job_detail, name="job"),
    path("jobs/<uuid:job_id>/cancel", jobs.job_cancel, name="job_cancel"),
    path("jobs/<uuid:job_id>/disclosure", disclosures.disclosure, name="disclosure"),
    path("jobs/<uuid:job_id>/result", jobs.result, name="result"),
]
