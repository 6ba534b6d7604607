"""How large forms come through the web: known people's only, a few at once, in memory, up to a stated size,
and an uploaded genome never on the disk.

Django's own handlers write large uploads to a temporary file in the clear; ours refuses instead.
"""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.http.request import UnreadablePostError
from django.shortcuts import render

from broker import slow_bodies
from broker.errors import Busy
from broker.models import User

A_WHILE = 10  # seconds until there may be room
FIELDS = 64 * 1024  # bytes that a form has beside its file


class LargeForms:
    """Middleware, once it is known who comes and before anything reads the form. The REST doors read their
    own bodies (api.bodies)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        size = int(request.META.get("CONTENT_LENGTH") or 0)
        if size > slow_bodies.SMALL and not request.path.startswith("/api/"):
            stopped = self._read(request, size)
            if stopped is not None:
                return stopped
        return self.get_response(request)

    def _read(self, request: HttpRequest, size: int) -> HttpResponseBase | None:
        if not isinstance(request.user, User):
            return redirect_to_login(request.path)
        if size > settings.UPLOAD_BYTES + FIELDS:
            return self._too_large(request)
        try:
            with slow_bodies.taken(request.user.pk, size):
                request.POST  # noqa: B018 - it is read at the first look, and kept
        except Busy:
            answer = render(request, "503.html", {"busy": True}, status=503)
            answer["Retry-After"] = str(A_WHILE)
            return answer
        except RequestDataTooBig:
            return self._too_large(request)
        except UnreadablePostError:
            return HttpResponse(status=400)  # it came too slowly or not to its end: nobody reads this
        return None

    @staticmethod
    def _too_large(request: HttpRequest) -> HttpResponse:
        return render(request, "413.html", {"limit": settings.UPLOAD_BYTES >> 20}, status=413)


class MemoryOnly(FileUploadHandler):
    """Keeps what comes, and stops the request at UPLOAD_BYTES."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.kept = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) > settings.UPLOAD_BYTES:
            raise RequestDataTooBig("This file is larger than what is taken here.")
        self.kept.write(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        self.kept.seek(0)
        return InMemoryUploadedFile(
            file=self.kept,
            field_name=self.field_name,
            name=self.file_name or "",
            content_type=self.content_type or "",
            size=file_size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )
