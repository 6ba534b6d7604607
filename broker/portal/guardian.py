"""The pages of who acts for somebody else: the people one manages, and each one's choices, files and uses.

What the pages do is in record and record_choices; here somebody is let in to the record of a child, of an
adult who cannot act, or of one who has died, for whom she acts at this instant. Claims are in guardian_kin.
"""

from datetime import date, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from broker import rights, wards
from broker.models import User
from broker.portal import (
    guardian_kin,
    guardian_leaving,
    guardian_move,
    record,
    record_choices,
    record_exchange,
    record_proof,
    record_uploads,
    sheets,
)
from broker.portal import record_words as words
from broker.portal.dates import day_of
from broker.portal.desk import Desk
from broker.portal.guardian_desk import desk_of, sit
from broker.rights import allow
from broker.roles import Right
from broker.wards import Ward
from consent.models import KinLink
from consent.participants import subject_of
from consent.rules.authority import dissents


@require_http_methods(["GET"])
@allow(Right.KEEP_CHILD_RECORD)
def people(request: HttpRequest) -> HttpResponse:
    """The people she manages, how she stands to each, and until when."""
    user, now = request.user, timezone.now()
    assert isinstance(user, User)  # the right is nobody else's
    cards = [_card(sit(request, user, ward, now)) for ward in wards.acted_for(user, at=now)]
    context = {
        "people": cards,
        "waiting": [_waiting(link, may_halt) for link, may_halt in wards.waiting(user, at=now)],
        "grown": wards.grown(user, at=now),
        "may_claim": rights.has(user, Right.KEEP_OWN_RECORD),
    }
    return render(request, "guardian/people.html", context)


@require_http_methods(["GET", "POST"])
@allow(Right.KEEP_CHILD_RECORD)
def files(request: HttpRequest, pseudonym: str) -> HttpResponse:
    desk = desk_of(request, pseudonym)
    return record.add_file(desk) if request.method == "POST" else record.files(desk)


@never_cache
@require_http_methods(["GET"])
@allow(Right.KEEP_CHILD_RECORD)
def upload(request: HttpRequest, pseudonym: str, id: UUID) -> HttpResponse:
    return record_uploads.upload(desk_of(request, pseudonym), id)


@never_cache
@require_http_methods(["GET"])
@allow(Right.KEEP_CHILD_RECORD)
def upload_progress(request: HttpRequest, pseudonym: str, id: UUID) -> HttpResponse:
    return record_uploads.progress(desk_of(request, pseudonym), id)


@require_http_methods(["POST"])
@allow(Right.KEEP_CHILD_RECORD)
def stop_upload(request: HttpRequest, pseudonym: str, id: UUID) -> HttpResponse:
    return record_uploads.stop(desk_of(request, pseudonym), id)


@require_http_methods(["GET"])
@allow(Right.KEEP_CHILD_RECORD)
def choices(request: HttpRequest, pseudonym: str) -> HttpResponse:
    return record_choices.choices(desk_of(request, pseudonym))


@require_http_methods(["GET"])
@allow(Right.KEEP_CHILD_RECORD)
def choice(request: HttpRequest, pseudonym: str, family: str) -> HttpResponse:
    return record_choices.choice(desk_of(request, pseudonym), family)


@require_http_methods(["POST"])
@allow(Right.KEEP_CHILD_RECORD)
def check(request: HttpRequest, pseudonym: str, family: str) -> HttpResponse:
    return record_choices.check(desk_of(request, pseudonym), family)


@require_http_methods(["POST"])
@allow(Right.KEEP_CHILD_RECORD)
def give(request: HttpRequest, pseudonym: str, family: str) -> HttpResponse:
    return record_choices.give(desk_of(request, pseudonym), family)


@require_http_methods(["POST"])
@allow(Right.KEEP_CHILD_RECORD)
def stop(request: HttpRequest, pseudonym: str, family: str) -> HttpResponse:
    return record_choices.stop(desk_of(request, pseudonym), family)


@require_http_methods(["POST"])
@allow(Right.KEEP_CHILD_RECORD)
def stop_everything(request: HttpRequest, pseudonym: str) -> HttpResponse:
    return record_choices.stop_everything(desk_of(request, pseudonym))


@require_http_methods(["GET"])
@allow(Right.KEEP_CHILD_RECORD)
def receipt(request: HttpRequest, pseudonym: str, seq: int) -> HttpResponse:
    return record.receipt(desk_of(request, pseudonym), seq)


@require_http_methods(["GET"])
@allow(Right.KEEP_CHILD_RECORD)
def receipt_json(request: HttpRequest, pseudonym: str, seq: int) -> HttpResponse:
    return record.receipt_json(desk_of(request, pseudonym), seq)


@require_http_methods(["GET"])
@allow(Right.KEEP_CHILD_RECORD)
def usage(request: HttpRequest, pseudonym: str) -> HttpResponse:
    return record.usage(desk_of(request, pseudonym))


@require_http_methods(["GET", "POST"])
@allow(Right.KEEP_CHILD_RECORD)
def exchange(request: HttpRequest, pseudonym: str) -> HttpResponse:
    return record_exchange.exchange(desk_of(request, pseudonym))


@require_http_methods(["GET"])
@allow(Right.KEEP_CHILD_RECORD)
def form_sheet(request: HttpRequest, pseudonym: str, language: str) -> HttpResponse:
    return sheets.for_desk(desk_of(request, pseudonym), language)


