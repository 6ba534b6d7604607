"""The bodies of REST requests, as they come: a stream of a file's bytes, or JSON. A large one has a place
among those that may take their time (broker.slow_bodies).
"""

from collections.abc import Mapping
from typing import IO, Any, BinaryIO, cast

from rest_framework import exceptions
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

from broker import slow_bodies
from broker.rights import person


class Json(JSONParser):
    """JSON, whose sender is known before it is read; nobody else's is."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        request = cast(Request, (parser_context or {})["request"])
        with slow_bodies.taken(person(request).pk, size_of(request)):
            return super().parse(stream, media_type, parser_context)


def body(request: Request) -> BinaryIO:
    """What comes, unread: a request is a stream of its body."""
    return cast(BinaryIO, request._request)


def size_of(request: Request) -> int:
    """Bytes of the body. A body that does not say its length is not read."""
    if "Transfer-Encoding" in request.headers and not request.headers.get("Content-Length"):
        raise exceptions.ParseError("Say the Content-Length of the body; chunked bodies are not read here")
    said = request.headers.get("Content-Length") or "0"
    if not said.isascii() or not said.isdecimal():
        raise exceptions.ParseError("Content-Length is not a number")
    return int(said)
