"""URLs for tests of the look: the real ones, and behind them a few that show components and trouble."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path
from django.views.generic import TemplateView

from broker.urls import urlpatterns as real

TROUBLE = ("400", "403", "403_csrf", "404", "413", "500")


def told(request: HttpRequest) -> HttpResponse:
    """A page of somebody who acts for a child and has just done something."""
    messages.success(request, "Ancestry research is off.")
    messages.error(request, "The mail could not be sent. Nothing was lost.")
    labels = ["Home", "Files", "Choices", "Who used my data", "Account"]
    nav = [{"label": label, "url": "#", "current": label == "Home"} for label in labels]
    frame = {"nav": nav, "audience": "guardian", "acting_for": "Budi", "acting_url": "#"}
    return render(request, "styleguide.html", frame)


urlpatterns = [
    path("", include(real)),
    path("_look/style/", TemplateView.as_view(template_name="styleguide.html")),
    path("_look/told/", told),
    *(
        path(
            f"_look/{name}/",
            TemplateView.as_view(template_name=f"{name}.html", extra_context={"reference": "7f3a-19c0"}),
        )
        for name in TROUBLE
    ),
]
