"""What is unusual, for auditors: each with its rule, whom it is about, and the events that it rests on."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from broker import anomaly_watch, oversight
from broker.anomalies import LIMITS, RULES, Anomaly
from broker.ledger_search import LONGEST, MOST
from broker.portal import auditor_ledger
from broker.rights import allow, person
from broker.roles import Right

DAYS = (1, 7, 28)  # what can be looked back
WHOSE = {"rate": "actor", "hours": "actor", "refusals": "asker", "canary": "about"}  # how it is found


@require_http_methods(["GET"])
@allow(Right.READ_LEDGER)
def anomalies(request: HttpRequest) -> HttpResponse:
    """What is unusual in the last days, found now. That she looked is written down."""
    now = timezone.now()
    asked = request.GET.get("days", "")
    days = next((some for some in DAYS if str(some) == asked), 7)
    oversight.turn("anomalies", by=person(request), at=now)
    found = anomaly_watch.seen(since=now - timedelta(days=days), at=now)
    context = {
        "days": days,
        "choices": DAYS,
        "rows": [_row(one) for one in found],
        "columns": [
            {"label": _("What")},
            {"label": _("About")},
            {"label": _("Last")},
            {"label": _("Events"), "number": True},
            {"label": _("The first of them")},
        ],
        "rules": [[str(rule.name), str(rule.means)] for rule in RULES.values()],
        "rule_columns": [{"label": _("What is looked for")}, {"label": _("What it means")}],
        "limits": [
            [
                {"text": auditor_ledger.kind_words(tag), "code": tag},
                {"number": limit.least},
                {"number": limit.factor},
            ]
            for tag, limit in LIMITS.items()
        ],
        "limit_columns": [
            {"label": _("What one person does")},
            {"label": _("At least, in a day"), "number": True},
            {"label": _("Times what is usual"), "number": True},
        ],
        "zone": settings.HOME_ZONE,
    }
    return render(request, "auditor/anomalies.html", context)


def _row(one: Anomaly) -> list[Any]:
    rule = RULES[one.rule]
    first: Any = "–"
    if one.evidence:
        first = {"text": _("Open it"), "url": reverse("auditor:event", args=[one.evidence[0]])}
    return [
        {
            "text": str(rule.name),
            "url": auditor_ledger.address(sought(one)),
            "code": _told(one),
        },
        {"text": auditor_ledger.short(one.about) if one.about else "–"},
        {"when": one.last},
        {"number": one.count},
        first,
    ]


def _told(one: Anomaly) -> str:
    if one.usual is None:
        return ""
    return _("usual: %(usual)s a day") % {"usual": f"{one.usual:.1f}"}


def sought(one: Anomaly) -> str:
    """The search that shows what it rests on."""
    zone = ZoneInfo(settings.HOME_ZONE)
    begins = datetime.combine(one.day, time(), tzinfo=zone)
    ends = datetime.combine(one.day + timedelta(days=1), time(), tzinfo=zone)
    if one.rule == "marks":
        return "kind:broker:canary:planted"
    about = [f"{WHOSE[one.rule]}:{one.about}"] if one.rule in WHOSE else []
    within = [*about, f"after:{begins.isoformat()}", f"before:{ends.isoformat()}"]
    whole = [*(f"kind:{tag}" for tag in one.kinds), *within]
    # Where so many kinds would be more than a search may say, all that happened about her is shown.
    fits = len(" ".join(whole)) <= LONGEST and len(whole) <= MOST
    return " ".join(whole if fits else within)
