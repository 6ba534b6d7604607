"""What every page carries: who is signed in and where she can go."""

from django.http import HttpRequest


def frame(request: HttpRequest) -> dict[str, object]:
    return {}
