"""Taking everything along, and leaving: one file erased, or the person herself; and the certificate of it.

What is done is in broker.taking_along, broker.erasing and genomics.intake.erasure. The certificate is open to
whoever holds its address, for who was erased signs in no more.
"""

from datetime import timedelta
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from broker import erasing, fresh, in_her_name, taking_along
from broker.models import FormerCertificate
from broker.portal.desk import Desk
from broker.portal.participant_growing import desk_of
from broker.rights import allow
from broker.roles import Right
from broker.wards import Ward
from consent.models import Erasure
from consent.participants import subject_of
from consent.rules import authority
from genomics.intake import exchange, export
from genomics.models import GenomicFile

PROVED = timedelta(minutes=10)  # how lately she has to have shown who she is
MEDIA_TYPE = {False: "application/zip", True: "application/octet-stream"}


class TakeForm(forms.Form):
    """Whether the zip is encrypted, and to whom."""

    key = forms.CharField(
        label=gettext_lazy("A Crypt4GH public key (if you have one)"),
        help_text=gettext_lazy(
            "Then only the owner of that key can open the file. Leave it empty for a plain zip."
        ),
        widget=forms.Textarea({"rows": 3, "spellcheck": "false"}),
        required=False,
    )

    def clean_key(self) -> bytes | None:
        said = self.cleaned_data["key"]
        try:
            return exchange.recipient(said) if said.strip() else None
        except ValueError:
            raise forms.ValidationError(_("This is no Crypt4GH public key. Nothing was sent.")) from None


class LeaveForm(forms.Form):
    """Her name here, typed by hand: so that nobody leaves, or is erased, by a slip."""

    name = forms.CharField(
        label=gettext_lazy("Your name here"),
        help_text=gettext_lazy("Type it as it stands above, to say that you mean it."),
        max_length=16,
    )

    def __init__(self, *args: object, ward: Ward, **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]
        self._pseudonym = ward.participant.pseudonym
        if not ward.is_own:
            self.fields["name"].label = _("The child's name here")

    def clean_name(self) -> str:
        said = self.cleaned_data["name"].strip().upper()
        if said != self._pseudonym:
            raise forms.ValidationError(_("This is not the name that stands above. Nothing was erased."))
        return str(said)


@require_http_methods(["GET", "POST"])
@allow(Right.KEEP_OWN_RECORD)
def take(request: HttpRequest) -> HttpResponseBase:
    return take_from(desk_of(request))


@require_http_methods(["GET", "POST"])
@allow(Right.KEEP_OWN_RECORD)
def leave(request: HttpRequest) -> HttpResponse:
    return leave_from(desk_of(request))


@require_http_methods(["GET", "POST"])
@allow(Right.KEEP_OWN_RECORD)
def erase_file(request: HttpRequest, id: UUID) -> HttpResponse:
    return erase_file_from(desk_of(request), id)


def take_from(desk: Desk) -> HttpResponseBase:
    """What there is to take, and all of it on the way."""
    person, request = desk.ward.participant, desk.request
    form = TakeForm(_sent(request))
    if request.method == "POST" and form.is_valid():
        if not _proved(desk):
            return fresh.ask(request, what=_("To take everything along, show that it is you."))
        to = form.cleaned_data["key"]
        if desk.ward.is_own:
            pieces = taking_along.take(person, by=desk.user.reference, at=desk.at, to=to)
        else:
            pieces = in_her_name.take(desk.user, person.pseudonym, at=desk.at, to=to)
        answer = StreamingHttpResponse(pieces, content_type=MEDIA_TYPE[to is not None])
        ending = "zip.c4gh" if to is not None else "zip"
        answer["Content-Disposition"] = f'attachment; filename="{person.pseudonym}.{ending}"'
        return answer
    return desk.render("take", _of(desk) | {"form": form}, status=422 if form.errors else 200)


def leave_from(desk: Desk) -> HttpResponse:
    """What goes and what stays; then, once the name is typed and it is shown who asks, all of it goes."""
    person, request = desk.ward.participant, desk.request
    form = LeaveForm(_sent(request), ward=desk.ward)
    if request.method == "POST" and form.is_valid():
        if not _proved(desk):
            return fresh.ask(request, what=_("To erase everything, show that it is you."))
        if desk.ward.is_own:
            erased = erasing.erase(person, by=desk.user.reference, at=desk.at)
            logout(request)
        else:
            erased = in_her_name.erase(desk.user, person.pseudonym, at=desk.at)
        return redirect("certificate", erased.event)
    objects = authority.dissents(subject_of(person), desk.at)
    context = _of(desk) | {"form": form, "objects": objects}
    return desk.render("leave", context, status=422 if form.errors else 200)


