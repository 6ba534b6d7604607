"""What an investigator or counsel reports back of a case for the public report: yes, no, or not known yet."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from broker import reporting
from broker.errors import BrokerError
from broker.languages.sentences import spoken
from broker.models import Case, CaseReport
from broker.rights import allow, person
from broker.roles import Right

ASKED: dict[str, Any] = {
    "cold_case": _("Was it a cold case?"),
    "third_party_sample": _("Was DNA taken from somebody who is not a suspect?"),
    "identity_revealed": _("Is it known now who the unknown person is?"),
    "arrest": _("Was somebody arrested?"),
    "conviction": _("Was somebody convicted?"),
}
KNOWN = [("yes", _("Yes")), ("no", _("No")), ("", _("Not known yet"))]
STAGES: dict[str, Any] = {
    CaseReport.Stage.INVESTIGATION: _("An investigation"),
    CaseReport.Stage.PRETRIAL: _("The defence, before trial"),
    CaseReport.Stage.POSTCONVICTION: _("The defence, after conviction"),
}


class ReportForm(forms.Form):
    """What is known by now."""

    stage = forms.ChoiceField(label=_("What is it?"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["stage"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(one), STAGES[one]) for one in reporting.stages(case)]
        for name, label in ASKED.items():
            self.fields[name] = forms.ChoiceField(
                label=label, choices=KNOWN, required=False, widget=forms.RadioSelect
            )
        self.fields["cost"] = forms.IntegerField(
            label=_("What did the search cost you?"),
            help_text=_("In whole units of your money. Leave it empty if you do not know."),
            min_value=0,
            max_value=2_000_000_000,
            required=False,
        )

    def said(self) -> reporting.Said:
        known = {"yes": True, "no": False, "": None}
        return reporting.Said(
            stage=CaseReport.Stage(self.cleaned_data["stage"]),
            cost=self.cleaned_data["cost"],
            **{name: known[self.cleaned_data[name]] for name in ASKED},
        )


@require_http_methods(["GET", "POST"])
@allow(Right.OPEN_CASE)
def report(request: HttpRequest, id: UUID) -> HttpResponse:
    """Report back; also of a case that is closed, and again when more is known."""
    user = person(request)
    seen = get_object_or_404(Case.objects.worked_on_by(user), pk=id)
    form = ReportForm(request.POST if request.method == "POST" else None, case=seen)
    if request.method == "POST" and form.is_valid():
        try:
            reporting.report(seen, form.said(), by=user, at=timezone.now())
        except BrokerError as refused:
            form.add_error(None, spoken(refused))
        else:
            messages.success(request, gettext("Reported. You can report again when more is known."))
            return redirect("agency:case", seen.pk)
    context = {"case": seen, "form": form}
    return render(request, "agency/report.html", context, status=400 if form.errors else 200)


urls = [path("case/<uuid:id>/report/", report, name="report")]