@require_http_methods(["GET"])
@allow(Right.KEEP_CHILD_RECORD)
def form_pdf(request: HttpRequest, pseudonym: str, language: str) -> HttpResponse:
    return sheets.for_desk(desk_of(request, pseudonym), language, pdf=True)


@require_http_methods(["GET"])
@allow(Right.KEEP_CHILD_RECORD)
def consent_fhir(request: HttpRequest, pseudonym: str) -> HttpResponse:
    return record_exchange.consent_fhir(desk_of(request, pseudonym))


@require_http_methods(["GET"])
@allow(Right.KEEP_CHILD_RECORD)
def proof(request: HttpRequest, pseudonym: str, id: UUID) -> HttpResponse:
    return record_proof.proof(desk_of(request, pseudonym), id)


@require_http_methods(["GET"])
@allow(Right.KEEP_CHILD_RECORD)
def why(request: HttpRequest, pseudonym: str, id: UUID) -> HttpResponse:
    return record.why(desk_of(request, pseudonym), id)


def _last_day(ward: Ward) -> date | None:
    """The day she comes of age, or the last one that was named to somebody who acts for an adult."""
    if ward.ends_at is None:
        return None
    ends = ward.ends_at - timedelta.resolution if ward.is_proxy else ward.ends_at
    return day_of(ends, ward.participant.home_zone)


def _card(desk: Desk) -> dict[str, object]:
    """Somebody: who it is, how she stands to her, and where it stands."""
    standing, ward = desk.standing(), desk.ward
    person = ward.participant
    return {
        "title": words.called(ward),
        "pseudonym": person.pseudonym,
        "verified": ward.authority.verified,
        "is_child": ward.is_child,
        "identity": person.identity_verified or not ward.is_child,
        "objects": ward.is_child and dissents(subject_of(person), desk.at),
        "limited": ward.is_child and ward.authority.verified and not ward.may_grant("RESEARCH"),
        "until": _last_day(ward),
        "sentence": words.allowed_of(standing.allowed, len(standing.choices)),
        "choices_url": desk.url("choices"),
        "files_url": desk.url("files"),
        "usage_url": desk.url("usage"),
        "growing_url": desk.url("growing_up") if ward.is_child else "",
        "move_url": desk.url("move") if ward.may_say_where else "",
        "left_url": desk.url("left") if ward.upholds else "",
    }


def _waiting(link: KinLink, may_halt: bool) -> dict[str, object]:
    """A claim on a record that is not shown before a steward has seen the papers."""
    return {
        "pseudonym": link.person.pseudonym,
        "capacity": link.capacity,
        "halt_url": reverse("guardian:halt", args=[link.person.pseudonym]) if may_halt else "",
    }


urls = [
    path("", people, name="people"),
    path("claim/", guardian_kin.claim, name="claim"),
    path("claim/proxy/", guardian_kin.claim_proxy, name="claim_proxy"),
    path("claim/next-of-kin/", guardian_kin.claim_next_of_kin, name="claim_next_of_kin"),
    path("<str:pseudonym>/halt/", guardian_kin.halt, name="halt"),
    path("<str:pseudonym>/growing-up/", guardian_kin.growing_up, name="growing_up"),
    path("<str:pseudonym>/home/", guardian_move.move, name="move"),
    path("<str:pseudonym>/left/", guardian_kin.left, name="left"),
    path("<str:pseudonym>/files/", files, name="files"),
    path("<str:pseudonym>/files/<uuid:id>/", upload, name="upload"),
    path("<str:pseudonym>/files/<uuid:id>/progress/", upload_progress, name="upload_progress"),
    path("<str:pseudonym>/files/<uuid:id>/stop/", stop_upload, name="stop_upload"),
    path("<str:pseudonym>/files/<uuid:id>/erase/", guardian_leaving.erase_file, name="erase_file"),
    path("<str:pseudonym>/take-along/", guardian_leaving.take, name="take"),
    path("<str:pseudonym>/leave/", guardian_leaving.leave, name="leave"),
    path("<str:pseudonym>/choices/", choices, name="choices"),
    path("<str:pseudonym>/choice/<str:family>/", choice, name="choice"),
    path("<str:pseudonym>/choice/<str:family>/check/", check, name="check"),
    path("<str:pseudonym>/choice/<str:family>/give/", give, name="give"),
    path("<str:pseudonym>/stop/<str:family>/", stop, name="stop"),
    path("<str:pseudonym>/stop-everything/", stop_everything, name="stop_everything"),
    path("<str:pseudonym>/receipt/<int:seq>/", receipt, name="receipt"),
    path("<str:pseudonym>/receipt/<int:seq>.json", receipt_json, name="receipt_json"),
    path("<str:pseudonym>/usage/", usage, name="usage"),
    path("<str:pseudonym>/exchange/", exchange, name="exchange"),
    path("<str:pseudonym>/consent.fhir.json", consent_fhir, name="consent_fhir"),
    path("<str:pseudonym>/usage/<uuid:id>/", why, name="why"),
    path("<str:pseudonym>/usage/<uuid:id>/proof.json", proof, name="proof"),
    path("<str:pseudonym>/form/<str:language>/", form_sheet, name="form_sheet"),
    path("<str:pseudonym>/form/<str:language>/pdf/", form_pdf, name="form_pdf"),
]
