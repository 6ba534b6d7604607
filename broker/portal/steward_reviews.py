"""The steward's page of files that are held for review: what each is, and whether it shall be set aside.

Nothing that is done here shows to anybody else before a file's time is over (broker.reviews).
"""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods

from broker import reviews as verbs
from broker import same_person
from broker.errors import BrokerError
from broker.languages.sentences import spoken
from broker.models import Upload
from broker.portal.usage_words import FILE_KINDS
from broker.rights import allow, person
from broker.roles import Right
from broker.same_person import Comparison, Found
from genomics.models import GenomicFile

PAGE = 20
COMPARED = {
    Found.NOT_ASKED: gettext_noop("It was not compared with anybody: no undertaking for it is approved."),
    Found.UNDER_WAY: gettext_noop("It is being compared with those who permit quality checks."),
    Found.NOT_COMPARED: gettext_noop("It could not be compared with those who permit quality checks."),
    Found.NOBODY: gettext_noop("Nobody else who permits quality checks is the same person."),
    Found.SOMEBODY: gettext_noop("The same person, or an identical twin, is here under another account:"),
}


@require_http_methods(["GET"])
@allow(Right.VERIFY_PEOPLE)
def reviews(request: HttpRequest) -> HttpResponse:
    """Files that are held now, and next over first; her own left out."""
    held = verbs.held().exclude(owner=person(request))
    page = Paginator(held, PAGE).get_page(request.GET.get("page"))
    files = GenomicFile.objects.in_bulk([one.file for one in page])
    user, now = person(request), timezone.now()
    rows = [
        _row(one, files[one.file], same_person.comparison(one, by=user, at=now))
        for one in page
        if one.file in files
    ]
    return render(request, "steward/reviews.html", {"rows": rows, "page": page})


@require_http_methods(["POST"])
@allow(Right.VERIFY_PEOPLE)
def mark(request: HttpRequest, id: UUID) -> HttpResponse:
    """Mark one to be set aside when its time is over, or take that back; with the reason."""
    upload = get_object_or_404(verbs.held(), pk=id)
    set_aside = request.POST.get("action") != "let_in"
    why = request.POST.get("why", "")
    try:
        verbs.mark(upload, set_aside=set_aside, why=why, by=person(request), at=timezone.now())
    except BrokerError as refused:
        messages.error(request, spoken(refused))
    else:
        done = _("It will be set aside.") if set_aside else _("It will be let in.")
        messages.success(request, done)
    return redirect("steward:reviews")


def _row(upload: Upload, file: GenomicFile, compared: Comparison) -> dict[str, Any]:
    marked = upload.reason == verbs.SET_ASIDE
    return {
        "upload": upload,
        "title": upload.participant.pseudonym,
        "what": _(FILE_KINDS.get(file.kind, file.kind)),
        "file": file,
        "marked": marked,
        "compared": _(COMPARED[compared.found]),
        "aliases": compared.aliases,
        "kind": "warn" if marked else "wait",
        "word": _("To be set aside") if marked else _("To be let in"),
    }
