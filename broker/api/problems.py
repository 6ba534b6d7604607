"""Errors as RFC 9457 problem details: one place where what went wrong becomes a status code.

Each type is a stable path under /problems/; `detail` is the sentence a person would read.
"""

import json
import logging
import uuid
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.defaults import page_not_found
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import set_rollback

from broker.errors import (
    BeingWritten,
    BrokerError,
    BudgetSpent,
    Busy,
    NoRoom,
    NotAllowed,
    NotAsSent,
    OffsetMoved,
    OtherVersion,
    ProofNeeded,
    Refused,
    TooLarge,
    UploadGone,
)
from broker.languages.sentences import spoken
from consent.errors import ConsentError, LedgerUnavailable, NotSealed
from genomics.errors import FileRefused, GenomicsError

logger = logging.getLogger(__name__)

JSON = "application/problem+json"
A_MOMENT = 2  # seconds in which the sequencer has run
A_WHILE = 60  # seconds to wait where the throttle does not know

# error -> (status, type, title); the first that fits
PROBLEMS: tuple[tuple[type[Exception], int, str, str], ...] = (
    (exceptions.NotAuthenticated, 401, "not-signed-in", "Sign in first"),
    (exceptions.AuthenticationFailed, 401, "not-signed-in", "Sign in first"),
    (exceptions.PermissionDenied, 403, "not-allowed", "You may not do this here"),
    (PermissionDenied, 403, "not-allowed", "You may not do this here"),
    (NotAllowed, 403, "not-allowed", "You may not do this here"),
    (ProofNeeded, 403, "proof-needed", "Show that it is you"),
    (Http404, 404, "not-found", "There is nothing here for you"),
    (exceptions.NotFound, 404, "not-found", "There is nothing here for you"),
    (exceptions.MethodNotAllowed, 405, "wrong-method", "This is done in another way"),
    (exceptions.NotAcceptable, 406, "not-acceptable", "Answers are JSON"),
    (exceptions.UnsupportedMediaType, 415, "unsupported-media-type", "Not in this media type"),
    (exceptions.Throttled, 429, "too-many-requests", "Too many requests"),
    (exceptions.ValidationError, 400, "malformed", "The request is not well formed"),
    (RequestDataTooBig, 413, "too-large", "The request is too large"),
    (RecursionError, 400, "malformed", "The request is not well formed"),
    (UnicodeError, 400, "malformed", "The request is not well formed"),
    (exceptions.ParseError, 400, "malformed", "The request is not well formed"),
    (OffsetMoved, 409, "offset-moved", "The upload stands elsewhere"),
    (UploadGone, 410, "gone", "It is no longer here"),
    (OtherVersion, 412, "other-version", "Another version of the protocol"),
    (TooLarge, 413, "too-large", "The request is too large"),
    (BeingWritten, 423, "being-written", "Another request is sending it"),
    (NotAsSent, 460, "not-as-sent", "The checksum differs"),
    (FileRefused, 422, "file-refused", "The file was refused"),
    (BudgetSpent, 422, "budget-spent", "As many profiles as may be searched with for now"),
    (Refused, 422, "refused", "This cannot be done as asked"),
    (GenomicsError, 422, "refused", "This cannot be done as asked"),
    (NoRoom, 507, "no-room", "There is no room at this moment"),
    (Busy, 503, "busy", "As many are sending as may at once"),
    (LedgerUnavailable, 503, "ledger-unavailable", "The ledger cannot be written"),
    (NotSealed, 503, "not-sealed", "Not under a checkpoint yet"),
    (ConsentError, 409, "conflict", "This cannot be done now"),
    (BrokerError, 422, "refused", "This cannot be done as asked"),
)


class Problem(serializers.Serializer[Any]):
    """What went wrong (RFC 9457)."""

    type = serializers.CharField(help_text="a stable path: /problems/refused")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="the sentence a person would read")
    instance = serializers.CharField(help_text="names this request, also in our log")
    # REST framework takes fields off the class, so its own `errors` is not in the way.
    errors = serializers.JSONField(  # type: ignore[assignment]
        required=False, help_text="by field, of a malformed request"
    )
    where = serializers.CharField(required=False, help_text="of proof-needed: the page where it can be done")


def documented(*statuses: int) -> dict[tuple[int, str], type[Problem]]:
    """Which problems a door may answer with, for OpenAPI. 401 and 403 go without saying."""
    return {(status, JSON): Problem for status in (401, 403, *statuses)}


def as_problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's exception handler. Errors that are ours or the caller's become problems; the rest are
    logged and answered without a trace of what is inside."""
    request_id = str(uuid.uuid4())
    set_rollback()
    for kind, status, slug, title in PROBLEMS:
        if isinstance(error, kind):
            return _problem(status, slug, title, _detail(error), request_id, error)
    logger.exception("request %s failed", request_id)
    detail = (
        "Something failed on our side. Nothing was released; try again, and name this request if it lasts."
    )
    return _problem(500, "our-fault", "Something failed on our side", detail, request_id, error)


def no_such_address(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler for addresses that lead nowhere: a problem at the REST doors, elsewhere a page."""
    if not request.path.startswith("/api/"):
        return page_not_found(request, exception)
    kind, status, slug, title = next(one for one in PROBLEMS if one[0] is Http404)
    told = _problem(status, slug, title, _detail(kind()), str(uuid.uuid4()), exception)
    return JsonResponse(told.data, status=404, content_type=JSON)


def _problem(status: int, slug: str, title: str, detail: str, request_id: str, error: Exception) -> Response:
    body: dict[str, Any] = {
        "type": f"/problems/{slug}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": f"urn:uuid:{request_id}",
    }
    if isinstance(error, exceptions.ValidationError):
        # What she sent is quoted back; half a surrogate pair cannot be written as UTF-8.
        body["errors"] = json.loads(json.dumps(error.detail).replace("\\ud", "\\\\ud"))
    if isinstance(error, ProofNeeded):
        body["where"] = error.where
    if isinstance(error, FileRefused):
        body |= {"reason": str(error.reason), "line": error.line}
    headers = {"WWW-Authenticate": "Token"} if status == 401 else {}
    if isinstance(error, exceptions.Throttled):
        headers["Retry-After"] = str(getattr(error, "wait", None) or A_WHILE)
    if isinstance(error, NoRoom):
        headers["Retry-After"] = str(A_WHILE)
    if isinstance(error, LedgerUnavailable | NotSealed | Busy | BeingWritten):
        headers["Retry-After"] = str(A_MOMENT)
    return Response(body, status=status, headers=headers, content_type=JSON)


def _detail(error: Exception) -> str:
    if isinstance(error, exceptions.ValidationError):
        return "Some fields are missing or wrong; `errors` names them. Nothing was changed."
    if isinstance(error, exceptions.ParseError):
        return f"{str(error.detail).rstrip('.')}. Nothing was changed."
    if isinstance(error, exceptions.APIException):
        return str(error.detail)
    if isinstance(error, RecursionError):
        return "What was sent is nested too deeply to be read. Nothing was changed."
    return spoken(error) or "There is nothing here for you."
