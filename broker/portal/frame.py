"""What every page carries: for whom it is, and where she can go from here."""

from typing import Any, TypedDict

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broker.models import User
from broker.roles import Role

# role -> audience (the accent of the page), and its places: (label, URL name). The first is its home.
PLACES: dict[Role, tuple[str, tuple[tuple[Any, str], ...]]] = {
    Role.PARTICIPANT: (
        "participant",
        (
            (gettext_lazy("Home"), "participant:home"),
            (gettext_lazy("Files"), "participant:files"),
            (gettext_lazy("Choices"), "participant:choices"),
            (gettext_lazy("Who used my data"), "participant:usage"),
            (gettext_lazy("Notices"), "notices:inbox"),
        ),
    ),
    Role.GUARDIAN: (
        "guardian",
        (
            (gettext_lazy("People I manage"), "guardian:people"),
            (gettext_lazy("Notices"), "notices:inbox"),
        ),
    ),
    Role.RESEARCHER: (
        "researcher",
        (
            (gettext_lazy("Projects"), "researcher:projects"),
            (gettext_lazy("Queries"), "researcher:queries"),
            (gettext_lazy("Access from programs"), "researcher:tokens"),
        ),
    ),
    Role.INVESTIGATOR: ("agency", ((gettext_lazy("Cases"), "agency:cases"),)),
    Role.COUNSEL: ("agency", ((gettext_lazy("Cases"), "agency:cases"),)),
    Role.STEWARD: (
        "steward",
        (
            (gettext_lazy("Inbox"), "steward:inbox"),
            (gettext_lazy("Print a form"), "steward:print_form"),
            (gettext_lazy("Kin"), "steward:kin"),
            (gettext_lazy("Held files"), "steward:reviews"),
            (gettext_lazy("Consent forms"), "steward:consent_forms"),
            (gettext_lazy("Diseases"), "steward:diseases"),
            (gettext_lazy("Demands of courts"), "processes:register"),
        ),
    ),
    Role.LEGAL_REVIEWER: (
        "steward",
        (
            (gettext_lazy("Inbox"), "steward:inbox"),
            (gettext_lazy("Demands of courts"), "processes:register"),
        ),
    ),
    Role.CLERK: (
        "clerk",
        (
            (gettext_lazy("Paper forms"), "clerk:inbox"),
            (gettext_lazy("Print a form"), "clerk:print_form"),
            (gettext_lazy("Demands of courts"), "processes:register"),
        ),
    ),
    Role.AUDITOR: (
        "auditor",
        (
            (gettext_lazy("Ledger"), "auditor:ledger"),
            (gettext_lazy("Unusual"), "auditor:anomalies"),
            (gettext_lazy("Jobs"), "auditor:jobs"),
            (gettext_lazy("Paper forms"), "auditor:papers"),
            (gettext_lazy("Verify"), "auditor:verify"),
            (gettext_lazy("Notices"), "notices:inbox"),
        ),
    ),
    Role.ADMINISTRATOR: (
        "administrator",
        (
            (gettext_lazy("People"), "administrator:people"),
            (gettext_lazy("Organisations"), "administrator:organisations"),
            (gettext_lazy("Health"), "administrator:health"),
        ),
    ),
}


class Link(TypedDict):
    label: str
    url: str
    current: bool


def frame(request: HttpRequest) -> dict[str, object]:
    """Context for templates/base.html. The audience follows from the address, so that somebody with two
    roles sees where she is."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {"audience": "public", "nav": [], "foot": _foot()}
    roles = user.roles
    nav: list[Link] = []
    audience = "public"
    for role, (colour, places) in PLACES.items():
        if role not in roles:
            continue
        for label, name in places:
            url = reverse(name)
            link = Link(label=str(label), url=url, current=request.path == url)
            if link not in nav:
                nav.append(link)
            if request.path.startswith(f"/{colour}/"):
                audience = colour
    hers: list[dict[str, str]] = [{"label": _("Your sign-in"), "url": reverse("factors:factors")}]
    return {"audience": audience, "nav": nav, "foot": [*hers, *_foot()]}


def home_of(user: User) -> str | None:
    """The URL of the first place that her roles open."""
    roles = user.roles
    return next((reverse(places[0][1]) for role, (_, places) in PLACES.items() if role in roles), None)


def audience_of(user: User) -> str:
    """For whom a page is that everybody has: the first of her roles."""
    roles = user.roles
    return next((colour for role, (colour, _) in PLACES.items() if role in roles), "public")


def _foot() -> list[dict[str, str]]:
    return [
        {"label": _("Police and courts in numbers"), "url": reverse("transparency")},
        {"label": _("For programs: OpenAPI"), "url": reverse("api:schema")},
    ]
