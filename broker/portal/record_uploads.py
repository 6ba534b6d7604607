"""A file on its way in, as pages: sent by a form, watched while it arrives and is checked, told at its end.

Whoever comes here sits at a Desk already, and sees what she sent herself. With script a form's file is sent
in pieces (static/broker/upload.js, api/uploads); the pages are the same.
"""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from broker import uploads
from broker.errors import BrokerError
from broker.languages.sentences import spoken
from broker.models import Upload, UploadState
from broker.portal import record_files, usage_words
from broker.portal.desk import Desk
from broker.portal.record_forms import FileForm
from consent.models import Holding
from genomics.errors import FileReason
from genomics.models import GenomicFile

NOTHING_NEW, NO_MORE = 204, 286  # to htmx: swap nothing; ask no more
ANY = UUID(int=0)  # stands in an address until the script knows the upload

WORDS = {
    UploadState.ARRIVING: ("wait", gettext_noop("Arriving")),
    UploadState.ARRIVED: ("wait", gettext_noop("Waiting its turn to be checked")),
    UploadState.CHECKING: ("wait", gettext_noop("Being checked")),
    UploadState.HELD: ("info", gettext_noop("Held for review")),
    UploadState.TAKEN: ("good", gettext_noop("Taken")),
    UploadState.REFUSED: ("bad", gettext_noop("Not taken")),
    UploadState.ENDED: ("off", gettext_noop("Stopped")),
    UploadState.EXPIRED: ("off", gettext_noop("Not finished in time")),
}
HERE_ALREADY = ("info", gettext_noop("Here already"))


def add_file(desk: Desk, form: FileForm) -> UUID | None:
    """Take a form's file in and name its upload; or None, with what is wrong said in the form."""
    sent = form.cleaned_data["file"]
    person, user = desk.ward.participant, desk.user
    try:
        upload = uploads.begin(person, length=sent.size, by=user, at=desk.at, assume=form.assume)
        if sent.size:
            uploads.append(upload, sent.file, offset=0, size=sent.size, at=desk.at)
    except BrokerError as refused:
        form.add_error("file", spoken(refused))
        return None
    return upload.pk


def under_way(desk: Desk) -> list[dict[str, Any]]:
    """What she sent for this record and is not at its end, the newest first: lines for the page of files."""
    rows = _hers(desk).staged().order_by("-created_at")
    return [
        {
            "when": one.created_at,
            "title": _megabytes(one.offset, one.length),
            "url": desk.url("upload", one.pk),
            "text": _("Choose the same file again to go on.") if one.state == UploadState.ARRIVING else "",
            **_status(one),
        }
        for one in rows
    ]


def held_files(desk: Desk) -> set[UUID | None]:
    """Files of this record that are held for review, whoever sent them."""
    held = Upload.objects.filter(participant=desk.ward.participant, state=UploadState.HELD)
    return set(held.values_list("file", flat=True))


def for_script(desk: Desk) -> dict[str, Any]:
    """Where the script sends pieces, and where it goes when all have come."""
    return {
        "begin": reverse("api:uploads"),
        "page": desk.url("upload", ANY),
        "any": str(ANY),
        "most": settings.STAGED_BYTES,
        "most_mb": settings.STAGED_BYTES >> 20,
    }


def upload(desk: Desk, id: UUID) -> HttpResponse:
    """One upload: how far it has come, or what became of it."""
    one = get_object_or_404(_hers(desk), pk=id)
    file = GenomicFile.objects.filter(pk=one.file).first() if one.file else None
    context = _progress(desk, one) | {
        "upload": one,
        "status": _status(one),
        "under_way": one.is_under_way,
        "here_already": one.reason == FileReason.DUPLICATE,
        "told": spoken(one.told) if one.state == UploadState.REFUSED else "",
        "file": _card(file) if file else None,
        "urls_of": {name: desk.url(name, one.pk) for name in ("upload", "stop_upload")},
    }
    return desk.render("upload", context)


def progress(desk: Desk, id: UUID) -> HttpResponse:
    """What is new since the page saw it: nothing, another line, or that it has ended and the page has to be
    read again."""
    one = get_object_or_404(_hers(desk), pk=id)
    if not one.is_under_way:
        return HttpResponse(status=NO_MORE, headers={"HX-Refresh": "true"})
    told = _progress(desk, one)
    if desk.request.GET.get("seen") == told["seen"]:
        return HttpResponse(status=NOTHING_NEW)
    return render(desk.request, "record/upload_progress.html", told)


def stop(desk: Desk, id: UUID) -> HttpResponse:
    """Throw away what has come of it."""
    one = get_object_or_404(_hers(desk), pk=id)
    if uploads.stop(one, by=desk.user, at=desk.at):
        messages.success(desk.request, _("Stopped. What had come of the file was thrown away."))
        return redirect(desk.url("files"))
    messages.info(desk.request, _("All of it is here already, so there was nothing to stop."))
    return redirect(desk.url("upload", one.pk))


def _hers(desk: Desk) -> Any:
    return Upload.objects.visible_to(desk.user).filter(participant=desk.ward.participant)


def _status(one: Upload) -> dict[str, str]:
    kind, word = HERE_ALREADY if one.reason == FileReason.DUPLICATE else WORDS[UploadState(one.state)]
    return {"kind": kind, "word": _(word)}


def _progress(desk: Desk, one: Upload) -> dict[str, Any]:
    checking = one.state == UploadState.CHECKING
    value = one.percent_read if checking else one.percent_arrived
    return {
        "label": _status(one)["word"],
        "value": value if one.state != UploadState.ARRIVED else None,
        "text": _megabytes(one.read, one.length, read=True)
        if checking
        else _megabytes(one.offset, one.length),
        "seen": f"{one.state} {value}",
        "progress_url": desk.url("upload_progress", one.pk),
    }


def _megabytes(part: int, whole: int, *, read: bool = False) -> str:
    numbers = {"part": f"{part / 1_000_000:.1f}", "whole": f"{whole / 1_000_000:.1f}"}
    if read:
        return _("%(part)s of %(whole)s MB are checked") % numbers
    return _("%(part)s of %(whole)s MB are here") % numbers


def _card(file: GenomicFile) -> usage_words.Cell:
    name = record_files.names(file.participant)[str(file.id)]
    return usage_words.file_card(file, name, Holding.objects.get(file=file.pk).state)
