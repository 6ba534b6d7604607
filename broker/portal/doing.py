"""A button pressed: one verb is called, and the next page says that it was done, or in its words why not."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from broker.errors import BrokerError
from broker.languages.sentences import spoken
from broker.models import User
from broker.rights import person
from consent.errors import ConsentError


def done(request: HttpRequest, verb: Callable[[User], Any], done: str, back: str) -> HttpResponse:
    try:
        verb(person(request))
    except (BrokerError, ConsentError) as refused:
        messages.error(request, spoken(refused))
    else:
        messages.success(request, done)
    return redirect(back)
