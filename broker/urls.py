"""Every URL of the house. Each door says who may open it (broker.rights); a test asks every one."""

from django.urls import include, path

from broker.portal import (
    administrator,
    agency,
    auditor,
    guardian,
    jobs,
    notices,
    participant,
    public,
    public_forms,
    researcher,
    steward,
    steward_consent_forms,
)

urlpatterns = [
    path("", public.landing, name="landing"),
    path("home/", public.home, name="home"),
    path("sign-in/", public.sign_in, name="sign_in"),
    path("sign-out/", public.sign_out, name="sign_out"),
    path("sign-up/", public.sign_up, name="sign_up"),
    path("language/", public.set_language, name="set_language"),
    path("healthz", public.healthz, name="healthz"),
    path("forms/<str:form>/<str:version>/", public_forms.form, name="form"),
    path("style/", public.style, name="style"),
    path("participant/", include((participant.urls, "participant"))),
    path("guardian/", include((guardian.urls, "guardian"))),
    path("researcher/", include((researcher.urls, "researcher"))),
    path("agency/", include((agency.urls, "agency"))),
    path("notices/", include((notices.urls, "notices"))),
    path("jobs/", include((jobs.urls, "jobs"))),
    path("steward/", include(([*steward.urls, *steward_consent_forms.urls], "steward"))),
    path("auditor/", include((auditor.urls, "auditor"))),
    path("administrator/", include((administrator.urls, "administrator"))),
    path("api/v1/", include("broker.api.urls")),
]
