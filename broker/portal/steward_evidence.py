"""The steward's page of a profile that is held: why, and whether it is let through."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from broker import held_evidence
from broker.languages.sentences import spoken
from broker.models import Case
from broker.portal import asked
from broker.portal import steward_papers as papers
from broker.portal.steward_forms import LOOK_AT_EVIDENCE, VerdictForm
from broker.rights import allow, person
from broker.roles import Right
from genomics.models import EvidenceHold, Hold


@require_http_methods(["GET", "POST"])
@allow(Right.REVIEW_REQUESTS)
def evidence(request: HttpRequest, id: UUID) -> HttpResponse:
    """One held profile. What was read in it is never shown."""
    user = person(request)
    held = get_object_or_404(EvidenceHold, pk=id)
    case = get_object_or_404(Case.objects.visible_to(user), pk=held_evidence.case_of(held).pk)
    form = None
    if held_evidence.is_open_to(user, held):
        form = VerdictForm(request.POST or None, look_at=LOOK_AT_EVIDENCE)
    if request.method == "POST" and form is None:
        messages.error(request, _("This is not yours to decide, or it was decided. Nothing was changed."))
        return redirect(request.path)
    if request.method == "POST" and form is not None and form.is_valid():
        reason, now = form.cleaned_data["reason"], timezone.now()
        try:
            held_evidence.settle(held, clears=form.approves, reason=reason, by=user, at=now)
        except asked.REFUSALS as refused:
            form.add_error(None, spoken(refused))
        else:
            messages.success(request, _("Decided. Whoever brought it sees your reason."))
            return redirect("steward:inbox")
    context = {
        "case": case,
        "profile": papers.profile(held.profile),
        "waiting": held.state == Hold.HELD,
        "form": form,
    }
    status = 400 if form is not None and form.errors else 200
    return render(request, "steward/evidence.html", context, status=status)


urls = [path("evidence/<uuid:id>/", evidence, name="evidence")]
