"""The guardian's pages: the children one manages, and each child's choices, files and uses in its name.

What the pages do is in record and record_choices; here a guardian is let in to the record of a child whose
guardian she is at this instant. Until somebody has verified that, she can say no for it and nothing more.
"""

from datetime import date

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from broker import people as people_of
from broker import rights, uses, wards
from broker.models import User
from broker.portal import record, record_choices, sheets
from broker.portal import record_words as words
from broker.portal.desk import Desk
from broker.rights import allow
from broker.roles import Right
from consent.rules.authority import majority

FORM = "F-GUARDIAN"


class ClaimForm(forms.Form):
    """A child somebody says she is guardian of. Its name is not asked."""

    born_on = forms.DateField(
        label=gettext_lazy("When was the child born?"),
        help_text=gettext_lazy("It decides until when you choose for the child. We do not ask for a name."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def clean_born_on(self) -> date:
        born: date = self.cleaned_data["born_on"]
        now = timezone.now()
        if born > now.date():
            raise forms.ValidationError(_("This day has not come yet."))
        if now >= majority(born, uses.policy(now)):
            raise forms.ValidationError(_("Somebody born then is of age, and chooses alone."))
        return born


def _desk(request: HttpRequest, pseudonym: str) -> Desk:
    """The record of a child of hers, or a 404."""
    user, now = request.user, timezone.now()
    ward = wards.child(user, pseudonym, at=now) if isinstance(user, User) else None
    if ward is None or not isinstance(user, User):
        raise Http404
    return Desk(request, user, "guardian", FORM, ward, now)


@require_http_methods(["GET"])
@allow(Right.KEEP_CHILD_RECORD)
def people(request: HttpRequest) -> HttpResponse:
    """The children she manages, how she stands to each, and until when."""
    user, now = request.user, timezone.now()
    assert isinstance(user, User)  # the right is nobody else's
    cards = [_card(Desk(request, user, "guardian", FORM, ward, now)) for ward in wards.children(user, at=now)]
    context = {
        "children": cards,
        "grown": wards.grown(user, at=now),
        "may_claim": rights.has(user, Right.KEEP_OWN_RECORD),
    }
    return render(request, "guardian/people.html", context)


@require_http_methods(["GET", "POST"])
@allow(Right.KEEP_OWN_RECORD)
def claim(request: HttpRequest) -> HttpResponse:
    """Bring a child. Whoever keeps a record of her own may say that she is a guardian."""
    user, form = request.user, ClaimForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and isinstance(user, User):
        people_of.add_child(user, born_on=form.cleaned_data["born_on"], at=timezone.now())
        messages.success(request, _("The child has a record now. Every use is off."))
        return redirect("guardian:people")
    return render(request, "guardian/claim.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@allow(Right.KEEP_CHILD_RECORD)
def files(request: HttpRequest, pseudonym: str) -> HttpResponse:
    desk = _desk(request, pseudonym)
    return record.add_file(desk) if request.method == "POST" else record.files(desk)


@require_http_methods(["GET"])
@allow(Right.KEEP_CHILD_RECORD)
def choices(request: HttpRequest, pseudonym: str) -> HttpResponse:
    return record_choices.choices(_desk(request, pseudonym))


@require_http_methods(["GET"])
@allow(Right.KEEP_CHILD_RECORD)
def choice(request: HttpRequest, pseudonym: str, family: str) -> HttpResponse:
    return record_choices.choice(_desk(request, pseudonym), family)


@require_http_methods(["POST"])
@allow(Right.KEEP_CHILD_RECORD)
def check(request: HttpRequest, pseudonym: str, family: str) -> HttpResponse:
    return record_choices.check(_desk(request, pseudonym), family)


@require_http_methods(["POST"])
@allow(Right.KEEP_CHILD_RECORD)
def give(request: HttpRequest, pseudonym: str, family: str) -> HttpResponse:
    return record_choices.give(_desk(request, pseudonym), family)


@require_http_methods(["POST"])
@allow(Right.KEEP_CHILD_RECORD)
def stop(request: HttpRequest, pseudonym: str, family: str) -> HttpResponse:
    return record_choices.stop(_desk(request, pseudonym), family)


@require_http_methods(["POST"])
@allow(Right.KEEP_CHILD_RECORD)
def stop_everything(request: HttpRequest, pseudonym: str) -> HttpResponse:
    return record_choices.stop_everything(_desk(request, pseudonym))


@require_http_methods(["GET"])
@allow(Right.KEEP_CHILD_RECORD)
def receipt(request: HttpRequest, pseudonym: str, seq: int) -> HttpResponse:
    return record.receipt(_desk(request, pseudonym), seq)


@require_http_methods(["GET"])
@allow(Right.KEEP_CHILD_RECORD)
def receipt_json(request: HttpRequest, pseudonym: str, seq: int) -> HttpResponse:
    return record.receipt_json(_desk(request, pseudonym), seq)


@require_http_methods(["GET"])
@allow(Right.KEEP_CHILD_RECORD)
def usage(request: HttpRequest, pseudonym: str) -> HttpResponse:
    return record.usage(_desk(request, pseudonym))


@require_http_methods(["GET"])
@allow(Right.KEEP_CHILD_RECORD)
def form_sheet(request: HttpRequest, pseudonym: str, language: str) -> HttpResponse:
    return sheets.for_desk(_desk(request, pseudonym), language)


@require_http_methods(["GET"])
@allow(Right.KEEP_CHILD_RECORD)
def form_pdf(request: HttpRequest, pseudonym: str, language: str) -> HttpResponse:
    return sheets.for_desk(_desk(request, pseudonym), language, pdf=True)


def _card(desk: Desk) -> dict[str, object]:
    """A child: who it is, how she stands to it, and where it stands."""
    standing, ward = desk.standing(), desk.ward
    return {
        "title": _("A child born on %(day)s") % {"day": words.day(ward.participant.born_on)},
        "pseudonym": ward.participant.pseudonym,
        "verified": ward.may_widen,
        "identity": ward.participant.identity_verified,
        "until": ward.of_age_at,
        "sentence": words.allowed_of(standing.allowed, len(standing.choices)),
        "choices_url": desk.url("choices"),
        "files_url": desk.url("files"),
        "usage_url": desk.url("usage"),
    }


urls = [
    path("", people, name="people"),
    path("claim/", claim, name="claim"),
    path("<str:pseudonym>/files/", files, name="files"),
    path("<str:pseudonym>/choices/", choices, name="choices"),
    path("<str:pseudonym>/choice/<str:family>/", choice, name="choice"),
    path("<str:pseudonym>/choice/<str:family>/check/", check, name="check"),
    path("<str:pseudonym>/choice/<str:family>/give/", give, name="give"),
    path("<str:pseudonym>/stop/<str:family>/", stop, name="stop"),
    path("<str:pseudonym>/stop-everything/", stop_everything, name="stop_everything"),
    path("<str:pseudonym>/receipt/<int:seq>/", receipt, name="receipt"),
    path("<str:pseudonym>/receipt/<int:seq>.json", receipt_json, name="receipt_json"),
    path("<str:pseudonym>/usage/", usage, name="usage"),
    path("<str:pseudonym>/form/<str:language>/", form_sheet, name="form_sheet"),
    path("<str:pseudonym>/form/<str:language>/pdf/", form_pdf, name="form_pdf"),
]