def erase_file_from(desk: Desk, id: UUID) -> HttpResponse:
    """One file goes; the others stay."""
    request, person = desk.request, desk.ward.participant
    file = get_object_or_404(GenomicFile, pk=id, participant=person)
    if request.method == "POST":
        if not _proved(desk):
            return fresh.ask(request, what=_("To erase a file, show that it is you."))
        if desk.ward.is_own:
            erasing.erase_file(file, by=desk.user.reference, at=desk.at)
        else:
            in_her_name.erase_file(desk.user, person.pseudonym, file.id, at=desk.at)
        messages.success(request, _("The file is erased. Nothing can be asked of it any more."))
        return redirect(desk.url("files"))
    return desk.render("erase_file", {"file": file, "files_url": desk.url("files")})


@require_GET
@allow(Right.PUBLIC)
def certificate(request: HttpRequest, id: UUID) -> HttpResponse:
    one = _certificate(id)
    context = {"certificate": one, "person": _pseudonym(one), "again": _again(one), "said": _said(one)}
    return render(request, "public/certificate.html", context)


@require_GET
@allow(Right.PUBLIC)
def certificate_json(request: HttpRequest, id: UUID) -> HttpResponse:
    """The same for programs."""
    one = _certificate(id)
    return JsonResponse(
        {
            "certificate": str(one.event),
            "participant": _pseudonym(one),
            "erased_at": one.at.isoformat(),
            "destroyed": one.destroyed,
            "gone_from_backups_at": one.gone_from_backups_at.isoformat(),
            "ledger_event": str(one.event),
            "done_again": _done_again(_again(one)),
        },
        json_dumps_params={"indent": 2},
    )


DESTROYED = {
    "keys": gettext_lazy("Keys"),
    "files": gettext_lazy("Files, with everything read from them"),
    "statements": gettext_lazy("Choices"),
    "papers": gettext_lazy("Paper forms"),
    "paper_readings": gettext_lazy("What was read on paper forms"),
    "scans": gettext_lazy("Scans of paper forms"),
    "ledger_openings": gettext_lazy("Lines of the ledger that say nothing any more"),
    "logins": gettext_lazy("Sign-ins"),
}


def _said(one: Erasure | FormerCertificate) -> list[dict[str, object]]:
    destroyed = one.destroyed
    return [
        {"term": label, "number": destroyed[name]} for name, label in DESTROYED.items() if name in destroyed
    ]


def _certificate(id: UUID) -> Erasure | FormerCertificate:
    """By the number of its event, which outlives a restore; those of earlier days by one of their own."""
    erasures = Erasure.objects.select_related("participant")
    former = FormerCertificate.objects.select_related("again__participant")
    one = erasures.filter(Q(event=id) | Q(pk=id)).first() or former.filter(pk=id).first()
    if one is None:
        raise Http404
    return one


def _again(one: Erasure | FormerCertificate) -> Erasure | None:
    """The erasure that was done again, where a restore undid the one that this certificate tells of."""
    return one.again if isinstance(one, FormerCertificate) else None


def _done_again(again: Erasure | None) -> dict[str, str] | None:
    if again is None:
        return None
    until = again.gone_from_backups_at.isoformat()
    return {
        "at": again.at.isoformat(),
        "gone_from_backups_at": until,
        "ledger_event": str(again.event),
    }


def _pseudonym(one: Erasure | FormerCertificate) -> str:
    return (one if isinstance(one, Erasure) else one.again).participant.pseudonym


def _of(desk: Desk) -> dict[str, object]:
    return {
        "person": desk.ward.participant,
        "size": export.bytes_of(desk.ward.participant),
        "take_url": desk.url("take"),
        "leave_url": desk.url("leave"),
        "files_url": desk.url("files"),
    }


def _sent(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _proved(desk: Desk) -> bool:
    proof = fresh.of(desk.request, at=desk.at)
    return proof is not None and desk.at - proof.at <= PROVED


urls = [  # of one's own record
    path("files/<uuid:id>/erase/", erase_file, name="erase_file"),
    path("take-along/", take, name="take"),
    path("leave/", leave, name="leave"),
]
