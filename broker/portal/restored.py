"""Closed doors. None opens on a database that is older than what was said since: every page and every REST
door answers that, until it was said again (broker.restoring); the style of pages and the health check still
answer. And what needs an event is not done while the ledger cannot be written: its page says so.
"""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from consent import afterwards
from consent.errors import LedgerUnavailable

logger = logging.getLogger(__name__)

OPEN = ("/static/", "/healthz")


class RestoreDoor:
    """Middleware, before anything that reads the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(OPEN) or not afterwards.behind():
            return self.get_response(request)
        if request.path.startswith("/api/"):
            body = {
                "type": "about:blank",
                "title": "Closed after a restore",
                "status": 503,
                "detail": "What was said since the backup has to be said again first. Nothing is answered.",
            }
            return JsonResponse(body, status=503, content_type="application/problem+json")
        return render(request, "503.html", status=503)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A page whose act could not be written down; the REST doors have their own (api.problems)."""
        if not isinstance(error, LedgerUnavailable):
            return None
        logger.error("the ledger cannot be written", exc_info=error)
        return render(request, "503.html", {"unwritten": True}, status=503)
