"""What an auditor takes home beside the ledger: the verifier as one file, and a job to decide again."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from broker import oversight
from broker.errors import Refused
from broker.models import Job, User
from broker.rights import allow
from broker.roles import Right
from broker.staging import StagedBroken


@require_http_methods(["GET"])
@allow(Right.READ_LEDGER)
def verifier(request: HttpRequest) -> HttpResponse:
    """The program; that it was shipped is an event with its fingerprint."""
    program = oversight.verifier(by=_who(request), at=timezone.now())
    return _attached(program, "verifier.pyz", "application/zip")


@require_http_methods(["GET"])
@allow(Right.READ_LEDGER)
def job_file(request: HttpRequest, id: UUID) -> HttpResponse:
    """One job with everything that its decisions rest on. Taking it is an event."""
    job = get_object_or_404(Job, pk=id)
    try:
        text = oversight.take_job(job, by=_who(request), at=timezone.now())
    except (Refused, StagedBroken) as refused:
        messages.error(request, str(refused))
        return redirect("auditor:job", id)
    return _attached(text.encode(), f"job-{str(id)[:8]}.json", "application/json")


def _attached(content: bytes, name: str, kind: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=kind, headers=headers)


def _who(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the door asked
    return request.user
