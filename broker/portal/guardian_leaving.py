"""A guardian's pages for taking a child's record along, erasing a file of it, and having all of it erased.

What the pages do is in leaving, what may be done in broker.in_her_name. Nobody does it for an adult.
"""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods

from broker.portal import leaving
from broker.portal.desk import Desk
from broker.portal.guardian_desk import desk_of
from broker.rights import allow
from broker.roles import Right


@require_http_methods(["GET", "POST"])
@allow(Right.KEEP_CHILD_RECORD)
def take(request: HttpRequest, pseudonym: str) -> HttpResponseBase:
    return leaving.take_from(_desk(request, pseudonym))


@require_http_methods(["GET", "POST"])
@allow(Right.KEEP_CHILD_RECORD)
def leave(request: HttpRequest, pseudonym: str) -> HttpResponse:
    return leaving.leave_from(_desk(request, pseudonym))


@require_http_methods(["GET", "POST"])
@allow(Right.KEEP_CHILD_RECORD)
def erase_file(request: HttpRequest, pseudonym: str, id: UUID) -> HttpResponse:
    return leaving.erase_file_from(_desk(request, pseudonym), id)


def _desk(request: HttpRequest, pseudonym: str) -> Desk:
    desk = desk_of(request, pseudonym)
    if not desk.ward.may_leave:
        raise Http404
    return desk
