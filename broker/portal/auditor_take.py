"""What an auditor takes home beside the ledger: the verifier as one file, a job to decide again, and the
events that she searched for.
"""

import tempfile
from collections.abc import Callable
from typing import BinaryIO
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from broker import exports, ledger_search, oversight
from broker.errors import Refused
from broker.languages.sentences import spoken
from broker.ledger_search import SearchRefused
from broker.models import Job
from broker.portal import auditor_ledger
from broker.rights import allow, person
from broker.roles import Right
from broker.staging import StagedBroken


@require_http_methods(["GET"])
@allow(Right.READ_LEDGER)
def verifier(request: HttpRequest) -> HttpResponse:
    """The program; that it was shipped is an event with its fingerprint."""
    program = oversight.verifier(by=person(request), at=timezone.now())
    return _attached(program, "verifier.pyz", "application/zip")


@require_http_methods(["GET"])
@allow(Right.READ_LEDGER)
def job_file(request: HttpRequest, id: UUID) -> HttpResponseBase:
    """One job with everything that its decisions rest on. Taking it is an event."""
    job, by, at = get_object_or_404(Job, pk=id), person(request), timezone.now()
    try:
        return zipped(f"job-{str(id)[:8]}.zip", lambda out: exports.job(out, job, by=by, at=at))
    except (Refused, StagedBroken) as refused:
        messages.error(request, spoken(refused))
        return redirect("auditor:job", id)


@require_http_methods(["POST"])
@allow(Right.READ_LEDGER)
def events(request: HttpRequest) -> HttpResponseBase:
    """The events that fit a search, each with its proof. Taking them is an event."""
    q, by, at = request.POST.get("q", ""), person(request), timezone.now()
    try:
        search = ledger_search.parse(q, at=at)
        return zipped(
            "events.zip",
            lambda out: exports.found(out, search, tell=auditor_ledger.tell, by=by, at=at),
        )
    except (Refused, SearchRefused) as refused:
        messages.error(request, spoken(refused))
        return redirect(auditor_ledger.address(q))


def zipped(name: str, pack: Callable[[BinaryIO], object]) -> FileResponse:
    """What is packed, as one download. It lies in a file that has no name and is gone when it is closed: a
    ledger may be larger than memory."""
    file = tempfile.TemporaryFile("w+b")  # noqa: SIM115
    try:
        pack(file)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    answer = FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")
    answer["Cache-Control"] = "no-store"
    return answer


def _attached(content: bytes, name: str, kind: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=kind, headers=headers)
