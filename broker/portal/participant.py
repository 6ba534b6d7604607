"""The participant's pages: her home, her files, her choices with their receipts, and who used her data.

What the pages do is in record and record_choices; here she is let in, and to her own record alone.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from broker import fresh, handovers, uses
from broker import usage as usage_of
from broker.portal import (
    leaving,
    participant_move,
    record,
    record_choices,
    record_exchange,
    record_files,
    record_proof,
    record_uploads,
    sheets,
    token_page,
    usage_words,
)
from broker.portal import participant_growing as growing
from broker.portal import record_words as words
from broker.portal.desk import Desk
from broker.portal.participant_growing import desk_of
from broker.rights import allow
from broker.roles import Right
from broker.standing import Standing
from consent import giving
from consent.purposes import FAMILIES
from genomics.models import GenomicFile

SOON = timedelta(days=30)


@require_http_methods(["GET"])
@allow(Right.KEEP_OWN_RECORD)
def home(request: HttpRequest) -> HttpResponse:
    """Where she stands in one sentence; what needs her; what was used lately; her files."""
    desk = desk_of(request)
    standing = desk.standing()
    uses = list(usage_of.of(desk.ward.participant, at=desk.at))
    lately = [use for use in uses if use.at > desk.at - SOON]
    read = sum(use.read for use in lately)
    turned = len(lately) - read
    bars = usage_words.months(uses, at=desk.at)
    rows = GenomicFile.objects.filter(participant=desk.ward.participant).order_by("-received_at", "id")
    if handovers.begin_afresh(desk.ward.participant, at=desk.at) and "later" not in request.GET:
        return redirect("participant:fresh_start")
    called = record_files.names(desk.ward.participant)
    context = {
        **growing.on_home(desk),
        "sentence": _sentence(standing, bool(rows)),
        "needs": _needs(desk, standing),
        "allowed": [_(FAMILIES[family].label) for family in standing.choices if standing.reaches(family)],
        "numbers": [
            {"number": read, "label": ngettext("time read in 30 days", "times read in 30 days", read)},
            {"number": turned, "label": ngettext("time turned away", "times turned away", turned)},
        ],
        "bars": bars if any(bar["value"] for bar in bars) else [],
        "most": max(bar["value"] for bar in bars) or 1,
        "entries": [usage_words.use_entry(use, desk.url("why", use.job.pk)) for use in uses[:3]],
        "files": [called[str(file.id)] for file in rows[:3]],
    }
    return desk.render("home", context)


@require_http_methods(["GET", "POST"])
@allow(Right.KEEP_OWN_RECORD)
def files(request: HttpRequest) -> HttpResponse:
    desk = desk_of(request)
    return record.add_file(desk) if request.method == "POST" else record.files(desk)


@never_cache
@require_http_methods(["GET"])
@allow(Right.KEEP_OWN_RECORD)
def upload(request: HttpRequest, id: UUID) -> HttpResponse:
    return record_uploads.upload(desk_of(request), id)


@never_cache
@require_http_methods(["GET"])
@allow(Right.KEEP_OWN_RECORD)
def upload_progress(request: HttpRequest, id: UUID) -> HttpResponse:
    return record_uploads.progress(desk_of(request), id)


@require_http_methods(["POST"])
@allow(Right.KEEP_OWN_RECORD)
def stop_upload(request: HttpRequest, id: UUID) -> HttpResponse:
    return record_uploads.stop(desk_of(request), id)


@require_http_methods(["GET"])
@allow(Right.KEEP_OWN_RECORD)
def choices(request: HttpRequest) -> HttpResponse:
    return record_choices.choices(desk_of(request))


@require_http_methods(["GET"])
@allow(Right.KEEP_OWN_RECORD)
def choice(request: HttpRequest, family: str) -> HttpResponse:
    return record_choices.choice(desk_of(request), family)


@require_http_methods(["POST"])
@allow(Right.KEEP_OWN_RECORD)
def check(request: HttpRequest, family: str) -> HttpResponse:
    return record_choices.check(desk_of(request), family)


@require_http_methods(["POST"])
@allow(Right.KEEP_OWN_RECORD)
def give(request: HttpRequest, family: str) -> HttpResponse:
    return record_choices.give(desk_of(request), family)


@require_http_methods(["POST"])
@allow(Right.KEEP_OWN_RECORD)
def stop(request: HttpRequest, family: str) -> HttpResponse:
    return record_choices.stop(desk_of(request), family)


@require_http_methods(["POST"])
@allow(Right.KEEP_OWN_RECORD)
def stop_everything(request: HttpRequest) -> HttpResponse:
    return record_choices.stop_everything(desk_of(request))


@require_http_methods(["GET"])
@allow(Right.KEEP_OWN_RECORD)
def receipt(request: HttpRequest, seq: int) -> HttpResponse:
    return record.receipt(desk_of(request), seq)


@require_http_methods(["GET"])
@allow(Right.KEEP_OWN_RECORD)
def receipt_json(request: HttpRequest, seq: int) -> HttpResponse:
    return record.receipt_json(desk_of(request), seq)


@require_http_methods(["GET"])
@allow(Right.KEEP_OWN_RECORD)
def usage(request: HttpRequest) -> HttpResponse:
    return record.usage(desk_of(request))


@require_http_methods(["GET", "POST"])
@allow(Right.KEEP_OWN_RECORD)
def exchange(request: HttpRequest) -> HttpResponse:
    return record_exchange.exchange(desk_of(request))


@require_http_methods(["GET"])
@allow(Right.KEEP_OWN_RECORD)
def consent_fhir(request: HttpRequest) -> HttpResponse:
    return record_exchange.consent_fhir(desk_of(request))


@never_cache
@require_http_methods(["GET", "POST"])
@allow(Right.KEEP_OWN_RECORD)
def tokens(request: HttpRequest) -> HttpResponse:
    """Keys for her programs; to make one she shows who she is, to end one she presses."""
    desk = desk_of(request)
    if request.method == "POST":
        sign_in = fresh.of(request, at=desk.at)
        if sign_in is None or not giving.is_fresh(sign_in, uses.dials(desk.at), desk.at):
            return fresh.ask(request, what=_("To make a token, show that it is you."))
    return token_page.page(request, "participant", door="api:consent")


@require_http_methods(["POST"])
@allow(Right.KEEP_OWN_RECORD)
def token_revoke(request: HttpRequest, id: int) -> HttpResponse:
    """End one of her tokens at once."""
    return token_page.revoke(request, id, "participant")


@require_http_methods(["GET"])
@allow(Right.KEEP_OWN_RECORD)
def proof(request: HttpRequest, id: UUID) -> HttpResponse:
    return record_proof.proof(desk_of(request), id)


@require_http_methods(["GET"])
@allow(Right.KEEP_OWN_RECORD)
def why(request: HttpRequest, id: UUID) -> HttpResponse:
    return record.why(desk_of(request), id)


def _sentence(standing: Standing, has_file: bool) -> str:
    """The one sentence of the page."""
    if not has_file and not standing.allowed:
        return _("You have no file here, and no use is allowed. Nobody can use anything of yours.")
    counted = words.allowed_of(standing.allowed, len(standing.choices))
    if not has_file:
        return " ".join((counted, _("You have no file here yet, so there is nothing to use.")))
    if not standing.allowed:
        return " ".join((counted, _("Nobody can use your file.")))
    return " ".join((counted, _("Nobody outside them can use your file.")))


def _needs(desk: Desk, standing: Standing) -> list[dict[str, Any]]:
    """What only she can do, the weightiest first."""
    needs: list[dict[str, Any]] = []
    person = desk.ward.participant
    if not person.identity_verified:
        needs.append(
            {
                "kind": "warn",
                "title": _("Your identity is not verified yet"),
                "text": _(
                    "Until it is, nothing of yours is used, whatever you allow. "
                    "Show your papers to a steward, and say this name: %(name)s."
                )
                % {"name": person.pseudonym},
            }
        )
    for family, choice in standing.choices.items():
        ends = choice.head.valid_to if choice.head is not None and choice.allowed else None
        if ends is not None and ends <= desk.at + SOON:
            title = _("This yes ends on %(day)s: %(use)s") % {
                "day": words.day(ends, desk.ward.participant.home_zone),
                "use": _(FAMILIES[family].label),
            }
            needs.append(
                {
                    "kind": "info",
                    "title": title,
                    "text": _("If you do nothing, it becomes a no."),
                    "url": desk.url("choice", family),
                    "action": _("Look at it"),
                }
            )
    if not standing.statements and desk.ward.may_widen:
        needs.append(
            {
                "kind": "info",
                "title": _("You have not chosen yet"),
                "text": _("Silence is a no. Read what each use means, and decide when you like."),
                "url": desk.url("choices"),
                "action": _("To my choices"),
            }
        )
    return needs


@require_http_methods(["GET"])
@allow(Right.KEEP_OWN_RECORD)
def form_sheet(request: HttpRequest, language: str) -> HttpResponse:
    return sheets.for_desk(desk_of(request), language)


@require_http_methods(["GET"])
@allow(Right.KEEP_OWN_RECORD)
def form_pdf(request: HttpRequest, language: str) -> HttpResponse:
    return sheets.for_desk(desk_of(request), language, pdf=True)


urls = [
    path("", home, name="home"),
    path("growing-up/", growing.object_to, name="object_to"),
    path("fresh-start/", growing.fresh_start, name="fresh_start"),
    path("files/", files, name="files"),
    path("files/<uuid:id>/", upload, name="upload"),
    path("files/<uuid:id>/progress/", upload_progress, name="upload_progress"),
    path("files/<uuid:id>/stop/", stop_upload, name="stop_upload"),
    *leaving.urls,
    path("home/", participant_move.move, name="move"),
    path("choices/", choices, name="choices"),
    path("choice/<str:family>/", choice, name="choice"),
    path("choice/<str:family>/check/", check, name="check"),
    path("choice/<str:family>/give/", give, name="give"),
    path("stop/<str:family>/", stop, name="stop"),
    path("stop-everything/", stop_everything, name="stop_everything"),
    path("receipt/<int:seq>/", receipt, name="receipt"),
    path("receipt/<int:seq>.json", receipt_json, name="receipt_json"),
    path("usage/", usage, name="usage"),
    path("exchange/", exchange, name="exchange"),
    path("consent.fhir.json", consent_fhir, name="consent_fhir"),
    path("tokens/", tokens, name="tokens"),
    path("tokens/<int:id>/revoke/", token_revoke, name="token_revoke"),
    path("usage/<uuid:id>/", why, name="why"),
    path("usage/<uuid:id>/proof.json", proof, name="proof"),
    path("form/<str:language>/", form_sheet, name="form_sheet"),
    path("form/<str:language>/pdf/", form_pdf, name="form_pdf"),
]
