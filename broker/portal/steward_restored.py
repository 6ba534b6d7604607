"""The steward's page after a restore: what was done again, what is lost, and that she has looked it over.

Until she says so nothing is asked, no job runs and no lead is disclosed (broker.reopening). What a restore
does about each kind of event is in broker.restored_kinds.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from broker import fresh, reopening, uses
from broker.errors import BrokerError
from broker.languages.sentences import spoken
from broker.reopening import Restore
from broker.restored_kinds import LOST
from broker.rights import allow, person
from broker.roles import Right
from consent import giving

DONE: dict[str, Any] = {
    "consent:participant:erased": gettext_lazy("People erased"),
    "consent:statement:denied": gettext_lazy("Noes to a use"),
    "consent:statement:withdrawn": gettext_lazy("Choices taken back"),
    "consent:participant:frozen": gettext_lazy("Records frozen"),
    "consent:participant:dissent": gettext_lazy("Objections of young people"),
    "consent:participant:died": gettext_lazy("Deaths"),
    "consent:holding:changed": gettext_lazy("Files set aside or erased"),
    "consent:participant:moved": gettext_lazy("Changes of home"),
    "consent:form:retired": gettext_lazy("Consent forms taken out of use"),
    "consent:kin:limited": gettext_lazy("Choices a court took from guardians"),
    "consent:kin:rejected": gettext_lazy("Claims to act for somebody that were rejected"),
    "consent:kin:ended": gettext_lazy("Powers over a record that ended"),
    "consent:twins:registered": gettext_lazy("Identical twins"),
    "broker:role:ended": gettext_lazy("Roles that ended"),
    "broker:organisation:withdrawn": gettext_lazy("Organisations no longer verified"),
    "broker:request:decided": gettext_lazy("Access requests refused or closed"),
    "broker:case:decided": gettext_lazy("Cases refused"),
    "broker:case:closed": gettext_lazy("Cases closed"),
    "broker:case:lapsed": gettext_lazy("Cases that lapsed"),
    "query:search:decided": gettext_lazy("Searches refused"),
    "query:disclosure:decided": gettext_lazy("Disclosures refused"),
    "query:disclosure:lapsed": gettext_lazy("Disclosures that lapsed"),
    "query:job:cancelled": gettext_lazy("Jobs stopped"),
    "broker:factor:added": gettext_lazy("Second steps added"),
    "broker:factor:removed": gettext_lazy("Second steps removed"),
    "broker:recovery:made": gettext_lazy("Recovery codes made new"),
    "broker:recovery:used": gettext_lazy("Recovery codes used"),
    "broker:channel:ended": gettext_lazy("Addresses removed"),
    "sessions": gettext_lazy("Sign-ins ended"),
    "tokens": gettext_lazy("Tokens ended"),
}


@require_http_methods(["GET", "POST"])
@allow(Right.REVIEW_REQUESTS)
def restored(request: HttpRequest) -> HttpResponse:
    """The newest restore; and with a fresh proof of who she is, that she has looked."""
    user, now = person(request), timezone.now()
    if request.method == "POST":
        if "looked" not in request.POST:
            messages.error(request, _("Tick that you have looked. Nothing was changed."))
            return redirect("steward:restored")
        sign_in = fresh.of(request, at=now)
        if sign_in is None or not giving.is_fresh(sign_in, uses.dials(now), now):
            return fresh.ask(request, what=_("To let the house go on, show that it is you."))
        try:
            reopening.look_over(by=user, sign_in=sign_in, at=now)
            messages.success(request, _("Questions are taken and jobs run again. It is in the ledger."))
        except BrokerError as refused:
            messages.error(request, spoken(refused))
        return redirect("steward:restored")
    newest = reopening.newest()
    context = {"restore": newest, "held": reopening.is_held(), **(_told(newest) if newest else {})}
    return render(request, "steward/restored.html", context)


def _told(newest: Restore) -> dict[str, Any]:
    """Facts, what was done again and what is lost, for components/facts.html."""
    facts: list[dict[str, Any]] = [
        {"term": _("Put back on"), "when": newest.at},
        {"term": _("Events that a checkpoint vouched for, and that are gone"), "number": newest.events},
    ]
    if newest.seen_at is not None:
        facts.append({"term": _("Looked over on"), "when": newest.seen_at})
    lost = [
        {
            "label": _(LOST[kind]),
            "many": len(names),
            "names": list(dict.fromkeys(filter(None, names))),
        }
        for kind, names in sorted(newest.lost.items())
    ]
    done = [{"term": DONE.get(kind, kind), "number": many} for kind, many in sorted(newest.done.items())]
    return {"facts": facts, "done": done, "lost": lost}


urls = [path("restored/", restored, name="restored")]
