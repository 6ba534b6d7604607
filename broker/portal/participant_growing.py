"""The young person's own doors: to object while she is a minor, and the fresh start on the day she is of age.

How she is seated at her own record stands here too, for all pages of the participant.
"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from broker import choices, fresh, uses, wards
from broker import usage as usage_of
from broker.models import User
from broker.portal import handover_words, usage_words
from broker.portal import record_words as words
from broker.portal.desk import Desk
from broker.rights import allow
from broker.roles import Right
from consent import giving, participants
from consent.purposes import FAMILIES
from consent.rules import authority
from consent.terms import Capacity

FORM = "F-ADULT"


def desk_of(request: HttpRequest) -> Desk:
    """Her own record, or a 404."""
    user, now = request.user, timezone.now()
    ward = wards.own(user, at=now) if isinstance(user, User) else None
    if ward is None or not isinstance(user, User):
        raise Http404
    return Desk(request, user, "participant", FORM, ward, now)


def on_home(desk: Desk) -> dict[str, Any]:
    """What her home shows her while she is a minor: whether she objects, and the way to majority."""
    if desk.at >= desk.ward.of_age_at:
        return {"is_minor": False}
    her = desk.ward.participant
    goes_on = not her.minor_dissent and authority.dissents(participants.subject_of(her), desk.at)
    return {
        "is_minor": True,
        "objects": her.minor_dissent,
        "objects_until": her.dissent_until if goes_on else None,
        "timeline": handover_words.timeline(desk.ward.participant, desk.user, at=desk.at),
    }


@require_http_methods(["GET", "POST"])
@allow(Right.KEEP_OWN_RECORD)
def object_to(request: HttpRequest) -> HttpResponse:
    """Object to what guardians allow for research, one press, done at once; or take it back, with a fresh
    sign-in."""
    desk = desk_of(request)
    if desk.at >= desk.ward.of_age_at:
        return redirect("participant:choices")
    if request.method == "POST":
        if request.POST.get("objects") != "no":
            participants.record_dissent(
                desk.ward.participant, dissents=True, by=desk.user.reference, at=desk.at
            )
        elif desk.ward.participant.minor_dissent:
            sign_in = fresh.of(request, at=desk.at)
            if sign_in is None or not giving.is_fresh(sign_in, uses.dials(desk.at), desk.at):
                return fresh.ask(request, what=_("To take your objection back, show that it is you."))
            choices.take_objection_back(desk.ward, user=desk.user, at=desk.at)
        return redirect("participant:object_to")
    return desk.render("object_to", on_home(desk))


@require_http_methods(["GET"])
@allow(Right.KEEP_OWN_RECORD)
def fresh_start(request: HttpRequest) -> HttpResponse:
    """What guardians had chosen for her, every use so far, and each choice anew, with nothing set."""
    desk = desk_of(request)
    if desk.at < desk.ward.of_age_at:
        return redirect("participant:object_to")
    standing = desk.standing()
    theirs = tuple(one for one in standing.statements if one.authority.capacity is Capacity.GUARDIAN)
    receipts_at = {one.seq: desk.url("receipt", one.seq) for one in theirs}
    context = {
        "history": words.history(theirs, receipts_at),
        "entries": [
            usage_words.use_entry(use, desk.url("why", use.job.pk))
            for use in usage_of.of(desk.ward.participant, at=desk.at)
        ],
        "choices": [
            {"label": _(FAMILIES[family].label), "url": desk.url("choice", family)}
            for family in standing.choices
        ],
    }
    return desk.render("fresh_start", context)
