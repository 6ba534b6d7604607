"""A browser's session at a REST door: who is signed in there may use it, with the token that forms carry.

Django's look for that token reads a form's fields, and a REST request's fields are its body, which is not
read before its sender is known (bodies.Json). So it looks at the plain request, and the header `X-CSRFToken`.
"""

from typing import Any

from drf_spectacular.authentication import SessionScheme
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request


class Session(SessionAuthentication):
    """A session, refused with 403 without its token on whatever is no GET."""

    def enforce_csrf(self, request: Request) -> None:
        super().enforce_csrf(request._request)  # type: ignore[arg-type]


class Scheme(SessionScheme):  # type: ignore[no-untyped-call]
    """In the OpenAPI document it is a session like any other."""

    target_class: Any = Session
    priority = 0
